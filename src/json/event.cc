#include "json/event.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <cstring>
#include <utility>

#include "base/hash.h"
#include "base/text.h"
#include "json/scan.h"
#include "json/tokens.h"

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

  make_room(text.size());
  return read_valid(limits) || read_any(limits);
}

void EventDocument::make_room(std::size_t size) {
  if (room_ >= size) return;
  // Growing by half again keeps a stream of ever larger events from allocating each time.
  std::size_t room = std::max<std::size_t>(size + size / 2, 8192);
  room_ = 0;
  offsets_ = std::make_unique_for_overwrite<std::uint32_t[]>(tokens_room(room));
  last_ = std::make_unique_for_overwrite<std::uint32_t[]>(tokens_room(room));
  room_ = room;
}

/// False: not an event, or one that `read_any` must look at.
bool EventDocument::read_valid(const Limits& limits) {
  if (!can_find_tokens()) return false;
  FoundTokens found;
  if (!find_tokens(text_, offsets_.get(), found)) return false;
  count_ = found.count;
  is_ascii_ = found.is_ascii;
  is_one_line_ = !found.has_controls;
  has_escapes_ = false;
  bool is_valid =
      count_ > 0 && (!found.has_escapes || check_escapes()) && link_valid(limits.event_depth);
  if (!is_valid) {
    count_ = 0;
    error_.code = EventError::Code::kNone;
  }
  return is_valid;
}

namespace {

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

const char* skip_space(const char* at, const char* end) {
  while (at < end && is_space(*at)) ++at;
  return at;
}

/// Whether none of the bytes is above a space. (`find_tokens` refuses control characters between
/// tokens but for those that are white space.) An addition brings all above it to the top.
bool is_white(std::uint64_t bytes) {
  return (((bytes + 0x5F5F5F5F5F5F5F5Fu) | bytes) & 0x8080808080808080u) == 0;
}

/// The same from `at` to `end`, eight bytes at once: what people write is indented.
/// `begin`: of the text.
bool is_white(const char* begin, const char* at, const char* end) {
  if (end - begin < 8) return skip_space(at, end) == end;
  for (; end - at >= 8; at += 8) {
    if (!is_white(load_word<std::uint64_t>(at))) return false;
  }
  // The last eight, without those before `at`.
  return at == end || is_white(load_word<std::uint64_t>(end - 8) >> 8 * (8 - (end - at)));
}

/// Whether a quote and `mark` stand right before the token at `next`. That quote closes a string:
/// it cannot be an opening one, as the mark would be inside the string then, and no token.
bool follows(const char* next, char mark) {
  const char wanted[2] = {'"', mark};
  return std::memcmp(next - 2, wanted, 2) == 0;
}

/// Whether from `at` to `end` there are `mark` (0: nothing) and white space.
bool holds_only(const char* begin, const char* at, const char* end, char mark) {
  if (mark != 0) {
    if (at < end && *at != mark) at = skip_space(at, end);
    if (at == end || *at != mark) return false;
    ++at;
  }
  return is_white(begin, at, end);
}

/// The same between the end of a string and the token at `next`.
[[gnu::noinline]] bool holds_only_after_string(const char* begin, const char* next, char mark) {
  // `": ` is what people write after a key.
  if (next[-1] == ' ' && follows(next - 1, mark)) return true;
  const char* quote = next - 1;
  while (*quote != '"') --quote;
  return holds_only(begin, quote + 1, next, mark);
}

bool is_closing(char c) {
  return (c | 0x20) == '}';
}

}  // namespace

