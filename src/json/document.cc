#include "json/document.h"

#include <fmt/format.h>
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include "base/arena.h"
#include "base/text.h"
#include "json/event.h"
#include "json/scan.h"

namespace semper::json {
namespace {

/// What RapidJSON reads from. Its own MemoryStream would do, but hides the end behind a NUL that
/// the text may hold too.
class TextStream {
 public:
  using Ch = char;
  explicit TextStream(std::string_view text) : text_(text) {}
  Ch Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  Ch Take() { return at_ < text_.size() ? text_[at_++] : '\0'; }
  std::size_t Tell() const { return at_; }
  Ch* PutBegin() { return nullptr; }
  void Put(Ch) {}
  std::size_t PutEnd(Ch*) { return 0; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

bool is_between_tokens(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == ':';
}

std::string_view number_at(std::string_view text, std::size_t begin) {
  std::size_t end = text.find_first_not_of("0123456789+-.eE", begin);
  return text.substr(begin, end == std::string_view::npos ? end : end - begin);
}

/// RapidJSON refuses numbers beyond a double even where it hands them on as text. Where it met one,
/// it is shown a 0 and blanks in place of those that might be.
std::string mask_large_numbers(std::string_view text) {
  constexpr std::size_t kAlwaysFits = 300;
  std::string masked(text);
  for (std::size_t i = 0; i < text.size();) {
    char c = text[i];
    if (c == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i) {
        if (text[i] == '\\') ++i;
      }
      ++i;
    } else if (c == '-' || (c >= '0' && c <= '9')) {
      std::string_view literal = number_at(text, i);
      bool large =
          literal.size() > kAlwaysFits || literal.find_first_of("eE") != std::string_view::npos;
      if (large && scalar_length(literal) == literal.size()) {
        masked.replace(i, literal.size(), literal.size(), ' ');
        masked[i] = '0';
      }
      i += literal.size();
    } else {
      ++i;
    }
  }
  return masked;
}

/// Looks for what RapidJSON does not: nesting that is too deep, lone surrogates.
class Checker {
 public:
  Checker(std::string_view text, const TextStream& stream, std::size_t max_depth)
      : text_(text), stream_(stream), max_depth_(max_depth) {}

  bool Null() { return token(); }
  bool Bool(bool) { return token(); }
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return token(); }
  bool String(const char* data, rapidjson::SizeType size, bool) {
    // RapidJSON writes a lone low surrogate as three bytes that are no UTF-8.
    if (find_invalid_utf8({data, size}) != std::string_view::npos) {
      return fail(ParseError::Code::kInvalidUnicode);
    }
    return token();
  }
  bool Key(const char* data, rapidjson::SizeType size, bool copy) {
    return String(data, size, copy);
  }
  bool StartObject() { return open(); }
  bool StartArray() { return open(); }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool EndArray(rapidjson::SizeType) { return close(); }

  ParseError::Code failure() const { return failure_; }
  std::size_t failure_offset() const { return failure_offset_; }

 private:
  /// RapidJSON tells where a token ended only; it began after the white space and punctuation that
  /// followed the one before.
  std::size_t next_token() const {
    std::size_t at = last_end_;
    while (at < text_.size() && is_between_tokens(text_[at])) ++at;
    return at;
  }
  bool fail(ParseError::Code code) {
    failure_ = code;
    failure_offset_ = next_token();
    return false;
  }
  bool token() {
    last_end_ = stream_.Tell();
    return true;
  }
  bool open() {
    if (depth_ == max_depth_) return fail(ParseError::Code::kTooDeep);
    ++depth_;
    last_end_ = next_token() + 1;
    return true;
  }
  bool close() {
    --depth_;
    last_end_ = next_token() + 1;
    return true;
  }

