/// From JSON to the checked tree: every rule of docs/pattern-language.md about form, with its code.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "json/document.h"
#include "pattern/ast.h"

namespace semper::pattern {

/// A problem in a pattern or scope. The caller who holds the document turns the offset into line,
/// column and JSON Pointer.
struct Issue {
  std::string code;        ///< of SPEC section 9
  std::size_t offset = 0;  ///< in the document's text
  std::string message;
};

/// Compiles the value of a document that is a pattern. False: `error` holds the first problem in
/// document order. Warnings are appended. The tree goes into `memory`, or into one of its own.
bool parse(const json::Value& value, Dialect dialect, const Limits& limits, Pattern& pattern,
           Issue& error, std::vector<Issue>& warnings,
           std::shared_ptr<TreeMemory> memory = nullptr);

/// The SPEC's code for a text that is no document: json_syntax, invalid_utf8, invalid_unicode,
/// pattern_too_deep, pattern_too_large.
Issue issue_of(const json::ParseError& error);

}  // namespace semper::pattern
