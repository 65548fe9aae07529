/// The event document: read-only, for the hot path.
///
/// Two passes, nothing copied or converted: one finds the tokens 64 bytes at a time (`tokens.h`),
/// the other checks the grammar and links each bracket to its partner. They only know valid events;
/// whatever they do not take, and everything where the processor lacks AVX2, goes through
/// simdjson's structural index and a slower check that says what is wrong. A value is a range of
/// the input's own bytes, so a number keeps its digits, and a record can be spliced from what came
/// in. Why not simdjson's own tree: it refuses integers beyond 64 bits and lone surrogates, and
/// forgets where a value stood (docs/decisions.md).
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "json/kind.h"

namespace semper::json {

class EventDocument;

/// A handle to one value of an EventDocument: two words, copied freely, valid until the document is
/// parsed anew or destroyed, or the bytes it was parsed from change. A default-made one is "no
/// value": false in a condition, of kind null, empty in every other respect.
class EventValue {
 public:
  class Member;
  class MemberRange;
  class ElementRange;

  EventValue() = default;
  explicit operator bool() const { return document_ != nullptr; }

  Kind kind() const;
  bool is_object() const { return starts_with('{'); }
  bool is_array() const { return starts_with('['); }
  bool is_string() const { return starts_with('"'); }
  bool is_number() const { return document_ != nullptr && kind() == Kind::kNumber; }
  bool is_scalar() const { return !is_object() && !is_array(); }
  bool boolean() const;

  /// The value's bytes as they came, quotes and brackets included.
  std::string_view raw() const;
  /// A string: the bytes between its quotes, escapes as written. Else as `raw`.
  std::string_view text() const;
  /// Whether `text` holds an escape.
  bool escaped() const;
  /// A string with its escapes decoded (a lone surrogate becomes U+FFFD): a view into the input
  /// where nothing is escaped, else into `scratch`, which is overwritten.
  std::string_view string(std::string& scratch) const;

  /// The members of an object, in order, repeated ones too; empty for any other kind.
  MemberRange members() const;
  /// The elements of an array; empty for any other kind.
  ElementRange elements() const;
  /// The first member with exactly this key, else the first whose key is equal in ASCII without
  /// regard to case, else no value.
  EventValue find(std::string_view key) const;
  /// `find` along a path.
  EventValue find(std::initializer_list<std::string_view> path) const;

  /// Whether `raw` has no line break.
  bool is_on_one_line() const;
  /// Appends the value's bytes without the white space between tokens where they are not on one
  /// line, else as they are.
  void append_compact(std::string& out) const;

  /// Position in the document's token list; what compiled programs walk.
  std::uint32_t token() const { return token_; }
  const EventDocument* document() const { return document_; }

 private:
  friend class EventDocument;
  EventValue(const EventDocument* document, std::uint32_t token)
      : document_(document), token_(token) {}

  bool starts_with(char c) const;

  const EventDocument* document_ = nullptr;
  std::uint32_t token_ = 0;
};

/// Why a text is no event, and where.
struct EventError {
  enum class Code : std::uint8_t { kNone, kSyntax, kInvalidUtf8, kTooDeep, kTooLarge };
  Code code = Code::kNone;
  std::size_t offset = 0;
  std::string message;

  /// The SPEC's name: event_json_syntax, invalid_utf8, event_too_deep, event_too_large.
  std::string_view name() const;
};

/// Parses one text after another, reusing its buffers: no allocation once they are large enough.
/// Not for use by two threads at once.
class EventDocument {
 public:
  EventDocument();
  ~EventDocument();
  EventDocument(EventDocument&&) noexcept;
  EventDocument& operator=(EventDocument&&) noexcept;

  /// The whole text is checked. `text` is not copied and must outlive the values; it needs no
  /// padding. On failure there is no root and `error` says why.
  bool parse(std::string_view text, const Limits& limits = {});
  EventValue root() const;
  const EventError& error() const { return error_; }
  std::string_view text() const { return text_; }

  // For code that walks the tokens itself. Token i begins at byte token_offset(i); the tokens of an
  // object are {, key, value, key, value, …, }: colons and commas are none. The token after a value
  // v is after(v).
  std::uint32_t token_offset(std::uint32_t token) const { return offsets_[token]; }
  char token_char(std::uint32_t token) const { return text_[offsets_[token]]; }
  std::uint32_t after(std::uint32_t value) const { return last_[value] + 1; }
  /// The token of the bracket that closes the container at `token`.
  std::uint32_t closing(std::uint32_t token) const { return last_[token]; }
  /// The bytes of a scalar token, quotes included.
  std::string_view scalar(std::uint32_t token) const {
    std::size_t begin = offsets_[token];
    std::size_t end = offsets_[token + 1];
    while (is_between(text_[end - 1])) --end;
    return {text_.data() + begin, end - begin};
  }
  /// The bytes between the quotes of a string token (up to the next token only white space, a colon
  /// or a comma stand behind the second).
  std::string_view string_text(std::uint32_t token) const {
    std::size_t begin = offsets_[token] + 1;
    std::size_t end = offsets_[token + 1] - 1;
    while (text_[end] != '"') --end;
    return {text_.data() + begin, end - begin};
  }
  /// The bytes of a member's key, `key` being a string token.
  std::string_view key_text(std::uint32_t key) const {
    const char* begin = text_.data() + offsets_[key] + 1;
    const char* value = text_.data() + offsets_[key + 1];
    constexpr auto kEnd = std::bit_cast<std::uint16_t>(std::array{'"', ':'});
    std::uint16_t before = 0;
    std::memcpy(&before, value - sizeof before, sizeof before);
    if (before != kEnd) return string_text(key);
    return {begin, static_cast<std::size_t>(value - 2 - begin)};
  }
  /// Whether a string token is the key of a member.
  bool is_key(std::uint32_t token) const;
  EventValue value(std::uint32_t token) const { return EventValue(this, token); }
  /// False: no string of the document holds an escape.
  bool has_escapes() const { return has_escapes_; }
  bool is_ascii() const { return is_ascii_; }

