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
    // The event is not to blame: it would come out as invalid.
    if (simd->create_dom_parser_implementation(capacity, 1, index_->parser) != simdjson::SUCCESS) {
      index_->parser.reset();
      throw std::bad_alloc();
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
  if (closing_.size() < count_) closing_.resize(count_ + count_ / 2);
  char first = token_char(0);
  char last = token_char(count_ - 1);
  bool is_container = first == '{' || first == '[';
  bool ends_closed = last == '}' || last == ']';
  return is_container && ends_closed ? check_tokens<false>(limits) : check_tokens<true>(limits);
}

/// Where the last token closes a bracket, only what follows a closing bracket can be past the end:
/// everything else is followed by a token. Hence the other looks need no bound (kBounded false).
template <bool kBounded>
bool EventDocument::check_tokens(const Limits& limits) {
  const std::uint32_t count = count_;
  const std::uint32_t* const offsets = offsets_;
  const char* const text = text_.data();
  // While a bracket is open, its entry holds the bracket around it.
  std::uint32_t* const closing = closing_.data();

  auto bounded = [&](std::uint32_t i) { return i < count ? text[offsets[i]] : '\0'; };
  auto at = [&](std::uint32_t i) { return kBounded ? bounded(i) : text[offsets[i]]; };
  auto syntax = [&](std::uint32_t token, const char* what) {
    std::size_t offset = token < count ? offsets[token] : text_.size();
    return fail(EventError::Code::kSyntax, offset,
                fmt::format("not valid JSON at byte {}: {}", offset,
                            token < count ? what : "the text ends too early"));
  };

  std::uint32_t token = 0;
  std::uint32_t open = 0;
  std::size_t depth = 0;
  bool in_object = false;
  char c;

value:
  c = at(token);
  if (c == '"') {
    // Its bytes end with a quote: whatever else followed it would be a token of its own.
    ++token;
    goto after_value;
  }
  if (c == '{' || c == '[') {
    if (depth == limits.event_depth) {
      return fail(EventError::Code::kTooDeep, offsets[token],
                  fmt::format("nesting deeper than {}", limits.event_depth));
    }
    closing[token] = open;
    open = token;
    ++depth;
    ++token;
    in_object = c == '{';
    if (at(token) == (in_object ? '}' : ']')) goto close;
    if (in_object) goto key;
    goto value;
  }
  if (c == '}' || c == ']' || c == ',' || c == ':' || c == '\0') {
    return syntax(token, "a value is missing here");
  }
  if (!is_scalar_literal(scalar(token))) return syntax(token, "no JSON value");
  ++token;
  goto after_value;

key:
  if (at(token) != '"') return syntax(token, "a key in double quotes is missing here");
  if (at(token + 1) != ':') return syntax(token + 1, "a colon is missing after the key");
  token += 2;
  goto value;

after_value:
  if (kBounded && depth == 0) {
    return token == count || syntax(token, "text after the value");
  }
  c = at(token);
  if (c == ',') {
    ++token;
    if (in_object) goto key;
    goto value;
  }
  if (c != (in_object ? '}' : ']')) {
    bool is_bracket = c == '}' || c == ']';
    return syntax(token, is_bracket ? "the wrong closing bracket"
                                    : "a comma or a closing bracket is missing here");
  }

close : {
  std::uint32_t around = closing[open];
  closing[open] = token;
  ++token;
  open = around;
  --depth;
  if (depth == 0) return token == count || syntax(token, "text after the value");
  in_object = text[offsets[open]] == '{';
  if (!kBounded && token == count) return syntax(token, "");
  goto after_value;
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
