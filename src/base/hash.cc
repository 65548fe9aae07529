#include "base/hash.h"

#include <xxhash.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace semper {

namespace {

/// The two digits of every byte.
constexpr auto kHexOfByte = [] {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> digits{};
  for (std::size_t i = 0; i < digits.size(); ++i) digits[i] = {kDigits[i >> 4], kDigits[i & 15]};
  return digits;
}();

}  // namespace

void write_hash_hex(char* to, std::string_view bytes) {
  XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  for (std::uint64_t half : {hash.high64, hash.low64}) {
    for (int shift = 56; shift >= 0; shift -= 8, to += 2) {
      std::memcpy(to, kHexOfByte[half >> shift & 0xFF].data(), 2);
    }
  }
}

void append_hash_hex(std::string& out, std::string_view bytes) {
  char text[kHashHexSize];
  write_hash_hex(text, bytes);
  out.append(text, sizeof text);
}

std::string hash_hex(std::string_view bytes) {
  std::string out;
  append_hash_hex(out, bytes);
  return out;
}

std::uint64_t hash64(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace semper
