/// A table by keys that events name.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace semper::context {

struct KeyHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
};
template <class T>
using KeyMap = std::unordered_map<std::string, T, KeyHash, std::equal_to<>>;

}  // namespace semper::context
