/// FILE of `match` and `scope`: NDJSON of `{"id": …, "pattern": …}`, each with its own verdict.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"
#include "pattern/parse.h"
#include "semper/status.hpp"

namespace semper::cli {

/// One line. `text` is the exact JSON text of the pattern or scope, so that what is wrong with it
/// is told as if it stood alone.
struct Entry {
  std::string id;
  bool has_id = false;
  std::string text;
  std::size_t line = 0;   ///< from 1
  std::size_t begin = 0;  ///< of `text` in the line; 0 where it was written as a string
  std::string code;       ///< of the problem; empty: there is none
  std::string message;
  std::string pointer;     ///< into `text`
  std::size_t offset = 0;  ///< in `text`
};

/// Builds something from an entry's value; false and `error` where that is impossible.
using EntryCompiler = std::function<bool(const json::Value& value, pattern::Issue& error,
                                         std::vector<pattern::Issue>& warnings)>;

/// `key` is "pattern" or "scope"; `key`_text, a string that holds the JSON text, serves as well.
/// Blank lines are skipped. Warnings are printed.
std::vector<Entry> compile_entries(const std::string& path, std::string_view content,
                                   std::string_view key, const EntryCompiler& compile);

/// The line of `--check`.
std::string check_line(const Entry& entry);
/// Prints what is wrong with the entries, as a compiler would; false where anything is.
bool report_entries(const std::string& path, const std::vector<Entry>& entries);

}  // namespace semper::cli
