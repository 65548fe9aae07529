#include "json/writer.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "base/text.h"

namespace semper::json {
namespace {

/// What a byte becomes inside a string: 0 itself, else the letter after the backslash ('u':
/// \u00XX).
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> escapes{};
  for (int c = 0; c < 0x20; ++c) escapes[static_cast<std::size_t>(c)] = 'u';
  escapes['\b'] = 'b';
  escapes['\f'] = 'f';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  escapes['\t'] = 't';
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  return escapes;
}();

/// Zero where none of eight bytes needs an escape; nonzero may be a false alarm.
std::uint64_t suspects(const char* at) {
  constexpr std::uint64_t kOnes = 0x0101010101010101u;
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  auto below = [](std::uint64_t x, unsigned limit) { return (x - limit * kOnes) & ~x; };
  std::uint64_t suspected =
      below(word, 0x20) | below(word ^ ('"' * kOnes), 1) | below(word ^ ('\\' * kOnes), 1);
  return suspected & (0x80 * kOnes);
}

}  // namespace

bool is_plain(std::string_view text) {
  constexpr std::uint64_t kHigh = 0x8080808080808080u;
  const char* at = text.data();
  if (text.size() < 8) {
    char padded[8] = {' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '};
    for (std::size_t i = 0; i < text.size(); ++i) padded[i] = at[i];
    std::uint64_t word;
    std::memcpy(&word, padded, sizeof word);
    return suspects(padded) == 0 && (word & kHigh) == 0;
  }
  auto is_plain_word = [](const char* bytes) {
    std::uint64_t word;
    std::memcpy(&word, bytes, sizeof word);
    return ((suspects(bytes) | word) & kHigh) == 0;
  };
  const char* last = at + text.size() - 8;
  for (; at < last; at += 8) {
    if (!is_plain_word(at)) return false;
  }
  return is_plain_word(last);
}

void append_escaped(std::string& out, std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    while (i + 8 < text.size() && suspects(text.data() + i) == 0) i += 8;
    auto byte = static_cast<unsigned char>(text[i]);
    char escape = kEscapes[byte];
    if (escape == 0) continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    out += '\\';
    out += escape;
    if (escape == 'u') {
      out += "00";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  out.append(text, plain);
}

void append_quoted(std::string& out, std::string_view text) {
  if (is_plain(text)) {
    std::size_t before = out.size();
    out.resize(before + text.size() + 2, '"');
    std::copy(text.begin(), text.end(), out.begin() + static_cast<std::ptrdiff_t>(before) + 1);
    return;
  }
  out += '"';
  if (is_ascii(text)) {
    append_escaped(out, text);
    out += '"';
    return;
  }
  std::size_t invalid;
  while ((invalid = find_invalid_utf8(text)) != std::string_view::npos) {
    append_escaped(out, text.substr(0, invalid));
    append_utf8(out, 0xFFFD);
    text.remove_prefix(invalid + 1);
  }
  append_escaped(out, text);
  out += '"';
}

void append_value(std::string& out, const Value& value) {
  switch (value.kind) {
    case Kind::kNull:
      out += "null";
      break;
    case Kind::kBool:
      out += value.boolean ? "true" : "false";
      break;
    case Kind::kNumber:
      out += value.text;
      break;
    case Kind::kString:
      append_quoted(out, value.text);
      break;
    case Kind::kArray: {
      out += '[';
      for (const Value& element : value.elements()) {
        if (out.back() != '[') out += ',';
        append_value(out, element);
      }
      out += ']';
      break;
    }
    case Kind::kObject: {
      out += '{';
      bool first = true;
      for (const Member& member : value.members()) {
        if (!first) out += ',';
        first = false;
        append_quoted(out, member.key);
        out += ':';
        append_value(out, member.value);
      }
      out += '}';
      break;
    }
  }
}

}  // namespace semper::json
