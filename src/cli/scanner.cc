#include "cli/scanner.h"

#include <array>
#include <bit>
#include <cstring>

namespace semper::cli {
namespace {

/// Deeper nesting is no document of anyone; it bounds the memory of the scanner.
constexpr std::size_t kMaxDepth = std::size_t{1} << 20;

constexpr auto kEndsScalar = [] {
  std::array<bool, 256> table{};
  for (char c : {' ', '\t', '\r', '\n', '{', '}', '[', ']', ',', ':', '"'}) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

constexpr std::uint64_t repeat(char c) {
  return 0x0101010101010101ULL * static_cast<unsigned char>(c);
}
/// A high bit for each byte of `word` that is zero; above the lowest of them for others, too.
constexpr std::uint64_t zeros(std::uint64_t word) {
  return (word - 0x0101010101010101ULL) & ~word & 0x8080808080808080ULL;
}

}  // namespace

void Scanner::start() {
  state_ = State::kValue;
  inside_ = Inside::kNothing;
  depth_ = 0;
  offset_ = 0;
  line_ = 0;
  first_line_ = true;
}

void Scanner::start_in_object() {
  start();
  open(true);
  state_ = State::kAfter;
}

void Scanner::forget(std::size_t bytes) {
  offset_ -= bytes;
  line_ = line_ > bytes ? line_ - bytes : 0;
}

bool Scanner::open(bool object) {
  if (state_ != State::kAny) {
    if (depth_ == kMaxDepth) return false;
    if (depth_ == objects_.size()) objects_.push_back(object);
    objects_[depth_] = object;
    state_ = object ? State::kFirstKey : State::kFirstValue;
  }
  ++depth_;
  return true;
}

bool Scanner::close(bool object) {
  if (state_ != State::kAny) {
    if (in_object() != object) return false;
    bool fits =
        state_ == State::kAfter || state_ == (object ? State::kFirstKey : State::kFirstValue);
    if (!fits) return false;
    state_ = State::kAfter;
  }
  --depth_;
  return true;
}

bool Scanner::token(char c) {
  bool any = state_ == State::kAny;
  bool value = any || state_ == State::kValue || state_ == State::kFirstValue;
  switch (c) {
    case '{':
    case '[':
      return value && open(c == '{');
    case '}':
    case ']':
      return close(c == '}');
    case ',':
      if (any) return true;
      if (state_ != State::kAfter) return false;
      state_ = in_object() ? State::kKey : State::kValue;
      return true;
    case ':':
      if (any) return true;
      if (state_ != State::kColon) return false;
      state_ = State::kValue;
      return true;
    case '"':
      inside_ = Inside::kString;
      if (any) return true;
      if (state_ == State::kFirstKey || state_ == State::kKey) {
        state_ = State::kColon;
        return true;
      }
      break;
    default:
      inside_ = Inside::kScalar;
      if (any) return true;
  }
  if (!value) return false;
  state_ = State::kAfter;
  return true;
}

/// From inside a string to its closing quote, a backslash or a newline.
const char* Scanner::skip_string(const char* at, const char* end) {
  if constexpr (std::endian::native == std::endian::little) {
    while (end - at >= 8) {
      std::uint64_t word;
      std::memcpy(&word, at, 8);
      std::uint64_t found =
          zeros(word ^ repeat('"')) | zeros(word ^ repeat('\\')) | zeros(word ^ repeat('\n'));
      if (found != 0) return at + std::countr_zero(found) / 8;
      at += 8;
    }
  }
  while (at < end && *at != '"' && *at != '\\' && *at != '\n') ++at;
  return at;
}

Scanner::Result Scanner::scan(std::string_view text) {
  const char* begin = text.data();
  const char* at = begin + offset_;
  const char* end = begin + text.size();
  auto result = [&](Result r) {
    offset_ = static_cast<std::size_t>(at - begin);
    return r;
  };

  while (at < end) {
    switch (inside_) {
      case Inside::kString:
        at = skip_string(at, end);
        if (at == end) return result(Result::kMore);
        if (*at == '\n') return result(Result::kCutHere);
        inside_ = *at == '"' ? Inside::kNothing : Inside::kEscape;
        ++at;
        continue;
      case Inside::kEscape:
        inside_ = Inside::kString;
        if (*at != '\n') ++at;
        continue;
      case Inside::kScalar:
        while (at < end && !kEndsScalar[static_cast<unsigned char>(*at)]) ++at;
        if (at == end) return result(Result::kMore);
        inside_ = Inside::kNothing;
        break;
      case Inside::kNothing:
        break;
    }
    char c = *at;
    if (c == ' ' || c == '\t' || c == '\r') {
      ++at;
      continue;
    }
    if (c == '\n') {
      if (state_ == State::kAny) return result(Result::kCutHere);
      ++at;
      line_ = static_cast<std::size_t>(at - begin);
      first_line_ = false;
      continue;
    }
    if (!token(c)) {
      if (!first_line_) return result(Result::kCut);
      // Within one line there is no better guess than to count brackets.
      state_ = State::kAny;
      inside_ = Inside::kNothing;
      token(c);
    }
    ++at;
    if (depth_ == 0) return result(Result::kEnd);
  }
  return result(Result::kMore);
}

}  // namespace semper::cli