 private:
  friend class EventValue;
  struct Index;  // simdjson's part

  /// What may stand between two tokens.
  static bool is_between(char c) {
    return c == ',' || c == ':' || c == ' ' || c == '\n' || c == '\r' || c == '\t';
  }
  bool fail(EventError::Code code, std::size_t offset, std::string message);
  void make_room(std::size_t size);
  bool read_valid(const Limits& limits);
  bool link_valid(std::size_t deepest);
  bool read_any(const Limits& limits);
  bool check_escapes();
  bool check_grammar(const Limits& limits);

  std::unique_ptr<Index> index_;
  std::string_view text_;
  std::unique_ptr<std::uint32_t[]> offsets_;  ///< of the tokens, then the text's size
  /// By token that begins a value, its last one: of a container the closing bracket, else itself.
  std::unique_ptr<std::uint32_t[]> last_;
  std::size_t room_ = 0;  ///< bytes of text that both have room for
  std::uint32_t count_ = 0;
  bool has_escapes_ = false;
  bool is_ascii_ = false;
  bool is_one_line_ = false;  ///< certainly; false may be true
  EventError error_;
};

class EventValue::Member {
 public:
  Member(const EventDocument* document, std::uint32_t key) : document_(document), key_(key) {}
  /// The key as a string value (`text`, `escaped` and `string` serve).
  EventValue key() const { return document_->value(key_); }
  EventValue value() const { return document_->value(key_ + 1); }

 private:
  const EventDocument* document_;
  std::uint32_t key_;
};

class EventValue::MemberRange {
 public:
  class Iterator {
   public:
    Iterator(const EventDocument* document, std::uint32_t key) : document_(document), key_(key) {}
    Member operator*() const { return Member(document_, key_); }
    Iterator& operator++() {
      key_ = document_->after(key_ + 1);
      return *this;
    }
    bool operator!=(const Iterator& other) const { return key_ != other.key_; }

   private:
    const EventDocument* document_;
    std::uint32_t key_;
  };
  MemberRange(const EventDocument* document, std::uint32_t first, std::uint32_t last)
      : document_(document), first_(first), last_(last) {}
  Iterator begin() const { return Iterator(document_, first_); }
  Iterator end() const { return Iterator(document_, last_); }

 private:
  const EventDocument* document_;
  std::uint32_t first_;
  std::uint32_t last_;
};

class EventValue::ElementRange {
 public:
  class Iterator {
   public:
    Iterator(const EventDocument* document, std::uint32_t token)
        : document_(document), token_(token) {}
    EventValue operator*() const { return document_->value(token_); }
    Iterator& operator++() {
      token_ = document_->after(token_);
      return *this;
    }
    bool operator!=(const Iterator& other) const { return token_ != other.token_; }

   private:
    const EventDocument* document_;
    std::uint32_t token_;
  };
  ElementRange(const EventDocument* document, std::uint32_t first, std::uint32_t last)
      : document_(document), first_(first), last_(last) {}
  Iterator begin() const { return Iterator(document_, first_); }
  Iterator end() const { return Iterator(document_, last_); }
  bool empty() const { return first_ == last_; }

 private:
  const EventDocument* document_;
  std::uint32_t first_;
  std::uint32_t last_;
};

inline bool EventValue::starts_with(char c) const {
  return document_ != nullptr && document_->token_char(token_) == c;
}

inline Kind EventValue::kind() const {
  if (document_ == nullptr) return Kind::kNull;
  switch (document_->token_char(token_)) {
    case '{':
      return Kind::kObject;
    case '[':
      return Kind::kArray;
    case '"':
      return Kind::kString;
    case 't':
    case 'f':
      return Kind::kBool;
    case 'n':
      return Kind::kNull;
    default:
      return Kind::kNumber;
  }
}

inline bool EventValue::boolean() const {
  return document_ != nullptr && document_->token_char(token_) == 't';
}

inline std::string_view EventValue::raw() const {
  if (document_ == nullptr) return {};
  char first = document_->token_char(token_);
  if (first != '{' && first != '[') return document_->scalar(token_);
  std::size_t begin = document_->token_offset(token_);
  std::size_t last = document_->token_offset(document_->closing(token_));
  return {document_->text().data() + begin, last + 1 - begin};
}
inline std::string_view EventValue::text() const {
  return is_string() ? document_->string_text(token_) : raw();
}
inline bool EventValue::escaped() const {
  return document_ != nullptr && document_->has_escapes() &&
         text().find('\\') != std::string_view::npos;
}

inline EventValue::MemberRange EventValue::members() const {
  if (!is_object()) return MemberRange(document_, 0, 0);
  std::uint32_t last = document_->closing(token_);
  return MemberRange(document_, token_ + 1, last);
}

inline EventValue::ElementRange EventValue::elements() const {
  if (!is_array()) return ElementRange(document_, 0, 0);
  std::uint32_t last = document_->closing(token_);
  return ElementRange(document_, token_ + 1, last);
}

/// One member of an object that is put together from several documents.
struct EventMember {
  EventValue key;
  EventValue value;
};

/// An object as policies see it: a value of one document, or members from several (the envelope of
/// one text around the finding of another; one finding of a list in place of the list).
struct ObjectView {
  EventValue whole;                      ///< set: this object, and `members` is empty
  std::span<const EventMember> members;  ///< else these, in order

  EventValue find(std::string_view key) const;
  void append_compact(std::string& out) const;
};

}  // namespace semper::json
