#include <fmt/format.h>

#include "semper/status.hpp"

namespace semper {

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
  return out;
}

}  // namespace semper
