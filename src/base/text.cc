#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace semper {
namespace {

struct Folding {
  char32_t from;
  char32_t to[3];
};

constexpr Folding kFoldings[] = {
#include "base/case_folding.inc"
};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

/// Length of the well-formed sequence at `text`, 0 where there is none (Unicode, table 3-7).
std::size_t sequence_length(std::string_view text) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  auto within = [&](std::size_t i, unsigned low, unsigned high) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return within(1, 0x80, 0xBF) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    unsigned low = first == 0xE0 ? 0xA0 : 0x80;
    unsigned high = first == 0xED ? 0x9F : 0xBF;
    return within(1, low, high) && within(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    unsigned low = first == 0xF0 ? 0x90 : 0x80;
    unsigned high = first == 0xF4 ? 0x8F : 0xBF;
    return within(1, low, high) && within(2, 0x80, 0xBF) && within(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

char32_t decode(std::string_view sequence) {
  auto bits = [&](std::size_t i) { return static_cast<char32_t>(sequence[i] & 0x3F); };
  auto first = static_cast<unsigned char>(sequence[0]);
  switch (sequence.size()) {
    case 1:
      return first;
    case 2:
      return ((first & 0x1Fu) << 6) | bits(1);
    case 3:
      return ((first & 0x0Fu) << 12) | (bits(1) << 6) | bits(2);
    default:
      return ((first & 0x07u) << 18) | (bits(1) << 12) | (bits(2) << 6) | bits(3);
  }
}

}  // namespace

bool is_ascii(std::string_view text) {
  const char* at = text.data();
  std::size_t left = text.size();
  constexpr std::size_t kWords = 8;  // compilers make vectors of such a block
  std::uint64_t seen[kWords] = {};
  for (; left >= sizeof seen; at += sizeof seen, left -= sizeof seen) {
    std::uint64_t words[kWords];
    std::memcpy(words, at, sizeof words);
    for (std::size_t i = 0; i < kWords; ++i) seen[i] |= words[i];
  }
  std::uint64_t all = 0;
  for (std::uint64_t word : seen) all |= word;
  for (; left >= sizeof all; at += sizeof all, left -= sizeof all) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    all |= word;
  }
  for (; left > 0; ++at, --left) all |= static_cast<unsigned char>(*at);
  return (all & 0x8080808080808080u) == 0;
}

std::size_t find_invalid_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    if (text.size() - i >= 8) {
      std::uint64_t word;
      std::memcpy(&word, text.data() + i, 8);
      if ((word & 0x8080808080808080u) == 0) {
        i += 8;
        continue;
      }
    }
    std::size_t length = sequence_length(text.substr(i));
    if (length == 0) return i;
    i += length;
  }
  return std::string_view::npos;
}

void append_utf8(std::string& out, char32_t code_point) {
  auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | (code_point >> 6));
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | (code_point >> 12));
    put(0x80 | ((code_point >> 6) & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | (code_point >> 18));
    put(0x80 | ((code_point >> 12) & 0x3F));
    put(0x80 | ((code_point >> 6) & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

std::u16string utf16(std::string_view text) {
  std::u16string units;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t length = std::max<std::size_t>(sequence_length(text.substr(i)), 1);
    char32_t code_point = decode(text.substr(i, length));
    if (code_point >= 0x10000) {
      units += static_cast<char16_t>(0xD800 + ((code_point - 0x10000) >> 10));
      units += static_cast<char16_t>(0xDC00 + ((code_point - 0x10000) & 0x3FF));
    } else {
      units += static_cast<char16_t>(code_point);
    }
    i += length;
  }
  return units;
}

void append_folded(std::string& out, std::string_view text) {
  if (is_ascii(text)) {
    std::size_t start = out.size();
    out += text;
    std::transform(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(),
                   out.begin() + static_cast<std::ptrdiff_t>(start), lower);
    return;
  }
  std::size_t i = 0;
  while (i < text.size()) {
    std::size_t length = std::max<std::size_t>(sequence_length(text.substr(i)), 1);
    char32_t code_point = decode(text.substr(i, length));
    const Folding* entry = std::lower_bound(
        std::begin(kFoldings), std::end(kFoldings), code_point,
        [](const Folding& folding, char32_t wanted) { return folding.from < wanted; });
    if (entry != std::end(kFoldings) && entry->from == code_point) {
      for (char32_t to : entry->to) {
        if (to != 0) append_utf8(out, to);
      }
    } else {
      out += text.substr(i, length);
    }
    i += length;
  }
}

std::string_view fold(std::string_view text, std::string& scratch) {
  bool plain = is_ascii(text) &&
               std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (plain) return text;
  scratch.clear();
  append_folded(scratch, text);
  return scratch;
}

bool equals_ignore_ascii_case(const char* a, const char* b, std::size_t size) {
  return equal_words(a, b, size, [](std::uint64_t x, std::uint64_t y) {
    return x == y || lower_ascii(x) == lower_ascii(y);
  });
}

std::string_view nearest(std::string_view written, std::span<const std::string_view> candidates) {
  std::string_view best;
  std::size_t best_distance = 3;
  for (std::string_view candidate : candidates) {
    if (candidate.size() > 64 || written.size() > 64) continue;
    // Levenshtein distance, two rows.
    std::vector<std::size_t> previous(candidate.size() + 1);
    std::vector<std::size_t> current(candidate.size() + 1);
    for (std::size_t j = 0; j <= candidate.size(); ++j) previous[j] = j;
    for (std::size_t i = 0; i < written.size(); ++i) {
      current[0] = i + 1;
      for (std::size_t j = 0; j < candidate.size(); ++j) {
        std::size_t change = previous[j] + (lower(written[i]) == lower(candidate[j]) ? 0 : 1);
        current[j + 1] = std::min({change, previous[j + 1] + 1, current[j] + 1});
      }
      std::swap(previous, current);
    }
    std::size_t distance = previous[candidate.size()];
    if (distance < best_distance && distance < candidate.size()) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

void append_base64(std::string& out, std::string_view bytes) {
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = (group << 8) | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += j <= count ? kAlphabet[(group >> (18 - 6 * j)) & 63] : '=';
    }
  }
}

}  // namespace semper
