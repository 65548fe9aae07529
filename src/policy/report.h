/// The problems of one policy file, with the places where they stand.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"
#include "pattern/parse.h"
#include "semper/status.hpp"

namespace semper::policy {

class Report {
 public:
  using Severity = Diagnostic::Severity;

  /// `text` is the file's, for lines and columns. Everything is appended to `diagnostics`.
  Report(std::string_view file, std::string_view text, std::vector<Diagnostic>& diagnostics)
      : file_(file), text_(text), diagnostics_(diagnostics), first_(diagnostics.size()) {}

  /// From here on, diagnostics carry a JSON Pointer.
  void set_document(const json::Document& document) { document_ = &document; }

  void error(std::string_view code, std::size_t offset, std::string message) {
    add(Severity::kError, code, offset, std::move(message));
  }
  void warning(std::string_view code, std::size_t offset, std::string message) {
    add(Severity::kWarning, code, offset, std::move(message));
  }
  void add(Severity severity, std::string_view code, std::size_t offset, std::string message);
  void add(Severity severity, const pattern::Issue& issue) {
    add(severity, issue.code, issue.offset, issue.message);
  }

  bool failed() const { return errors_ > 0; }
  std::size_t count() const { return errors_ + warnings_; }
  /// Further problems are not counted.
  bool is_full() const { return errors_ > kMaxOfOneSeverity || warnings_ > kMaxOfOneSeverity; }
  bool holds(std::string_view code, std::size_t offset) const;
  void sort();

 private:
  /// A file's problems beyond these are not shown: each costs a pass over the file.
  static constexpr std::size_t kMaxOfOneSeverity = 100;

  std::string_view file_;
  std::string_view text_;
  const json::Document* document_ = nullptr;
  std::vector<Diagnostic>& diagnostics_;
  std::size_t first_;
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
};

/// Puts diagnostics from `first` on into the order of files and places.
void sort_diagnostics(std::vector<Diagnostic>& diagnostics, std::size_t first);

}  // namespace semper::policy