  std::string_view text_;
  const TextStream& stream_;
  std::size_t max_depth_;
  std::size_t depth_ = 0;
  std::size_t last_end_ = 0;
  ParseError::Code failure_ = ParseError::Code::kNone;
  std::size_t failure_offset_ = 0;
};

/// The next \u escape from `from` on that is one half of a surrogate pair without the other; npos
/// where there is none.
std::size_t find_lone_surrogate(std::string_view text, std::size_t from) {
  for (std::size_t i = text.find('\\', from); i != std::string_view::npos; i = text.find('\\', i)) {
    std::string_view rest = text.substr(i);
    std::size_t length = escape_length(rest);
    if (length == 6) {
      char32_t unit = hex4(rest.substr(2));
      bool pair = is_high_surrogate(unit) && rest.size() >= 12 && rest[6] == '\\' &&
                  rest[7] == 'u' && is_low_surrogate(hex4(rest.substr(8)));
      if (!pair && (is_high_surrogate(unit) || is_low_surrogate(unit))) return i;
      if (pair) length = 12;
    }
    i += std::max<std::size_t>(length, 1);
  }
  return std::string_view::npos;
}

/// Overwrites each lone surrogate escape by \ufffd, which is as long.
void replace_lone_surrogates(std::string& text) {
  for (std::size_t i = find_lone_surrogate(text, 0); i != std::string::npos;
       i = find_lone_surrogate(text, i)) {
    text.replace(i, 6, "\\ufffd");
  }
}

const char* syntax_message(rapidjson::ParseErrorCode code) {
  return code == rapidjson::kParseErrorNone ? "text after the value"
                                            : rapidjson::GetParseError_En(code);
}

/// Why a text is no document: the first problem in its order. kNone where RapidJSON finds none.
ParseError problem_of(std::string_view text, const ParseOptions& options) {
  rapidjson::Reader reader;
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;
  TextStream stream(text);
  std::optional<Checker> checker(std::in_place, text, stream, options.max_depth);
  reader.Parse<kFlags>(stream, *checker);
  std::string masked;
  if (reader.GetParseErrorCode() == rapidjson::kParseErrorNumberTooBig) {
    masked = mask_large_numbers(text);
    stream = TextStream(masked);
    checker.emplace(masked, stream, options.max_depth);
    reader.Parse<kFlags>(stream, *checker);
  }
  // RapidJSON takes a NUL for the end of the text.
  while (!reader.HasParseError() && stream.Tell() < text.size() &&
         std::memchr(" \t\r\n", text[stream.Tell()], 4) != nullptr) {
    stream.Take();
  }
  if (checker->failure() == ParseError::Code::kTooDeep) {
    return {checker->failure(), checker->failure_offset(),
            fmt::format("nesting deeper than {}", options.max_depth)};
  }
  if (checker->failure() == ParseError::Code::kInvalidUnicode ||
      reader.GetParseErrorCode() == rapidjson::kParseErrorStringUnicodeSurrogateInvalid) {
    std::size_t offset = checker->failure() == ParseError::Code::kInvalidUnicode
                             ? checker->failure_offset()
                             : reader.GetErrorOffset();
    return {ParseError::Code::kInvalidUnicode, offset, "lone surrogate escape"};
  }
  if (reader.HasParseError() || stream.Tell() < text.size()) {
    std::size_t offset = reader.HasParseError() ? reader.GetErrorOffset() : stream.Tell();
    return {ParseError::Code::kSyntax, offset,
            fmt::format("not valid JSON at byte {}: {}", offset,
                        syntax_message(reader.GetParseErrorCode()))};
  }
  return {};
}

/// Builds the tree from the tokens of a text that is JSON. Children stand side by side.
class Builder {
 public:
  Builder(const EventDocument& tokens, Arena& arena) : tokens_(tokens), arena_(arena) {}

  /// The recursion is as deep as the text; `parse` has bounded that.
  void build(std::uint32_t token, Value& value) {
    value.begin = tokens_.token_offset(token);
    switch (tokens_.token_char(token)) {
      case '{':
        value.kind = Kind::kObject;
        members(token, value);
        value.end = tokens_.token_offset(tokens_.closing(token)) + 1;
        break;
      case '[':
        value.kind = Kind::kArray;
        elements(token, value);
        value.end = tokens_.token_offset(tokens_.closing(token)) + 1;
        break;
      case '"': {
        value.kind = Kind::kString;
        std::string_view written = tokens_.string_text(token);
        value.end = value.begin + static_cast<std::uint32_t>(written.size()) + 2;
        value.text = decoded(token, written);
        break;
      }
      case 't':
      case 'f':
        value.kind = Kind::kBool;
        value.boolean = tokens_.token_char(token) == 't';
        value.end = value.begin + (value.boolean ? 4 : 5);
        break;
      case 'n':
        value.kind = Kind::kNull;
        value.end = value.begin + 4;
        break;
      default:
        value.kind = Kind::kNumber;
        value.text = tokens_.scalar(token);
        value.end = value.begin + static_cast<std::uint32_t>(value.text.size());
    }
  }

 private:
  std::string_view decoded(std::uint32_t token, std::string_view written) {
    if (!tokens_.has_escapes() || written.find('\\') == std::string_view::npos) return written;
    return arena_.copy(tokens_.value(token).string(scratch_));
  }

