/// Text in UTF-8: validity, case folding, names that were meant.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace semper {

/// Offset of the first byte that is no well-formed UTF-8 (RFC 3629: no overlong forms, no
/// surrogates), or npos.
std::size_t find_invalid_utf8(std::string_view text);

bool is_ascii(std::string_view text);

void append_utf8(std::string& out, char32_t code_point);

/// `text` must be valid UTF-8.
std::u16string utf16(std::string_view text);

/// Unicode full case folding (CaseFolding.txt, status C and F), code point by code point, without
/// normalisation. Both forms give the same text; `fold` returns a view of `text` itself where
/// nothing changes. `text` must be valid UTF-8.
void append_folded(std::string& out, std::string_view text);
std::string_view fold(std::string_view text, std::string& scratch);

bool equals_ignore_ascii_case(std::string_view a, std::string_view b);

/// The candidate that is nearest to what was written, for "did you mean"; empty when none is near.
std::string_view nearest(std::string_view written, std::span<const std::string_view> candidates);

/// Base64 (RFC 4648, with padding).
void append_base64(std::string& out, std::string_view bytes);

}  // namespace semper
