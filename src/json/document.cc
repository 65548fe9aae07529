#include "json/document.h"

#include <fmt/format.h>
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "base/arena.h"
#include "base/text.h"
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
/// it is shown a 0 and blanks in place of those that might be; the tree takes the literal from the
/// true text.
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
      if (large && is_scalar_literal(literal)) {
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

/// What a document holds, and what parsing it needs; kept for the next parse.
struct Memory {
  std::string text;
  Arena arena;
  std::vector<Value> open;
  std::vector<Member> pending;
  rapidjson::Reader reader;
};

/// Builds the tree from RapidJSON's events. Values are gathered on one stack and moved into the
/// arena, side by side, when their container closes.
class Builder {
 public:
  Builder(Memory& memory, const TextStream& stream, std::size_t max_depth)
      : text_(memory.text),
        stream_(stream),
        arena_(memory.arena),
        max_depth_(max_depth),
        open_(memory.open),
        pending_(memory.pending) {
    arena_.reset();
    open_.clear();
    pending_.clear();
  }

  bool Null() { return scalar(Kind::kNull, false, {}); }
  bool Bool(bool boolean) { return scalar(Kind::kBool, boolean, {}); }
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }
  bool RawNumber(const char*, rapidjson::SizeType, bool) {
    std::string_view literal = number_at(text_, next_token());
    return scalar(Kind::kNumber, false, literal);
  }
  bool String(const char* data, rapidjson::SizeType size, bool) {
    std::size_t begin = next_token();
    std::string_view decoded;
    return decode(begin, {data, size}, decoded) && scalar(Kind::kString, false, decoded);
  }
  bool Key(const char* data, rapidjson::SizeType size, bool) {
    std::size_t begin = next_token();
    std::string_view decoded;
    if (!decode(begin, {data, size}, decoded)) return false;
    last_end_ = stream_.Tell();
    pending_.push_back({decoded, static_cast<std::uint32_t>(begin), {}});
    return true;
  }
  bool StartObject() { return open(Kind::kObject); }
  bool StartArray() { return open(Kind::kArray); }
  bool EndObject(rapidjson::SizeType count) {
    auto* members = allocate<Member>(count);
    std::uninitialized_copy(pending_.end() - count, pending_.end(), members);
    pending_.resize(pending_.size() - count);
    return close(members, count);
  }
  bool EndArray(rapidjson::SizeType count) {
    auto* elements = allocate<Value>(count);
    for (std::size_t i = 0; i < count; ++i) {
      std::construct_at(elements + i, pending_[pending_.size() - count + i].value);
    }
    pending_.resize(pending_.size() - count);
    return close(elements, count);
  }

  const Value& root() const { return root_; }
  ParseError::Code failure() const { return failure_; }
  std::size_t failure_offset() const { return failure_offset_; }

 private:
  /// All that the arena holds is aligned as pointers are.
  template <class T>
  T* allocate(std::size_t count) {
    static_assert(alignof(T) <= alignof(void*) && std::is_trivially_destructible_v<T>);
    std::size_t size = count * sizeof(T);
    size = (size + alignof(void*) - 1) / alignof(void*) * alignof(void*);
    return reinterpret_cast<T*>(arena_.allocate(size));
  }

  /// RapidJSON tells where a token ended only; it began after the white space and punctuation that
  /// followed the one before.
  std::size_t next_token() const {
    std::size_t at = last_end_;
    while (at < text_.size() && is_between_tokens(text_[at])) ++at;
    return at;
  }

  bool decode(std::size_t begin, std::string_view decoded, std::string_view& result) {
    std::size_t end = stream_.Tell();
    std::string_view source = text_.substr(begin + 1, end - begin - 2);
    if (source.find('\\') == std::string_view::npos) {
      result = source;
      return true;
    }
    // RapidJSON writes a lone low surrogate as three bytes that are no UTF-8.
    if (find_invalid_utf8(decoded) != std::string_view::npos) {
      failure_ = ParseError::Code::kInvalidUnicode;
      failure_offset_ = begin;
      return false;
    }
    char* copy = allocate<char>(decoded.size());
    std::copy(decoded.begin(), decoded.end(), copy);
    result = {copy, decoded.size()};
    return true;
  }

  bool scalar(Kind kind, bool boolean, std::string_view text) {
    Value value;
    value.kind = kind;
    value.boolean = boolean;
    value.begin = static_cast<std::uint32_t>(next_token());
    value.end = kind == Kind::kNumber ? static_cast<std::uint32_t>(value.begin + text.size())
                                      : static_cast<std::uint32_t>(stream_.Tell());
    value.text = text;
    return add(value);
  }

  bool open(Kind kind) {
    std::size_t begin = next_token();
    if (open_.size() == max_depth_) {
      failure_ = ParseError::Code::kTooDeep;
      failure_offset_ = begin;
      return false;
    }
    Value value;
    value.kind = kind;
    value.begin = static_cast<std::uint32_t>(begin);
    open_.push_back(value);
    last_end_ = begin + 1;
    return true;
  }

  bool close(const void* children, std::size_t count) {
    Value value = open_.back();
    open_.pop_back();
    value.end = static_cast<std::uint32_t>(next_token() + 1);
    value.children = children;
    value.count = static_cast<std::uint32_t>(count);
    return add(value);
  }

  bool add(const Value& value) {
    last_end_ = value.end;
    if (open_.empty()) {
      root_ = value;
    } else if (open_.back().kind == Kind::kObject) {
      pending_.back().value = value;
    } else {
      pending_.push_back({{}, 0, value});
    }
    return true;
  }

  std::string_view text_;
  const TextStream& stream_;
  Arena& arena_;
  std::size_t max_depth_;
  std::size_t last_end_ = 0;
  std::vector<Value>& open_;
  std::vector<Member>& pending_;
  Value root_;
  ParseError::Code failure_ = ParseError::Code::kNone;
  std::size_t failure_offset_ = 0;
};

