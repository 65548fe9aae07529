/// The tokens of a text that is JSON, found 64 bytes at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace semper::json {

struct FoundTokens {
  std::uint32_t count = 0;
  bool has_escapes = false;
  bool is_ascii = false;
  bool has_controls = false;  ///< line breaks or tabs between tokens
};

/// Whether this processor can do it (x86-64 with AVX2), and nobody said no.
bool can_find_tokens();
/// For tests, before any thread reads an event: as if it could not.
void never_find_tokens();

/// What `tokens` must have room for.
constexpr std::size_t tokens_room(std::size_t text_size) {
  return text_size + 64 + 16;
}

/// Writes where the strings, the brackets, and the runs of other bytes outside of strings
/// (literals, and whatever else is there) begin; commas, colons and white space are left out. Then
/// the text's size. False: some string does not end or holds a raw control character, the text is
/// no UTF-8, or a control character is where none may be. Grammar and escapes are not looked at.
bool find_tokens(std::string_view text, std::uint32_t* tokens, FoundTokens& found);

}  // namespace semper::json
