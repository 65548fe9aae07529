#include <fmt/format.h>

#include "semper/status.hpp"

namespace semper {

namespace {

/// What a policy or a file's name says must not begin a line of its own, or steer a terminal.
std::string on_one_line(std::string_view text) {
  std::string out;
  for (char c : text) {
    unsigned char byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string to_string(const Diagnostic& diagnostic) {
  std::string out = diagnostic.file;
  if (diagnostic.line != 0) {
    fmt::format_to(std::back_inserter(out), ":{}:{}", diagnostic.line, diagnostic.column);
  }
  if (!out.empty()) out += ": ";
  out += diagnostic.severity == Diagnostic::Severity::kError ? "error: " : "warning: ";
  fmt::format_to(std::back_inserter(out), "{} [{}]", diagnostic.message, diagnostic.code);
  if (!diagnostic.pointer.empty())
    fmt::format_to(std::back_inserter(out), " at {}", diagnostic.pointer);
  return on_one_line(out);
}

}  // namespace semper
