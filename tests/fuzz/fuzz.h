/// What the fuzz targets share. Each defines LLVMFuzzerTestOneInput, for libFuzzer (script/fuzz)
/// and for replay.cc, which runs the corpus in ctest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace semper::fuzz {

inline void require(bool holds, std::string_view what, std::string_view about = {}) {
  if (holds) return;
  std::string text(what);
  text += '\n';
  text += about;
  text += '\n';
  std::fputs(text.c_str(), stderr);
  std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Texts that go together are separated by a byte that JSON has nowhere.
inline std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts(1);
  for (char c : text) {
    if (c == '\x1e') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

}  // namespace semper::fuzz
