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

/// All of it becomes one function, `scan`, so that the state stays in registers.
class Scanner {
 public:
  explicit Scanner(std::uint32_t* tokens) : tokens_(tokens), next_(tokens) {}

  [[gnu::always_inline]] SEMPER_AVX2 bool scan(std::string_view text, FoundTokens& found) {
    std::size_t at = 0;
    for (; at + 64 <= text.size(); at += 64) {
      if (!scan_block(text.data() + at, at)) return false;
    }
    if (at < text.size()) {
      char rest[64];
      std::memset(rest, ' ', sizeof rest);
      std::memcpy(rest, text.data() + at, text.size() - at);
      if (!scan_block(rest, at)) return false;
    }
    if (in_string_ != 0) return false;
    *next_ = static_cast<std::uint32_t>(text.size());
    found.count = static_cast<std::uint32_t>(next_ - tokens_);
    found.has_escapes = has_escapes_;
    found.is_ascii = is_ascii_;
    found.has_controls = has_controls_;
    return true;
  }

 private:
  [[gnu::always_inline]] SEMPER_AVX2 static Bits bits(__m256i low, __m256i high) {
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(low)) |
           static_cast<Bits>(static_cast<std::uint32_t>(_mm256_movemask_epi8(high))) << 32;
  }
  [[gnu::always_inline]] SEMPER_AVX2 static bool is_zero(__m256i a) {
    return _mm256_testz_si256(a, a) != 0;
  }

  [[gnu::always_inline]] SEMPER_AVX2 bool scan_block(const char* block, std::size_t offset) {
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(block));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(block + 32));

    const __m256i quote = _mm256_set1_epi8('"');
    Bits quotes = bits(_mm256_cmpeq_epi8(low, quote), _mm256_cmpeq_epi8(high, quote));
    const __m256i space = _mm256_set1_epi8(' ');
    const __m256i backslash = _mm256_set1_epi8('\\');
    // Signed: bytes from 0x80 on are below a space, too.
    const __m256i rare = _mm256_or_si256(
        _mm256_or_si256(_mm256_cmpeq_epi8(low, backslash), _mm256_cmpeq_epi8(high, backslash)),
        _mm256_cmpgt_epi8(space, _mm256_min_epi8(low, high)));
    Bits strings;
    Bits white = 0;
    if (is_escaped_ != 0 || !is_zero(rare)) {
      if (!scan_rare(low, high, quotes, strings, white)) return false;
    } else {
      strings = strings_of(quotes);
    }

    // The look-up by the low half of a byte gives the only one of , : { } and space that it may be;
    // [ and ] differ from { and } in one bit, which is set for all (three control characters pass
    // for a comma, a colon and a space; scan_rare has refused them).
    const __m256i table =
        _mm256_setr_epi8(' ', 0, 0, 0, 0, 0, 0, 0, 0, 0, ':', '{', ',', '}', 0, 0,  //
                         ' ', 0, 0, 0, 0, 0, 0, 0, 0, 0, ':', '{', ',', '}', 0, 0);
    const __m256i low_marks =
        _mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, low), _mm256_or_si256(low, space));
    const __m256i high_marks =
        _mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, high), _mm256_or_si256(high, space));
    const Bits marks = bits(low_marks, high_marks) | white;
    // Of these only brackets have the bit 0x40, which an addition brings to the top.
    const Bits brackets = marks & bits(_mm256_add_epi8(low, low), _mm256_add_epi8(high, high));

    const Bits others = ~(marks | strings | quotes);
    const Bits begins = others & ~(others << 1 | in_other_);
    in_other_ = others >> 63;
    append((quotes & strings) | (brackets & ~strings) | begins, offset);
    return true;
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

  /// For a block with backslashes, control characters, or bytes that are not ASCII.
  [[gnu::always_inline]] SEMPER_AVX2 bool scan_rare(__m256i low, __m256i high, Bits& quotes,
                                                    Bits& strings, Bits& white) {
    const __m256i backslash = _mm256_set1_epi8('\\');
    quotes &= ~escaped(bits(_mm256_cmpeq_epi8(low, backslash), _mm256_cmpeq_epi8(high, backslash)));
    strings = strings_of(quotes);
    if (bits(low, high) != 0) is_ascii_ = false;
    const __m256i last = _mm256_set1_epi8(0x1F);
    Bits controls = bits(_mm256_cmpeq_epi8(_mm256_min_epu8(low, last), low),
                         _mm256_cmpeq_epi8(_mm256_min_epu8(high, last), high));
    if (controls == 0) return true;
    has_controls_ = true;
    for (char c : {'\t', '\n', '\r'}) {
      const __m256i wanted = _mm256_set1_epi8(c);
      white |= bits(_mm256_cmpeq_epi8(low, wanted), _mm256_cmpeq_epi8(high, wanted));
    }
    return (controls & (strings | ~white)) == 0;
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

  [[gnu::always_inline]] SEMPER_AVX2 void append(Bits begins, std::size_t offset) {
    auto base = static_cast<std::uint32_t>(offset);
    for (; begins != 0; begins &= begins - 1) {
      *next_++ = base + static_cast<std::uint32_t>(std::countr_zero(begins));
    }
  }

  std::uint32_t* tokens_;
  std::uint32_t* next_;
  Bits in_string_ = 0;   ///< all bits: the block before ended inside a string
  Bits is_escaped_ = 0;  ///< 1: it ended with a backslash
  Bits in_other_ = 0;    ///< 1: it ended inside a run of other bytes
  bool has_escapes_ = false;
  bool is_ascii_ = true;
  bool has_controls_ = false;
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