/// The grammar, for objects and lists. `find_tokens` has seen to it that between the end of a token
/// and the next one there are only white space, commas and colons, and that no string is open.
/// The last token is a closing bracket, so that no other one needs to be asked whether one follows.
bool EventDocument::link_valid(std::size_t deepest) {
  const std::uint32_t* const offsets = offsets_.get();
  std::uint32_t* const last = last_.get();
  const char* const text = text_.data();
  // What stands before the first token may be a comma.
  if (offsets[0] != 0 && !holds_only(text, text, text + offsets[0], 0)) return false;
  const char end = text[offsets[count_ - 1]];
  if (end != '}' && end != ']') return false;
  // Below, a token is told in 31 bits.
  if (text_.size() > 0x7FFFFFFF) return false;

  std::size_t token = 0;
  // The innermost container: twice its token, and 1 for an object. While it is open, its entry has
  // the same of the one around it.
  std::uint32_t open = 0;
  std::size_t depth = 0;
  char closing = 0;  // the bracket that closes it
  const char* at = text + offsets[0];
  const char* next = nullptr;
  if (*at != '{' && *at != '[') return false;

open:
  if (depth == deepest) return false;
  ++depth;
  static_assert('{' + 2 == '}' && '[' + 2 == ']' && (']' | 1 << 5) == '}');
  closing = static_cast<char>(*at + 2);
  last[token] = open;
  open = static_cast<std::uint32_t>(2 * token) + (closing == '}');
  next = text + offsets[++token];
  if (next != at + 1) [[unlikely]] {
    if (!holds_only(text, at + 1, next, 0)) return false;
  }
  at = next;
  if (*at == closing) goto close;
  if (closing == ']') goto value;

// One string after another, by a loop for each kind of container: neither asks which one it is in.
key:
  if (*at != '"') return false;
  next = text + offsets[++token];
  if (!follows(next, ':')) [[unlikely]] {
    if (!holds_only_after_string(text, next, ':')) return false;
  }
  at = next;
  if (*at != '"') goto no_string;
  last[token] = static_cast<std::uint32_t>(token);
  next = text + offsets[++token];
  if (!follows(next, ',')) goto after_string;
  at = next;
  goto key;

value:
  if (*at != '"') goto no_string;
  last[token] = static_cast<std::uint32_t>(token);
  next = text + offsets[++token];
  if (!follows(next, ',')) goto after_string;
  at = next;
  goto value;

after_string:
  if (*next == closing) [[likely]] {
    if (next[-1] != '"') [[unlikely]] {
      if (!holds_only_after_string(text, next, 0)) return false;
    }
    at = next;
    goto close;
  }
  if (!holds_only_after_string(text, next, ',')) return false;
  at = next;
  if (closing == '}') goto key;
  goto value;

no_string:
  if (*at == '{' || *at == '[') goto open;
  {
    std::size_t rest = text_.size() - static_cast<std::size_t>(at - text);
    std::size_t length = scalar_length({at, rest});
    if (length == 0) return false;
    last[token] = static_cast<std::uint32_t>(token);
    next = text + offsets[++token];
    at += length;
  }

after_value:
  if (*next == closing) {
    if (next != at) [[unlikely]] {
      if (!holds_only(text, at, next, 0)) return false;
    }
    at = next;
    goto close;
  }
  if (next != at + 1 || *at != ',') [[unlikely]] {
    if (!holds_only(text, at, next, ',')) return false;
  }
  at = next;
  if (closing == '}') goto key;
  goto value;

close:
  ++at;
  {
    const std::uint32_t container = open / 2;
    open = last[container];
    last[container] = static_cast<std::uint32_t>(token);
    ++token;
  }
  if (--depth == 0) {
    next = text + text_.size();
    return token == count_ && (next == at || holds_only(text, at, next, 0));
  }
  if (token == count_) return false;
  closing = static_cast<char>(']' | (open & 1) << 5);
  next = text + offsets[token];
  goto after_value;
}

