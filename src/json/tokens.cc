#include "json/tokens.h"

#include <simdjson.h>

#include <algorithm>
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

/// All of it becomes one function, `scan`, so that the state stays in registers.
class Scanner {
 public:
  explicit Scanner(std::uint32_t* tokens) : tokens_(tokens), next_(tokens) {}

  [[gnu::always_inline]] SEMPER_AVX2 bool scan(std::string_view text, FoundTokens& found) {
    std::size_t at = 0;
    while (text.size() - at >= 64) {
      // Two loops: how many tokens a block has cannot be guessed, and what follows a wrong guess
      // would wait for all of the block's instructions.
      Bits begins[kRun];
      const std::size_t blocks = std::min(kRun, (text.size() - at) / 64);
      for (std::size_t i = 0; i < blocks; ++i) begins[i] = scan_block(text.data() + at + i * 64);
      for (std::size_t i = 0; i < blocks; ++i, at += 64) append(begins[i], at);
    }
    if (at < text.size()) {
      // The last 64 bytes and spaces: no copy of a size that cannot be guessed.
      char rest[128];
      std::memset(rest + 64, ' ', 64);
      if (text.size() >= 64) {
        std::memcpy(rest, text.data() + text.size() - 64, 64);
      } else {
        std::memcpy(rest + 64 - text.size(), text.data(), text.size());
      }
      append(scan_block(rest + 64 - (text.size() - at)), at);
    }
    if (in_string_ != 0 || has_bad_control_) return false;
    *next_ = static_cast<std::uint32_t>(text.size());
    found.count = static_cast<std::uint32_t>(next_ - tokens_);
    found.has_escapes = has_escapes_;
    found.is_ascii = is_ascii_;
    found.has_controls = has_controls_;
    return true;
  }

 private:
  static constexpr std::size_t kRun = 64;  ///< 512 bytes of the stack

  /// Where tokens begin.
  [[gnu::always_inline]] SEMPER_AVX2 Bits scan_block(const char* bytes) {
    const Block block = Block::load(bytes);
    Bits quotes = block.equal(_mm256_set1_epi8('"'));
    const __m256i space = _mm256_set1_epi8(' ');
    const __m256i backslash = _mm256_set1_epi8('\\');
    // The difference is negative for control characters and for bytes from 0x80 on; the sign says
    // whether a byte is rare.
    const __m256i rare =
        _mm256_or_si256(_mm256_or_si256(_mm256_cmpeq_epi8(block.low, backslash),
                                        _mm256_cmpeq_epi8(block.high, backslash)),
                        _mm256_subs_epi8(_mm256_min_epi8(block.low, block.high), space));
    Bits strings;
    if (is_escaped_ != 0 || _mm256_testz_si256(rare, _mm256_set1_epi8('\x80')) == 0) {
      quotes &= ~escaped(block.equal(backslash));
      strings = strings_of(quotes);
      if (bits(block.low, block.high) != 0) is_ascii_ = false;
      strings |= white_controls(block, strings);  // no token begins there either
    } else {
      strings = strings_of(quotes);
    }

    // The look-up by the low half of a byte gives the only one of , : { } and space that it may be;
    // [ and ] differ from { and } in one bit, which is set for all (three control characters pass
    // for a comma, a colon and a space; where they are, the text is refused).
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
    return (quotes & strings) | (brackets & ~strings) | begins;
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

  /// The bytes that follow a backslash which is not itself escaped.
  [[gnu::always_inline]] SEMPER_AVX2 Bits escaped(Bits backslashes) {
    Bits result = is_escaped_;
    backslashes &= ~is_escaped_;
    is_escaped_ = 0;
    has_escapes_ |= backslashes != 0;
    while (backslashes != 0) {
      Bits first = backslashes & (~backslashes + 1);
      Bits next = first << 1;
      if (next == 0) is_escaped_ = 1;
      result |= next;
      backslashes &= ~(first | next);
    }
    return result;
  }

  /// The control characters that are white space.
  [[gnu::always_inline]] SEMPER_AVX2 Bits white_controls(const Block& block, Bits strings) {
    const __m256i last = _mm256_set1_epi8(0x1F);
    const Bits controls = bits(_mm256_cmpeq_epi8(_mm256_min_epu8(block.low, last), block.low),
                               _mm256_cmpeq_epi8(_mm256_min_epu8(block.high, last), block.high));
    if (controls == 0) return 0;
    has_controls_ = true;
    Bits white = 0;
    for (char c : {'\t', '\n', '\r'}) white |= block.equal(_mm256_set1_epi8(c));
    has_bad_control_ |= (controls & (strings | ~white)) != 0;
    return white;
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

  std::uint32_t* tokens_;
  std::uint32_t* next_;
  Bits in_string_ = 0;    ///< all bits: the block before ended inside a string
  Bits is_escaped_ = 0;   ///< 1: it ended with a backslash
  Bits after_known_ = 1;  ///< 0: it ended inside a run of other bytes
  bool has_escapes_ = false;
  bool is_ascii_ = true;
  bool has_controls_ = false;
  bool has_bad_control_ = false;  ///< inside a string, or no white space
};

SEMPER_AVX2 bool scan(std::string_view text, std::uint32_t* tokens, FoundTokens& found) {
  return Scanner(tokens).scan(text, found);
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
