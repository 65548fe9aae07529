/// XXH3-128, as lower-case hex: for identity (raw hashes, policy hashes), not for secrecy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace semper {

/// 32 characters.
std::string hash_hex(std::string_view bytes);
void append_hash_hex(std::string& out, std::string_view bytes);
inline constexpr std::size_t kHashHexSize = 32;
void write_hash_hex(char* to, std::string_view bytes);

/// XXH3-64 with a seed: for tables in memory.
std::uint64_t hash64(std::string_view bytes, std::uint64_t seed);

/// Two words into one, every bit of which depends on all of theirs.
inline std::uint64_t mix64(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

template <class Word>
Word load_word(const char* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// Quick for short texts, and without a call. For tables that only policies fill: what an event
/// brings cannot make a look-up longer. `ignored`: bits of every eight bytes that do not count.
inline std::uint64_t quick_hash(std::string_view text, std::uint64_t seed,
                                std::uint64_t ignored = 0) {
  constexpr std::uint64_t kSecret = 0x9E3779B97F4A7C15u;
  const char* at = text.data();
  std::size_t size = text.size();
  std::uint64_t state = seed ^ size * 0xD6E8FEB86659FD93u;
  while (size > 16) {
    state = mix64(state ^ (load_word<std::uint64_t>(at) | ignored), kSecret);
    at += 8;
    size -= 8;
  }
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  if (size >= 8) {
    first = load_word<std::uint64_t>(at);
    last = load_word<std::uint64_t>(at + size - 8);
  } else if (size >= 4) {
    first = load_word<std::uint32_t>(at);
    last = load_word<std::uint32_t>(at + size - 4);
  } else if (size > 0) {
    first = load_word<std::uint8_t>(at);
    last = load_word<std::uint8_t>(at + size / 2) | load_word<std::uint8_t>(at + size - 1) << 8;
  }
  return mix64(state ^ (first | ignored), kSecret ^ (last | ignored));
}

}  // namespace semper
