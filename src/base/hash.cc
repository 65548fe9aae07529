#include "base/hash.h"

#include <xxhash.h>

#include <cstdint>

namespace semper {

void append_hash_hex(std::string& out, std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  char text[32];
  for (int i = 0; i < 16; ++i) {
    text[15 - i] = kDigits[(hash.high64 >> (4 * i)) & 15];
    text[31 - i] = kDigits[(hash.low64 >> (4 * i)) & 15];
  }
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
