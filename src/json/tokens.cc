#include "json/tokens.h"

#include <simdjson.h>

#include <bit>
#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define SEMPER_AVX2 __attribute__((target("avx2,bmi,pclmul")))
#endif

namespace semper::json {

#ifdef SEMPER_AVX2
namespace {

/// A bit for each of 64 bytes, the first byte's is the lowest.
using Bits = std::uint64_t;

[[gnu::always_inline]] SEMPER_AVX2 inline Bits bits(__m256i low, __m256i high) {
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(low)) |
         static_cast<Bits>(static_cast<std::uint32_t>(_mm256_movemask_epi8(high))) << 32;
}

struct Block {
  __m256i low;
  __m256i high;

  [[gnu::always_inline]] SEMPER_AVX2 static Block load(const char* bytes) {
    return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes)),
            _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes + 32))};
  }
  [[gnu::always_inline]] SEMPER_AVX2 Bits equal(__m256i all) const {
    return bits(_mm256_cmpeq_epi8(low, all), _mm256_cmpeq_epi8(high, all));
  }
};

/// What is looked at in blocks with backslashes, control characters, or bytes that are not ASCII;
/// out of the way of the others, whose state stays in registers.
class RareBytes {
 public:
  /// `quotes` without those that are escaped.
  [[gnu::noinline]] SEMPER_AVX2 Bits closing_or_opening(const char* bytes, Bits quotes) {
    const Block block = Block::load(bytes);
    if (bits(block.low, block.high) != 0) is_ascii = false;
    return quotes & ~escaped(block.equal(_mm256_set1_epi8('\\')));
  }

  /// The control characters that are white space.
  [[gnu::noinline]] SEMPER_AVX2 Bits white(const char* bytes, Bits strings) {
    const Block block = Block::load(bytes);
    const __m256i last = _mm256_set1_epi8(0x1F);
    const Bits controls = bits(_mm256_cmpeq_epi8(_mm256_min_epu8(block.low, last), block.low),
                               _mm256_cmpeq_epi8(_mm256_min_epu8(block.high, last), block.high));
    if (controls == 0) return 0;
    has_controls = true;
    Bits white = 0;
    for (char c : {'\t', '\n', '\r'}) white |= block.equal(_mm256_set1_epi8(c));
    has_bad_control |= (controls & (strings | ~white)) != 0;
    return white;
  }

  Bits is_escaped = 0;  ///< 1: the block before ended with a backslash
  bool has_escapes = false;
  bool is_ascii = true;
  bool has_controls = false;
  bool has_bad_control = false;  ///< inside a string, or no white space

 private:
  /// The bytes that follow a backslash which is not itself escaped.
  [[gnu::always_inline]] SEMPER_AVX2 Bits escaped(Bits backslashes) {
    Bits result = is_escaped;
    backslashes &= ~is_escaped;
    is_escaped = 0;
    has_escapes |= backslashes != 0;
    while (backslashes != 0) {
      Bits first = backslashes & (~backslashes + 1);
      Bits next = first << 1;
      if (next == 0) is_escaped = 1;
      result |= next;
      backslashes &= ~(first | next);
    }
    return result;
  }
};

/// All of it becomes one function, `scan`, so that the state stays in registers.
class Scanner {
 public:
  Scanner(std::uint32_t* tokens, RareBytes& rare) : next_(tokens), rare_(rare) {}

  /// The end of the tokens; null where a string is open at the end.
  [[gnu::always_inline]] SEMPER_AVX2 std::uint32_t* scan(std::string_view text) {
    const std::size_t blocks = text.size() & ~std::size_t{63};
    for (std::size_t at = 0; at < blocks; at += 64) scan_block(text.data() + at, at);
    if (blocks < text.size()) {
      char rest[64];
      std::memset(rest, ' ', sizeof rest);
      std::memcpy(rest, text.data() + blocks, text.size() - blocks);
      scan_block(rest, blocks);
    }
    return in_string_ == 0 ? next_ : nullptr;
  }

