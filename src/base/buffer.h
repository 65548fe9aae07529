/// Bytes that are written once: unlike a string, room that is made for them is not cleared first.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>

namespace semper {

class Buffer {
 public:
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  const char* data() const { return bytes_ ? bytes_.get() : ""; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  std::string_view text() const { return {data(), size_}; }

  /// Keeps the memory.
  void clear() noexcept { size_ = 0; }

  /// Room for `count` more bytes, to be written by the caller; addresses from before are no longer
  /// valid.
  char* grow(std::size_t count) {
    if (count > capacity_ - size_) reserve(std::max(size_ + count, capacity_ * 2));
    char* room = bytes_.get() + size_;
    size_ += count;
    return room;
  }

  void append(std::string_view bytes) {
    if (!bytes.empty()) std::copy(bytes.begin(), bytes.end(), grow(bytes.size()));
  }

 private:
  void reserve(std::size_t capacity) {
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    std::copy(data(), data() + size_, larger.get());
    bytes_ = std::move(larger);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace semper
