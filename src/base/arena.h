#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace semper {

/// Bytes that stay where they are until `reset`, which keeps the memory: no allocation in the
/// steady state. Not for two threads at once.
class Arena {
 public:
  std::string_view copy(std::string_view bytes) {
    if (bytes.empty()) return {};
    char* place = allocate(bytes.size());
    std::memcpy(place, bytes.data(), bytes.size());
    return {place, bytes.size()};
  }

  /// One text from several.
  std::string_view join(std::initializer_list<std::string_view> texts) {
    std::size_t size = 0;
    for (std::string_view text : texts) size += text.size();
    char* place = allocate(size);
    char* end = place;
    for (std::string_view text : texts) end = std::copy(text.begin(), text.end(), end);
    return {place, size};
  }

  char* allocate(std::size_t size) {
    while (current_ < chunks_.size() && used_ + size > chunks_[current_].size) {
      ++current_;
      used_ = 0;
    }
    if (current_ == chunks_.size()) {
      std::size_t chunk = size > kChunk ? size : kChunk;
      chunks_.push_back({std::make_unique_for_overwrite<char[]>(chunk), chunk});
      used_ = 0;
    }
    char* place = chunks_[current_].bytes.get() + used_;
    used_ += size;
    return place;
  }

  /// Aligned and value-initialized.
  template <class T>
  std::span<T> array(std::size_t count) {
    static_assert(alignof(T) <= alignof(std::max_align_t) && std::is_trivially_destructible_v<T>);
    used_ = (used_ + alignof(T) - 1) / alignof(T) * alignof(T);
    T* place = reinterpret_cast<T*>(allocate(count * sizeof(T)));
    std::uninitialized_value_construct_n(place, count);
    return {place, count};
  }

  void reset() {
    current_ = 0;
    used_ = 0;
  }

 private:
  static constexpr std::size_t kChunk = 16384;
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };
  std::vector<Chunk> chunks_;
  std::size_t current_ = 0;
  std::size_t used_ = 0;
};

}  // namespace semper
