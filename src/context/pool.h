/// Connections, each used by one thread at a time.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

namespace semper::context {

/// As many connections as threads look up at once; they outlive the threads.
template <class Connection>
class Pool {
 public:
  /// nullptr: none is idle.
  std::unique_ptr<Connection> take() {
    std::lock_guard lock(mutex_);
    if (idle_.empty()) return nullptr;
    std::unique_ptr<Connection> connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }
  /// Only one that works.
  void give_back(std::unique_ptr<Connection> connection) {
    std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
  }
  void clear() {
    std::vector<std::unique_ptr<Connection>> closed;
    std::lock_guard lock(mutex_);
    closed.swap(idle_);
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace semper::context