/// Overwrites each lone surrogate escape by \ufffd, which is as long.
void replace_lone_surrogates(std::string& text) {
  for (std::size_t i = text.find('\\'); i != std::string::npos; i = text.find('\\', i)) {
    std::string_view rest = std::string_view(text).substr(i);
    std::size_t length = escape_length(rest);
    if (length == 6) {
      char32_t unit = hex4(rest.substr(2));
      bool pair = is_high_surrogate(unit) && rest.size() >= 12 && rest[6] == '\\' &&
                  rest[7] == 'u' && is_low_surrogate(hex4(rest.substr(8)));
      if (pair) {
        length = 12;
      } else if (is_high_surrogate(unit) || is_low_surrogate(unit)) {
        text.replace(i, 6, "\\ufffd");
      }
    }
    i += std::max<std::size_t>(length, 1);
  }
}

const char* syntax_message(rapidjson::ParseErrorCode code) {
  return code == rapidjson::kParseErrorNone ? "text after the value"
                                            : rapidjson::GetParseError_En(code);
}

/// Fills `root` from `memory.text`.
bool build(Memory& memory, const ParseOptions& options, Value& root, ParseError& error) {
  std::string_view text = memory.text;
  rapidjson::Reader& reader = memory.reader;
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;
  TextStream stream(text);
  std::optional<Builder> builder(std::in_place, memory, stream, options.max_depth);
  reader.Parse<kFlags>(stream, *builder);
  std::string masked;
  if (reader.GetParseErrorCode() == rapidjson::kParseErrorNumberTooBig) {
    masked = mask_large_numbers(text);
    stream = TextStream(masked);
    builder.emplace(memory, stream, options.max_depth);
    reader.Parse<kFlags>(stream, *builder);
  }
  // RapidJSON takes a NUL for the end of the text.
  while (!reader.HasParseError() && stream.Tell() < text.size() &&
         std::memchr(" \t\r\n", text[stream.Tell()], 4) != nullptr) {
    stream.Take();
  }
  if (builder->failure() == ParseError::Code::kTooDeep) {
    error = {builder->failure(), builder->failure_offset(),
             fmt::format("nesting deeper than {}", options.max_depth)};
    return false;
  }
  if (builder->failure() == ParseError::Code::kInvalidUnicode ||
      reader.GetParseErrorCode() == rapidjson::kParseErrorStringUnicodeSurrogateInvalid) {
    std::size_t offset = builder->failure() == ParseError::Code::kInvalidUnicode
                             ? builder->failure_offset()
                             : reader.GetErrorOffset();
    error = {ParseError::Code::kInvalidUnicode, offset, "lone surrogate escape"};
    return false;
  }
  if (reader.HasParseError() || stream.Tell() < text.size()) {
    std::size_t offset = reader.HasParseError() ? reader.GetErrorOffset() : stream.Tell();
    error = {ParseError::Code::kSyntax, offset,
             fmt::format("not valid JSON at byte {}: {}", offset,
                         syntax_message(reader.GetParseErrorCode()))};
    return false;
  }
  root = builder->root();
  return true;
}

}  // namespace

struct Document::Storage : Memory {
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
  std::size_t invalid = find_invalid_utf8(text);
  if (invalid != std::string_view::npos) {
    error = {ParseError::Code::kInvalidUtf8, invalid,
             fmt::format("invalid UTF-8 at byte {}", invalid)};
    return false;
  }
  storage.text = text;
  if (options.replace_lone_surrogates) replace_lone_surrogates(storage.text);
  if (!build(storage, options, storage.root, error)) {
    storage.root = Value();
    storage.text.clear();
    return false;
  }
  return true;
}

const Value& Document::root() const {
  static const Value kNone;
  return storage_ ? storage_->root : kNone;
}

std::string_view Document::text() const {
  return storage_ ? std::string_view(storage_->text) : std::string_view();
}

std::span<const Value> Value::elements() const {
  return kind == Kind::kArray ? std::span(static_cast<const Value*>(children), count)
                              : std::span<const Value>();
}

std::span<const Member> Value::members() const {
  return kind == Kind::kObject ? std::span(static_cast<const Member*>(children), count)
                               : std::span<const Member>();
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
