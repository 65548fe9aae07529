#include "cli/entries.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "cli/console.h"
#include "cli/scanner.h"
#include "json/event.h"
#include "json/writer.h"

namespace semper::cli {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

std::size_t skip_space(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(kSpace, at), text.size());
}

/// One past the string, object, list or scalar that begins at `at`; npos where it has no end.
std::size_t value_end(std::string_view line, std::size_t at) {
  if (at >= line.size()) return std::string_view::npos;
  if (line[at] == '{' || line[at] == '[') {
    Scanner scanner;
    scanner.start();
    if (scanner.scan(line.substr(at)) != Scanner::Result::kEnd) return std::string_view::npos;
    return at + scanner.offset();
  }
  if (line[at] != '"') return line.find_first_of(",}", at);
  for (++at; at < line.size() && line[at] != '"'; ++at) {
    if (line[at] == '\\') ++at;
  }
  return at < line.size() ? at + 1 : std::string_view::npos;
}

/// A key with its colon at `at`: the key's bytes, and `at` moved to the value.
std::string_view take_key(std::string_view line, std::size_t& at) {
  if (at >= line.size() || line[at] != '"') return {};
  std::size_t end = value_end(line, at);
  if (end == std::string_view::npos) return {};
  std::string_view key = line.substr(at, end - at);
  at = skip_space(line, end);
  if (at >= line.size() || line[at] != ':') return {};
  at = skip_space(line, at + 1);
  return key;
}

void take_id(Entry& entry, std::string_view literal) {
  json::EventDocument document;
  if (!document.parse(literal) || !document.root().is_string()) return;
  std::string scratch;
  entry.id = document.root().string(scratch);
  entry.has_id = true;
}

/// `line` is no JSON. Most often the pattern in it is not: then its error is told, and its id.
void salvage(Entry& entry, std::string_view line, std::string_view key) {
  std::size_t at = skip_space(line, 0);
  std::size_t close = line.find_last_not_of(kSpace);
  if (close == std::string_view::npos || line[at] != '{' || line[close] != '}') return;
  std::string wanted = fmt::format("\"{}\"", key);
  for (at = skip_space(line, at + 1);; at = skip_space(line, at + 1)) {
    std::string_view name = take_key(line, at);
    if (name.empty()) return;
    if (name == wanted) break;
    std::size_t end = value_end(line, at);
    if (end == std::string_view::npos) return;
    if (name == "\"id\"") take_id(entry, line.substr(at, end - at));
    at = skip_space(line, end);
    if (at >= line.size() || line[at] != ',') return;
  }
  std::size_t end = close;
  std::size_t last_id = line.rfind("\"id\"");
  if (!entry.has_id && last_id != std::string_view::npos && last_id > at) {
    std::size_t value = last_id;
    take_key(line, value);
    std::size_t comma = line.find_last_not_of(kSpace, last_id - 1);
    if (skip_space(line, value_end(line, value)) == close && line[comma] == ',') {
      take_id(entry, line.substr(value, close - value));
      end = comma;
    }
  }
  entry.begin = at;
  entry.text = line.substr(at, end - at);
  entry.text.erase(entry.text.find_last_not_of(kSpace) + 1);
}

void fail(Entry& entry, std::string_view code, std::string_view message, std::size_t offset = 0) {
  entry.code = code;
  entry.message = message;
  entry.offset = offset;
}

