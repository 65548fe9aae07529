#include "json/event.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <cstring>

#include "base/text.h"
#include "json/scan.h"

namespace semper::json {
namespace {

/// Appends the string between quotes with its escapes decoded.
void append_unescaped(std::string& out, std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    std::size_t backslash = text.find('\\', i);
    if (backslash == std::string_view::npos) backslash = text.size();
    out.append(text, i, backslash - i);
    if (backslash == text.size()) return;
    char escape = text[backslash + 1];
    i = backslash + 2;
    switch (escape) {
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 't':
        out += '\t';
        break;
      case 'u': {
        char32_t unit = hex4(text.substr(i));
        i += 4;
        if (is_high_surrogate(unit)) {
          std::string_view next = text.substr(i);
          char32_t low =
              next.size() >= 6 && next[0] == '\\' && next[1] == 'u' ? hex4(next.substr(2)) : 0;
          if (is_low_surrogate(low)) {
            i += 6;
            unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
          }
        }
        append_utf8(out, unit >= 0xD800 && unit <= 0xDFFF ? kReplacement : unit);
        break;
      }
      default:
        out += escape;
    }
  }
}

}  // namespace

struct EventDocument::Index {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
};

std::string_view EventError::name() const {
  switch (code) {
    case Code::kNone:
      return "";
    case Code::kSyntax:
      return "event_json_syntax";
    case Code::kInvalidUtf8:
      return "invalid_utf8";
    case Code::kTooDeep:
      return "event_too_deep";
    case Code::kTooLarge:
      return "event_too_large";
  }
  return "";
}

EventDocument::EventDocument() : index_(std::make_unique<Index>()) {}
EventDocument::~EventDocument() = default;
EventDocument::EventDocument(EventDocument&&) noexcept = default;
EventDocument& EventDocument::operator=(EventDocument&&) noexcept = default;

EventValue EventDocument::root() const {
  return count_ == 0 ? EventValue() : EventValue(this, 0);
}

bool EventDocument::fail(EventError::Code code, std::size_t offset, std::string message) {
  count_ = 0;
  error_ = {code, offset, std::move(message)};
  return false;
}

bool EventDocument::parse(std::string_view text, const Limits& limits) {
  text_ = text;
  count_ = 0;
  error_.code = EventError::Code::kNone;
  if (text.size() > limits.event_bytes || text.size() >= simdjson::SIMDJSON_MAXSIZE_BYTES) {
    return fail(
        EventError::Code::kTooLarge, limits.event_bytes,
        fmt::format("the event has {} bytes, the limit is {}", text.size(), limits.event_bytes));
  }
  if (text.empty()) return fail(EventError::Code::kSyntax, 0, "no JSON: the input is empty");

  const simdjson::implementation* simd = simdjson::get_active_implementation();
  if (!index_->parser || index_->parser->capacity() < text.size()) {
    // Growing by half again keeps a stream of ever larger events from allocating each time.
    std::size_t capacity = std::max<std::size_t>(text.size() + text.size() / 2, 8192);
    capacity = std::min<std::size_t>(capacity, simdjson::SIMDJSON_MAXSIZE_BYTES);
    index_->parser.reset();
    if (simd->create_dom_parser_implementation(capacity, 1, index_->parser) != simdjson::SUCCESS) {
      index_->parser.reset();
      return fail(EventError::Code::kTooLarge, 0, "not enough memory for the event");
    }
  }
  auto& parser = *index_->parser;
  simdjson::error_code code = parser.stage1(reinterpret_cast<const std::uint8_t*>(text.data()),
                                            text.size(), simdjson::stage1_mode::regular);
  if (code != simdjson::SUCCESS) {
    std::size_t invalid = find_invalid_utf8(text);
    if (invalid != std::string_view::npos) {
      return fail(EventError::Code::kInvalidUtf8, invalid,
                  fmt::format("invalid UTF-8 at byte {}", invalid));
    }
    SyntaxProblem problem = find_string_problem(text);
    return fail(EventError::Code::kSyntax, problem.offset,
                fmt::format("not valid JSON at byte {}: {}", problem.offset, problem.what));
  }
  offsets_ = parser.structural_indexes.get();
  count_ = parser.n_structural_indexes;
  is_ascii_ = semper::is_ascii(text);
  return check_escapes() && check_grammar(limits);
}

bool EventDocument::check_escapes() {
  const char* at = text_.data();
  const char* end = at + text_.size();
  has_escapes_ = false;
  while (
      (at = static_cast<const char*>(std::memchr(at, '\\', static_cast<std::size_t>(end - at))))) {
    has_escapes_ = true;
    // A run of escapes is common (JSON inside strings): no new search for each.
    while (at < end && *at == '\\') {
      std::size_t length = escape_length({at, static_cast<std::size_t>(end - at)});
      if (length == 0) {
        auto offset = static_cast<std::size_t>(at - text_.data());
        return fail(EventError::Code::kSyntax, offset,
                    fmt::format("not valid JSON at byte {}: unknown escape", offset));
      }
      at += length;
    }
  }
  return true;
}

