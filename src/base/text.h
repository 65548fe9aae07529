/// Text in UTF-8: validity, case folding, names that were meant.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
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

/// Whether `equal` holds for all words of two texts, without a call: for keys, which are short.
template <class Equal>
[[gnu::always_inline]] inline bool equal_words(const char* a, const char* b, std::size_t size,
                                               Equal equal) {
  // Words from the start, and one that ends at the end: those may overlap.
  auto all_equal = [=]<class Word>(Word x, Word y) {
    for (std::size_t i = 0; i + sizeof(Word) < size; i += sizeof(Word)) {
      std::memcpy(&x, a + i, sizeof x);
      std::memcpy(&y, b + i, sizeof y);
      if (!equal(x, y)) return false;
    }
    std::memcpy(&x, a + size - sizeof x, sizeof x);
    std::memcpy(&y, b + size - sizeof y, sizeof y);
    return equal(x, y);
  };
  if (size >= 8) return all_equal(std::uint64_t{}, std::uint64_t{});
  if (size >= 4) return all_equal(std::uint32_t{}, std::uint32_t{});
  return size == 0 || all_equal(std::uint8_t{}, std::uint8_t{});
}

/// As memcmp says.
inline bool same_bytes(const char* a, const char* b, std::size_t size) {
  return equal_words(a, b, size, [](std::uint64_t x, std::uint64_t y) { return x == y; });
}

/// The bytes of the word, its ASCII letters made small, all at once.
inline std::uint64_t lower_ascii(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101u;
  std::uint64_t low = word & (0x7F * kOnes);
  std::uint64_t from_a = low + (0x80 - 'A') * kOnes;  // the high bit says: not below A
  std::uint64_t above_z = low + (0x7F - 'Z') * kOnes;
  return word | ((from_a & ~above_z & ~word & (0x80 * kOnes)) >> 2);
}

bool equals_ignore_ascii_case(const char* a, const char* b, std::size_t size);
/// Letters of ASCII in any case.
inline bool equals_ignore_ascii_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && equals_ignore_ascii_case(a.data(), b.data(), a.size());
}

/// The candidate that is nearest to what was written, for "did you mean"; empty when none is near.
std::string_view nearest(std::string_view written, std::span<const std::string_view> candidates);

/// Base64 (RFC 4648, with padding).
void append_base64(std::string& out, std::string_view bytes);

}  // namespace semper