/// Finds id and text. False: the line itself is wrong.
bool read_line(Entry& entry, std::string_view line, std::string_view key) {
  Limits limits;
  limits.event_bytes = std::numeric_limits<std::size_t>::max();
  limits.event_depth = std::numeric_limits<std::size_t>::max();
  json::EventDocument document;
  if (!document.parse(line, limits)) {
    salvage(entry, line, key);
    if (entry.begin > 0) return true;
    bool utf8 = document.error().code == json::EventError::Code::kInvalidUtf8;
    fail(entry, utf8 ? "invalid_utf8" : "json_syntax", document.error().message,
         document.error().offset);
    return false;
  }
  std::string scratch;
  json::EventValue id = document.root().find("id");
  if (id.is_string()) {
    entry.id = id.string(scratch);
    entry.has_id = true;
  }
  json::EventValue value = document.root().find(key);
  json::EventValue text = document.root().find(fmt::format("{}_text", key));
  if (value) {
    entry.text = value.raw();
    entry.begin = static_cast<std::size_t>(value.raw().data() - line.data());
  } else if (text.is_string()) {
    entry.text = text.string(scratch);
  }
  if (entry.has_id && (value || text.is_string())) return true;
  fail(entry, "bad_line", fmt::format(R"(a line is {{"id": "…", "{}": …}}, the id a string)", key));
  return false;
}

Diagnostic diagnostic_of(const std::string& path, const Entry& entry, const pattern::Issue& issue,
                         std::string pointer, Diagnostic::Severity severity) {
  Diagnostic diagnostic;
  diagnostic.severity = severity;
  diagnostic.code = issue.code;
  diagnostic.file = path;
  diagnostic.line = static_cast<std::uint32_t>(entry.line);
  diagnostic.column = static_cast<std::uint32_t>(entry.begin + issue.offset + 1);
  diagnostic.offset = issue.offset;
  diagnostic.pointer = std::move(pointer);
  diagnostic.message = issue.message;
  if (entry.has_id) diagnostic.message = fmt::format("\"{}\": {}", entry.id, issue.message);
  return diagnostic;
}

void compile_entry(Entry& entry, const std::string& path, const EntryCompiler& compile) {
  json::Document document;
  json::ParseError parse_error;
  if (!json::Document::parse(entry.text, {}, document, parse_error)) {
    pattern::Issue issue = pattern::issue_of(parse_error);
    fail(entry, issue.code, issue.message, issue.offset);
    return;
  }
  pattern::Issue error;
  std::vector<pattern::Issue> warnings;
  if (!compile(document.root(), error, warnings)) {
    fail(entry, error.code, error.message, error.offset);
    entry.pointer = document.pointer_at(error.offset);
  }
  for (const pattern::Issue& warning : warnings) {
    say(to_string(diagnostic_of(path, entry, warning, document.pointer_at(warning.offset),
                                Diagnostic::Severity::kWarning)));
  }
}

}  // namespace

std::vector<Entry> compile_entries(const std::string& path, std::string_view content,
                                   std::string_view key, const EntryCompiler& compile) {
  std::vector<Entry> entries;
  std::size_t number = 0;
  while (!content.empty()) {
    std::size_t end = std::min(content.find('\n'), content.size());
    std::string_view line = content.substr(0, end);
    content.remove_prefix(std::min(end + 1, content.size()));
    ++number;
    if (line.find_first_not_of(kSpace) == std::string_view::npos) continue;
    Entry& entry = entries.emplace_back();
    entry.line = number;
    if (read_line(entry, line, key)) compile_entry(entry, path, compile);
  }
  return entries;
}

std::string check_line(const Entry& entry) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("id");
  if (entry.has_id) {
    writer.string(entry.id);
  } else {
    writer.raw("null");
  }
  if (entry.code.empty()) {
    writer.key("ok").boolean(true);
  } else {
    writer.key("error").string(entry.code);
    writer.key("message").string(entry.message);
    writer.key("path").string(entry.pointer);
    writer.key("offset").number(static_cast<std::int64_t>(entry.offset));
  }
  writer.end_object();
  return out;
}

bool report_entries(const std::string& path, const std::vector<Entry>& entries) {
  bool ok = true;
  for (const Entry& entry : entries) {
    if (entry.code.empty()) continue;
    ok = false;
    pattern::Issue issue{entry.code, entry.offset, entry.message};
    say(to_string(diagnostic_of(path, entry, issue, entry.pointer, Diagnostic::Severity::kError)));
  }
  return ok;
}

}  // namespace semper::cli
