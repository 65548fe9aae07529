/// XXH3-128, as lower-case hex: for identity (raw hashes, policy hashes), not for secrecy.
#pragma once

#include <cstddef>
#include <cstdint>
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

}  // namespace semper
