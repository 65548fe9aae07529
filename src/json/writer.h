/// Appends JSON to a string. What RapidJSON's writer does not do: splice bytes that are JSON
/// already, and write runs of plain characters at once (docs/decisions.md).
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "json/document.h"
#include "json/event.h"

namespace semper::json {

/// Whether the text can stand between quotes as it is. Quick; false for what is not ASCII, too.
bool is_plain(std::string_view text);
/// Appends `text` as a JSON string with its quotes. Bytes that are no UTF-8 become U+FFFD.
void append_quoted(std::string& out, std::string_view text);
/// The same without the quotes. `text` must be UTF-8.
void append_escaped(std::string& out, std::string_view text);
/// Appends a document's value, compact, strings escaped anew, numbers by their literal.
void append_value(std::string& out, const Value& value);

/// Writes the punctuation of nested objects and lists; what is nested must be closed by the caller.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  Writer& begin_object() { return open('{'); }
  Writer& end_object() { return close('}'); }
  Writer& begin_array() { return open('['); }
  Writer& end_array() { return close(']'); }
  static constexpr std::size_t kLongestName = 60;
  /// `name` needs no escaping and is no longer than kLongestName (a name of ours).
  Writer& key(std::string_view name) {
    // One append: names are short, and a record has many.
    char text[kLongestName + 4];
    char* end = text;
    if (!fresh_) *end++ = ',';
    *end++ = '"';
    end = std::copy(name.begin(), name.end(), end);
    *end++ = '"';
    *end++ = ':';
    out_.append(text, static_cast<std::size_t>(end - text));
    fresh_ = true;
    return *this;
  }
  Writer& quoted_key(std::string_view name) {
    comma();
    append_quoted(out_, name);
    out_ += ':';
    fresh_ = true;
    return *this;
  }
  Writer& string(std::string_view text) {
    comma();
    append_quoted(out_, text);
    return *this;
  }
  /// One value that is JSON already.
  Writer& raw(std::string_view json) {
    comma();
    out_ += json;
    return *this;
  }
  /// One value of an event, as it came but on one line.
  Writer& value(EventValue event_value) {
    comma();
    event_value.append_compact(out_);
    return *this;
  }
  Writer& number(std::int64_t number) { return raw(std::to_string(number)); }
  Writer& boolean(bool boolean) { return raw(boolean ? "true" : "false"); }

 private:
  void comma() {
    if (!fresh_) out_ += ',';
    fresh_ = false;
  }
  Writer& open(char bracket) {
    comma();
    out_ += bracket;
    fresh_ = true;
    return *this;
  }
  Writer& close(char bracket) {
    out_ += bracket;
    fresh_ = false;
    return *this;
  }

  std::string& out_;
  bool fresh_ = true;
};

}  // namespace semper::json
