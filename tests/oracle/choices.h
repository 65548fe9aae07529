/// Where a generator's decisions come from: a seed, or the bytes of a fuzzer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string_view>

namespace semper::oracle {

class Choices {
 public:
  explicit Choices(std::uint32_t seed) : random_(seed) {}
  /// After the last byte every decision is the first possible one.
  explicit Choices(std::string_view bytes) : bytes_(bytes), is_random_(false) {}

  std::size_t below(std::size_t n) {
    if (is_random_) return random_() % n;
    if (bytes_.empty()) return 0;
    std::size_t byte = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte % n;
  }
  bool chance(std::size_t percent) { return below(100) >= 100 - percent; }
  template <typename List>
  const auto& pick(const List& from) {
    return from[below(from.size())];
  }

 private:
  std::mt19937 random_{0};
  std::string_view bytes_;
  bool is_random_ = true;
};

}  // namespace semper::oracle
