#include "json/scan.h"

#include "json/kind.h"

namespace semper::json {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t number_length(std::string_view text) {
  std::size_t i = 0;
  auto at = [&](std::size_t k) { return k < text.size() ? text[k] : '\0'; };
  auto digits = [&] {
    std::size_t begin = i;
    while (is_digit(at(i))) ++i;
    return i > begin;
  };
  if (at(i) == '-') ++i;
  if (at(i) == '0') {
    ++i;
  } else if (!digits()) {
    return 0;
  }
  if (at(i) == '.') {
    ++i;
    if (!digits()) return 0;
  }
  if (at(i) == 'e' || at(i) == 'E') {
    ++i;
    if (at(i) == '+' || at(i) == '-') ++i;
    if (!digits()) return 0;
  }
  return i;
}

}  // namespace

const char* kind_phrase(Kind kind) {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return "a boolean";
    case Kind::kNumber:
      return "a number";
    case Kind::kString:
      return "a string";
    case Kind::kArray:
      return "a list";
    case Kind::kObject:
      return "an object";
  }
  return "";
}

char32_t hex4(std::string_view text) {
  if (text.size() < 4) return 0xFFFFFFFF;
  char32_t unit = 0;
  for (int i = 0; i < 4; ++i) {
    char c = text[static_cast<std::size_t>(i)];
    unsigned digit;
    if (is_digit(c)) {
      digit = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<unsigned>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<unsigned>(c - 'A' + 10);
    } else {
      return 0xFFFFFFFF;
    }
    unit = unit * 16 + digit;
  }
  return unit;
}

std::size_t escape_length(std::string_view text) {
  if (text.size() < 2) return 0;
  switch (text[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
      return 2;
    case 'u':
      return hex4(text.substr(2)) == 0xFFFFFFFF ? 0 : 6;
    default:
      return 0;
  }
}

std::size_t scalar_length(std::string_view text) {
  auto length_of = [&](std::string_view literal) {
    return text.starts_with(literal) ? literal.size() : 0;
  };
  switch (text.empty() ? '\0' : text[0]) {
    case 't':
      return length_of("true");
    case 'f':
      return length_of("false");
    case 'n':
      return length_of("null");
    default:
      return number_length(text);
  }
}

SyntaxProblem find_string_problem(std::string_view text) {
  bool in_string = false;
  std::size_t opened = 0;
  bool only_space = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') only_space = false;
    if (!in_string) {
      if (c == '"') {
        in_string = true;
        opened = i;
      }
    } else if (c == '\\') {
      ++i;
    } else if (c == '"') {
      in_string = false;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      return {i, "a raw control character in a string; write it as an escape"};
    }
  }
  if (in_string) return {opened, "the string that begins here does not end"};
  return {text.size(), only_space ? "no value" : "the text ends too early"};
}

}  // namespace semper::json