 private:
  [[gnu::always_inline]] SEMPER_AVX2 void scan_block(const char* bytes, std::size_t offset) {
    const Block block = Block::load(bytes);
    Bits quotes = block.equal(_mm256_set1_epi8('"'));
    const __m256i space = _mm256_set1_epi8(' ');
    const __m256i backslash = _mm256_set1_epi8('\\');
    // The difference is negative for control characters and for bytes from 0x80 on; the sign says
    // whether a byte is rare.
    const __m256i rare = _mm256_or_si256(
        _mm256_or_si256(_mm256_cmpeq_epi8(block.low, backslash),
                        _mm256_cmpeq_epi8(block.high, backslash)),
        _mm256_subs_epi8(_mm256_min_epi8(block.low, block.high), space));
    Bits strings;
    if (rare_.is_escaped != 0 || _mm256_testz_si256(rare, _mm256_set1_epi8('\x80')) == 0) {
      quotes = rare_.closing_or_opening(bytes, quotes);
      strings = strings_of(quotes);
      strings |= rare_.white(bytes, strings);  // no token begins there either
    } else {
      strings = strings_of(quotes);
    }

    // The look-up by the low half of a byte gives the only one of , : { } and space that it may be;
    // [ and ] differ from { and } in one bit, which is set for all (three control characters pass
    // for a comma, a colon and a space; they have been refused).
    const __m256i table =
        _mm256_setr_epi8(' ', 0, 0, 0, 0, 0, 0, 0, 0, 0, ':', '{', ',', '}', 0, 0,  //
                         ' ', 0, 0, 0, 0, 0, 0, 0, 0, 0, ':', '{', ',', '}', 0, 0);
    const Bits marks = bits(
        _mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, block.low), _mm256_or_si256(block.low, space)),
        _mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, block.high),
                          _mm256_or_si256(block.high, space)));
    // Of these only brackets have the bit 0x40, which an addition brings to the top.
    const Bits brackets = marks & bits(_mm256_add_epi8(block.low, block.low),
                                       _mm256_add_epi8(block.high, block.high));

    // All but the runs of other bytes; such a run begins where there is none before it.
    const Bits known = marks | strings | quotes;
    const Bits begins = ((known << 1) + after_known_) & ~known;
    after_known_ = known >> 63;
    append((quotes & strings) | (brackets & ~strings) | begins, offset);
  }

  /// From each opening quote up to the byte before the closing one.
  [[gnu::always_inline]] SEMPER_AVX2 Bits strings_of(Bits quotes) {
    // Bit i: whether an odd number of bits is set up to i.
    const __m128i odd = _mm_clmulepi64_si128(_mm_set_epi64x(0, static_cast<std::int64_t>(quotes)),
                                             _mm_set1_epi8('\xFF'), 0);
    const Bits strings = static_cast<Bits>(_mm_cvtsi128_si64(odd)) ^ in_string_;
    in_string_ = static_cast<Bits>(static_cast<std::int64_t>(strings) >> 63);
    return strings;
  }

  /// Two at a time, the second of which may be none and is overwritten then: half as many ends of
  /// the loop to guess.
  [[gnu::always_inline]] SEMPER_AVX2 void append(Bits begins, std::size_t offset) {
    auto base = static_cast<std::uint32_t>(offset);
    std::uint32_t* next = next_;
    next_ += std::popcount(begins);
    for (; begins != 0; next += 2) {
      next[0] = base + static_cast<std::uint32_t>(std::countr_zero(begins));
      begins &= begins - 1;
      next[1] = base + static_cast<std::uint32_t>(std::countr_zero(begins));
      begins &= begins - 1;
    }
  }

  std::uint32_t* next_;
  RareBytes& rare_;
  Bits in_string_ = 0;    ///< all bits: the block before ended inside a string
  Bits after_known_ = 1;  ///< 0: it ended inside a run of other bytes
};

SEMPER_AVX2 bool scan(std::string_view text, std::uint32_t* tokens, FoundTokens& found) {
  RareBytes rare;
  std::uint32_t* end = Scanner(tokens, rare).scan(text);
  if (end == nullptr || rare.has_bad_control) return false;
  *end = static_cast<std::uint32_t>(text.size());
  found.count = static_cast<std::uint32_t>(end - tokens);
  found.has_escapes = rare.has_escapes;
  found.is_ascii = rare.is_ascii;
  found.has_controls = rare.has_controls;
  return true;
}

bool& can() {
  static bool can = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                    __builtin_cpu_supports("pclmul");
  return can;
}
}  // namespace

bool can_find_tokens() {
  return can();
}
void never_find_tokens() {
  can() = false;
}

bool find_tokens(std::string_view text, std::uint32_t* tokens, FoundTokens& found) {
  if (!scan(text, tokens, found)) return false;
  return found.is_ascii || simdjson::validate_utf8(text.data(), text.size());
}

#else

bool can_find_tokens() {
  return false;
}
void never_find_tokens() {}
bool find_tokens(std::string_view, std::uint32_t*, FoundTokens&) {
  return false;
}

#endif

}  // namespace semper::json