  /// `use(token)` for every key (step 1) or element (step 0) of the container.
  template <class F>
  void each_child(std::uint32_t container, std::uint32_t step, F&& use) const {
    std::uint32_t last = tokens_.closing(container);
    for (std::uint32_t at = container + 1; at < last;) {
      use(at);
      at = tokens_.after(at + step);
    }
  }
  std::uint32_t count_children(std::uint32_t container, std::uint32_t step) const {
    std::uint32_t count = 0;
    each_child(container, step, [&](std::uint32_t) { ++count; });
    return count;
  }

  void members(std::uint32_t token, Value& value) {
    value.count = count_children(token, 1);
    Member* member = arena_.array<Member>(value.count).data();
    value.children = member;
    each_child(token, 1, [&](std::uint32_t key) {
      member->key_begin = tokens_.token_offset(key);
      member->key = decoded(key, tokens_.string_text(key));
      build(key + 1, member->value);
      ++member;
    });
  }

  void elements(std::uint32_t token, Value& value) {
    value.count = count_children(token, 0);
    Value* element = arena_.array<Value>(value.count).data();
    value.children = element;
    each_child(token, 0, [&](std::uint32_t at) { build(at, *element++); });
  }

  const EventDocument& tokens_;
  Arena& arena_;
  std::string scratch_;
};

}  // namespace

struct Document::Storage {
  std::string text;
  EventDocument tokens;
  Arena arena;
  Value root;
};

Document::Document() = default;
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;

bool Document::parse(std::string_view text, const ParseOptions& options, Document& document,
                     ParseError& error) {
  if (!document.storage_) document.storage_ = std::make_unique<Storage>();
  Storage& storage = *document.storage_;
  storage.root = Value();
  storage.text.clear();
  if (text.size() > options.max_bytes) {
    error = {ParseError::Code::kTooLarge, options.max_bytes,
             fmt::format("{} bytes, the limit is {}", text.size(), options.max_bytes)};
    return false;
  }
  storage.text = text;
  if (options.replace_lone_surrogates) replace_lone_surrogates(storage.text);
  Limits limits;
  limits.event_bytes = options.max_bytes;
  limits.event_depth = options.max_depth;
  const EventDocument& tokens = storage.tokens;
  bool is_sound =
      storage.tokens.parse(storage.text, limits) &&
      !(tokens.has_escapes() && find_lone_surrogate(storage.text, 0) != std::string_view::npos);
  if (!is_sound) {
    const EventError& refusal = tokens.error();
    if (refusal.code == EventError::Code::kInvalidUtf8) {
      error = {ParseError::Code::kInvalidUtf8, refusal.offset, refusal.message};
    } else {
      error = problem_of(storage.text, options);
    }
    if (error.code == ParseError::Code::kNone) {
      error = {ParseError::Code::kSyntax, refusal.offset, refusal.message};
    }
    storage.text.clear();
    return false;
  }
  storage.arena.reset();
  Builder(tokens, storage.arena).build(0, storage.root);
  return true;
}

const Value& Document::root() const {
  static const Value kNone;
  return storage_ ? storage_->root : kNone;
}

std::string_view Document::text() const {
  return storage_ ? std::string_view(storage_->text) : std::string_view();
}

const Value* Value::find(std::string_view key) const {
  for (const Member& member : members()) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

const Value* Value::find_ignore_case(std::string_view key) const {
  for (const Member& member : members()) {
    if (equals_ignore_ascii_case(member.key, key)) return &member.value;
  }
  return nullptr;
}

Position position_of(std::string_view text, std::size_t offset) {
  std::string_view before = text.substr(0, std::min(offset, text.size()));
  auto line = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n'));
  std::size_t last = before.rfind('\n');
  std::size_t start = last == std::string_view::npos ? 0 : last + 1;
  return {line + 1, static_cast<std::uint32_t>(before.size() - start + 1)};
}

void append_pointer_token(std::string& pointer, std::string_view key) {
  pointer += '/';
  for (char c : key) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
}

std::string Document::pointer_at(std::size_t offset) const {
  std::string pointer;
  const Value* value = &root();
  while (value != nullptr) {
    const Value* next = nullptr;
    for (const Member& member : value->members()) {
      if (offset >= member.key_begin && offset < member.value.end) {
        append_pointer_token(pointer, member.key);
        next = offset >= member.value.begin ? &member.value : nullptr;
        break;
      }
    }
    std::span<const Value> elements = value->elements();
    for (std::size_t i = 0; i < elements.size(); ++i) {
      if (offset >= elements[i].begin && offset < elements[i].end) {
        append_pointer_token(pointer, std::to_string(i));
        next = &elements[i];
        break;
      }
    }
    value = next;
  }
  return pointer;
}

}  // namespace semper::json
