/// Contexts from a file, held in memory, read anew when the file changes.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>

#include "context/counting.h"
#include "context/file_reader.h"
#include "context/spec.h"
#include "context/watch.h"

namespace semper::context {

struct FileOptions {
  std::string path;
  std::string tags;  ///< directory with the tags of accounts; empty: none
  FileForm form;
  KeyKind key_kind = KeyKind::kAccountId;
  std::chrono::milliseconds reload = kReload;  ///< how often to look for a change; 0: never
  MonotonicClock clock;
};

/// The file may change at any time. What it held before stays where the new does not parse; objects
/// are then stale from the moment that was seen, and keys it does not hold have failed: the new
/// file may hold them.
class FileProvider : public ContextProvider {
 public:
  static Result<std::shared_ptr<ContextProvider>> open(std::string name, FileOptions options);

  FileProvider(std::string name, FileOptions options);
  std::string_view name() const override { return name_; }
  KeyKind key_kind() const override { return options_.key_kind; }
  void lookup(LookupCall& call) override;
  ProviderCounters counters() const override { return counting_.read(); }

 private:
  struct Content {
    Contexts contexts;
    std::uint64_t mark = 0;   ///< of the files that it was read from, or that did not parse
    TimePoint stale_since{};  ///< where `problem` is set
    std::string problem;
  };

  Result<std::shared_ptr<Contexts>> read() const;
  std::uint64_t mark() const;
  std::shared_ptr<const Content> current(TimePoint now);
  void publish(std::shared_ptr<const Content> content);
  void reload(TimePoint now);

  std::string name_;
  FileOptions options_;
  Interval interval_;
  std::mutex reload_mutex_;
  std::shared_ptr<const Content> content_;  ///< under `reload_mutex_`
  /// The same for those who look up, with a lock and a reference count for each stripe of threads.
  struct alignas(64) Stripe {
    std::mutex mutex;
    std::shared_ptr<const Content> content;
  };
  std::array<Stripe, Counting::kStripes> stripes_;
  Counting counting_;
};

}  // namespace semper::context
