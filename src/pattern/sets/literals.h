/// The literals of a set: sorted, each once, with the ids it was added with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace semper::pattern {

class Literals {
 public:
  enum class Order : std::uint8_t {
    kFromStart,  ///< the order of bytes
    kFromEnd,    ///< the order of bytes of the reversed literals
  };

  void add(std::string_view literal, std::uint32_t id);
  void build(Order order);

  bool empty() const { return ids_.empty(); }
  /// After `build`: the number of different literals.
  std::uint32_t size() const { return static_cast<std::uint32_t>(ids_from_.size() - 1); }
  std::string_view operator[](std::uint32_t i) const {
    return {text_.data() + text_from_[i], text_from_[i + 1] - text_from_[i]};
  }
  std::span<const std::uint32_t> ids(std::uint32_t i) const {
    return {ids_.data() + ids_from_[i], ids_.data() + ids_from_[i + 1]};
  }
  std::size_t memory() const;

 private:
  std::string text_;
  std::vector<std::size_t> text_from_{0};   ///< one more than literals
  std::vector<std::uint32_t> ids_from_{0};  ///< likewise; filled by `build`
  std::vector<std::uint32_t> ids_;
};

}  // namespace semper::pattern