bool EventDocument::check_grammar(const Limits& limits) {
  const std::uint32_t count = count_;
  const char* const text = text_.data();
  if (closing_.size() < count) closing_.resize(count + count / 2);
  open_.clear();

  auto syntax = [&](std::uint32_t token, const char* what) {
    std::size_t offset = token < count ? offsets_[token] : text_.size();
    return fail(EventError::Code::kSyntax, offset,
                fmt::format("not valid JSON at byte {}: {}", offset, what));
  };
  // The bytes of a string end with a quote: whatever else followed it would be a token of its own.
  auto scalar_ok = [&](std::uint32_t token) {
    char first = text[offsets_[token]];
    return first == '"' || is_scalar_literal(scalar(token));
  };

  std::uint32_t token = 0;
  bool in_object = false;
  // The bytes at offsets_[count] are past the end; simdjson keeps sentinels there, text does not.
  auto at = [&](std::uint32_t i) { return i < count ? text[offsets_[i]] : '\0'; };

value:
  switch (at(token)) {
    case '{':
    case '[': {
      if (open_.size() == limits.event_depth) {
        return fail(EventError::Code::kTooDeep, offsets_[token],
                    fmt::format("nesting deeper than {}", limits.event_depth));
      }
      in_object = text[offsets_[token]] == '{';
      char next = at(token + 1);
      if (next == (in_object ? '}' : ']')) {
        closing_[token] = token + 1;
        token += 2;
        in_object = !open_.empty() && text[offsets_[open_.back()]] == '{';
        goto after_value;
      }
      open_.push_back(token);
      ++token;
      if (in_object) goto key;
      goto value;
    }
    case '}':
    case ']':
    case ',':
    case ':':
    case '\0':
      return syntax(token, token < count ? "a value is missing here" : "the text ends too early");
    default:
      if (!scalar_ok(token)) return syntax(token, "no JSON value");
      ++token;
      goto after_value;
  }

key:
  if (at(token) != '"') {
    return syntax(token, token < count ? "a key in double quotes is missing here"
                                       : "the text ends too early");
  }
  if (at(token + 1) != ':') return syntax(token + 1, "a colon is missing after the key");
  token += 2;
  goto value;

after_value:
  if (open_.empty()) {
    if (token != count) return syntax(token, "text after the value");
    return true;
  }
  switch (at(token)) {
    case ',':
      ++token;
      if (in_object) goto key;
      goto value;
    case '}':
    case ']':
      if ((at(token) == '}') != in_object) return syntax(token, "the wrong closing bracket");
      closing_[open_.back()] = token;
      open_.pop_back();
      in_object = !open_.empty() && text[offsets_[open_.back()]] == '{';
      ++token;
      goto after_value;
    default:
      return syntax(token, token < count ? "a comma or a closing bracket is missing here"
                                         : "the text ends too early");
  }
}

std::string_view EventValue::string(std::string& scratch) const {
  if (!is_string()) return {};
  if (!escaped()) return text();
  scratch.clear();
  append_unescaped(scratch, text());
  return scratch;
}

namespace {

/// Exact beats equal without regard to case; the first of equals wins.
class KeySearch {
 public:
  explicit KeySearch(std::string_view key) : key_(key) {}

  /// True where `value` is final.
  bool offer(EventValue key, EventValue value) {
    std::string_view name = key.escaped() ? key.string(scratch_) : key.text();
    if (name == key_) {
      found_ = value;
      return true;
    }
    if (!found_ && equals_ignore_ascii_case(name, key_)) found_ = value;
    return false;
  }
  EventValue found() const { return found_; }

 private:
  std::string_view key_;
  EventValue found_;
  std::string scratch_;
};

}  // namespace

EventValue EventValue::find(std::string_view key) const {
  KeySearch search(key);
  for (Member member : members()) {
    if (search.offer(member.key(), member.value())) break;
  }
  return search.found();
}

EventValue EventValue::find(std::initializer_list<std::string_view> path) const {
  EventValue value = *this;
  for (std::string_view key : path) value = value.find(key);
  return value;
}

void EventValue::append_compact(std::string& out) const {
  std::string_view bytes = raw();
  bool on_one_line =
      bytes.find('\n') == std::string_view::npos && bytes.find('\r') == std::string_view::npos;
  if (on_one_line) {
    out += bytes;
    return;
  }
  std::uint32_t last = document_->after(token_);
  for (std::uint32_t token = token_; token < last; ++token) {
    char c = document_->token_char(token);
    if (c == '{' || c == '[' || c == '}' || c == ']' || c == ',' || c == ':') {
      out += c;
    } else {
      out += document_->scalar(token);
    }
  }
}

EventValue ObjectView::find(std::string_view key) const {
  if (whole) return whole.find(key);
  KeySearch search(key);
  for (const EventMember& member : members) {
    if (search.offer(member.key, member.value)) break;
  }
  return search.found();
}

void ObjectView::append_compact(std::string& out) const {
  if (whole) {
    whole.append_compact(out);
    return;
  }
  out += '{';
  for (const EventMember& member : members) {
    if (out.back() != '{') out += ',';
    member.key.append_compact(out);
    out += ':';
    member.value.append_compact(out);
  }
  out += '}';
}

}  // namespace semper::json
