/// The lexical rules of RFC 8259 that more than one reader needs.
#pragma once

#include <cstddef>
#include <string_view>

namespace semper::json {

inline constexpr char32_t kReplacement = 0xFFFD;

inline bool is_high_surrogate(char32_t unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
inline bool is_low_surrogate(char32_t unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

/// The four hexadecimal digits at the start of `text`; 0xFFFFFFFF where they are not there.
char32_t hex4(std::string_view text);

/// Bytes of the escape that starts `text` (2, or 6 for \uXXXX); 0 where it is none.
std::size_t escape_length(std::string_view text);

/// Bytes of the true, false, null or number that starts `text`; 0 where none does.
std::size_t scalar_length(std::string_view text);

struct SyntaxProblem {
  std::size_t offset = 0;
  const char* what = "";
};
/// For a text whose strings do not close or hold a raw control character: where, and which.
SyntaxProblem find_string_problem(std::string_view text);

}  // namespace semper::json