/// As `read_valid`, for any text and on any processor; says what is wrong.
bool EventDocument::read_any(const Limits& limits) {
  const simdjson::implementation* simd = simdjson::get_active_implementation();
  if (!index_->parser || index_->parser->capacity() < text_.size()) {
    std::size_t capacity = std::min<std::size_t>(room_, simdjson::SIMDJSON_MAXSIZE_BYTES);
    index_->parser.reset();
    // The event is not to blame: it would come out as invalid.
    if (simd->create_dom_parser_implementation(capacity, 1, index_->parser) != simdjson::SUCCESS) {
      index_->parser.reset();
      throw std::bad_alloc();
    }
  }
  auto& parser = *index_->parser;
  simdjson::error_code code = parser.stage1(reinterpret_cast<const std::uint8_t*>(text_.data()),
                                            text_.size(), simdjson::stage1_mode::regular);
  if (code != simdjson::SUCCESS) {
    std::size_t invalid = find_invalid_utf8(text_);
    if (invalid != std::string_view::npos) {
      return fail(EventError::Code::kInvalidUtf8, invalid,
                  fmt::format("invalid UTF-8 at byte {}", invalid));
    }
    SyntaxProblem problem = find_string_problem(text_);
    return fail(EventError::Code::kSyntax, problem.offset,
                fmt::format("not valid JSON at byte {}: {}", problem.offset, problem.what));
  }
  is_ascii_ = semper::is_ascii(text_);
  is_one_line_ = false;
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

/// simdjson's index has commas and colons, too; the tokens that stay are copied as they are met.
bool EventDocument::check_grammar(const Limits& limits) {
  const std::uint32_t count = index_->parser->n_structural_indexes;
  const std::uint32_t* const structure = index_->parser->structural_indexes.get();
  const char* const text = text_.data();
  std::uint32_t* const last = last_.get();

  auto at = [&](std::uint32_t i) { return i < count ? text[structure[i]] : '\0'; };
  auto syntax = [&](std::uint32_t token, const char* what) {
    std::size_t offset = token < count ? structure[token] : text_.size();
    return fail(EventError::Code::kSyntax, offset,
                fmt::format("not valid JSON at byte {}: {}", offset,
                            token < count ? what : "the text ends too early"));
  };

  auto keep = [&](std::uint32_t token) { offsets_[count_++] = structure[token]; };
  auto end = [&] {
    offsets_[count_] = static_cast<std::uint32_t>(text_.size());
    return true;
  };

  std::uint32_t token = 0;
  std::uint32_t open = 0;  // among the tokens that stay; its entry holds the one around it
  std::size_t depth = 0;
  bool in_object = false;
  char c;

value:
  c = at(token);
  if (c == '"') {
    // Its bytes end with a quote: whatever else followed it would be a token of its own.
    last[count_] = count_;
    keep(token++);
    goto after_value;
  }
  if (c == '{' || c == '[') {
    if (depth == limits.event_depth) {
      return fail(EventError::Code::kTooDeep, structure[token],
                  fmt::format("nesting deeper than {}", limits.event_depth));
    }
    last[count_] = open;
    open = count_;
    ++depth;
    keep(token++);
    in_object = c == '{';
    if (at(token) == (in_object ? '}' : ']')) goto close;
    if (in_object) goto key;
    goto value;
  }
  if (c == '}' || c == ']' || c == ',' || c == ':' || c == '\0') {
    return syntax(token, "a value is missing here");
  }
  {
    std::size_t begin = structure[token];
    std::size_t end_of_token = token + 1 < count ? structure[token + 1] : text_.size();
    std::size_t length = scalar_length(text_.substr(begin, end_of_token - begin));
    const char* end_of_value = text + begin + length;
    bool is_whole = skip_space(end_of_value, text + end_of_token) == text + end_of_token;
    if (length == 0 || !is_whole) return syntax(token, "no JSON value");
  }
  last[count_] = count_;
  keep(token++);
  goto after_value;

key:
  if (at(token) != '"') return syntax(token, "a key in double quotes is missing here");
  if (at(token + 1) != ':') return syntax(token + 1, "a colon is missing after the key");
  keep(token);
  token += 2;
  goto value;

after_value:
  if (depth == 0) return token == count ? end() : syntax(token, "text after the value");
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

close:
  open = std::exchange(last[open], count_);
  keep(token++);
  --depth;
  if (depth > 0) in_object = text[offsets_[open]] == '{';
  goto after_value;
}

bool EventDocument::is_key(std::uint32_t token) const {
  const char* at = text_.data() + offsets_[token + 1] - 1;
  while (is_space(*at)) --at;
  return *at == ':';
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

  /// True where `value` is final. `key`: any string token, as the keys of an ObjectView may be
  /// elements of a list.
  bool offer(const EventDocument& document, std::uint32_t key, EventValue value) {
    std::string_view name = document.key_text(key);
    if (document.has_escapes()) name = document.value(key).string(scratch_);
    if (name.size() != key_.size()) return false;
    if (same_bytes(name.data(), key_.data(), name.size())) {
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
  if (!is_object()) return {};
  const std::uint32_t last = document_->closing(token_);
  for (std::uint32_t member = token_ + 1; member < last; member = document_->after(member + 1)) {
    if (search.offer(*document_, member, document_->value(member + 1))) break;
  }
  return search.found();
}

EventValue EventValue::find(std::initializer_list<std::string_view> path) const {
  EventValue value = *this;
  for (std::string_view key : path) value = value.find(key);
  return value;
}

bool EventValue::is_on_one_line() const {
  if (document_ == nullptr || document_->is_one_line_ || is_scalar()) return true;
  std::string_view bytes = raw();
  return bytes.find('\n') == std::string_view::npos && bytes.find('\r') == std::string_view::npos;
}

void EventValue::append_compact(std::string& out) const {
  std::string_view bytes = raw();
  if (is_on_one_line()) {
    out += bytes;
    return;
  }
  // Between the tokens there are only marks and white space.
  auto append_gap = [&](const char* at, const char* end) {
    for (; at < end; ++at) {
      if (!is_space(*at)) out += *at;
    }
  };
  std::uint32_t last = document_->after(token_);
  for (std::uint32_t token = token_; token < last; ++token) {
    char c = document_->token_char(token);
    bool is_bracket = c == '{' || c == '[' || is_closing(c);
    std::string_view whole = is_bracket
                                 ? document_->text().substr(document_->token_offset(token), 1)
                                 : document_->scalar(token);
    out += whole;
    if (token + 1 < last) {
      append_gap(whole.data() + whole.size(),
                 document_->text().data() + document_->token_offset(token + 1));
    }
  }
}

EventValue ObjectView::find(std::string_view key) const {
  if (whole) return whole.find(key);
  KeySearch search(key);
  for (const EventMember& member : members) {
    if (search.offer(*member.key.document(), member.key.token(), member.value)) break;
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
