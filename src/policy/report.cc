#include "policy/report.h"

#include <algorithm>
#include <tuple>

namespace semper::policy {

void Report::add(Severity severity, std::string_view code, std::size_t offset,
                 std::string message) {
  std::size_t& count = severity == Severity::kError ? errors_ : warnings_;
  if (count > kMaxOfOneSeverity) return;
  Diagnostic diagnostic;
  diagnostic.severity = severity;
  diagnostic.file = file_;
  diagnostic.offset = offset;
  diagnostic.code = code;
  diagnostic.message = std::move(message);
  if (++count > kMaxOfOneSeverity) {
    diagnostic.code = "too_many_problems";
    diagnostic.message = "the further problems of this file are not shown; mend these first";
  }
  json::Position position = json::position_of(text_, offset);
  diagnostic.line = position.line;
  diagnostic.column = position.column;
  if (document_ != nullptr) diagnostic.pointer = document_->pointer_at(offset);
  diagnostics_.push_back(std::move(diagnostic));
}

bool Report::holds(std::string_view code, std::size_t offset) const {
  return std::any_of(diagnostics_.begin() + static_cast<std::ptrdiff_t>(first_), diagnostics_.end(),
                     [&](const Diagnostic& diagnostic) {
                       return diagnostic.offset == offset && diagnostic.code == code;
                     });
}

void Report::sort() {
  sort_diagnostics(diagnostics_, first_);
}

void sort_diagnostics(std::vector<Diagnostic>& diagnostics, std::size_t first) {
  std::stable_sort(diagnostics.begin() + static_cast<std::ptrdiff_t>(first), diagnostics.end(),
                   [](const Diagnostic& a, const Diagnostic& b) {
                     return std::tie(a.file, a.offset) < std::tie(b.file, b.offset);
                   });
}

}  // namespace semper::policy
