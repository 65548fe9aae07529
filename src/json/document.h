/// Documents that people write: policies, patterns, scopes, account contexts. Read into a tree that
/// remembers where everything stood, so that a diagnostic can point at it. The tokens are those of
/// an EventDocument; of a text that is no JSON, RapidJSON says what is wrong, and where.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "json/kind.h"

namespace semper::json {

struct Member;

/// Views and spans point into the Document.
struct Value {
  Kind kind = Kind::kNull;
  bool boolean = false;
  std::uint32_t begin = 0;  ///< first byte in the text
  std::uint32_t end = 0;    ///< one past the last
  std::string_view text;    ///< a string, decoded; a number's literal, digit by digit

  std::span<const Value> elements() const;  ///< empty unless an array
  std::span<const Member> members() const;  ///< empty unless an object; repeated keys are kept
  /// The first member with exactly this key, or nullptr.
  const Value* find(std::string_view key) const;
  /// The same, keys equal in ASCII without regard to case.
  const Value* find_ignore_case(std::string_view key) const;

  bool is_string() const { return kind == Kind::kString; }
  bool is_number() const { return kind == Kind::kNumber; }
  bool is_bool() const { return kind == Kind::kBool; }
  bool is_array() const { return kind == Kind::kArray; }
  bool is_object() const { return kind == Kind::kObject; }
  bool is_scalar() const { return !is_array() && !is_object(); }

  const void* children = nullptr;
  std::uint32_t count = 0;
};

struct Member {
  std::string_view key;  ///< decoded
  std::uint32_t key_begin = 0;
  Value value;
};

inline std::span<const Value> Value::elements() const {
  return kind == Kind::kArray ? std::span(static_cast<const Value*>(children), count)
                              : std::span<const Value>();
}

inline std::span<const Member> Value::members() const {
  return kind == Kind::kObject ? std::span(static_cast<const Member*>(children), count)
                               : std::span<const Member>();
}

/// Why a text is no document.
struct ParseError {
  enum class Code : std::uint8_t {
    kNone,
    kSyntax,
    kInvalidUtf8,
    kInvalidUnicode,
    kTooDeep,
    kTooLarge
  };
  Code code = Code::kNone;
  std::size_t offset = 0;
  std::string message;
};

/// Line and column (both from 1, the column in bytes).
struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};
Position position_of(std::string_view text, std::size_t offset);

/// Appends one token of a JSON Pointer, with its slash: `a/b` gives `/a~1b`.
void append_pointer_token(std::string& pointer, std::string_view key);

struct ParseOptions {
  std::size_t max_bytes = Limits{}.policy_bytes;
  std::size_t max_depth = Limits{}.pattern_depth;
  /// A lone surrogate escape: an error (what people write), or U+FFFD (what machines send).
  bool replace_lone_surrogates = false;
};

/// Owns the text and the tree.
class Document {
 public:
  /// The whole text is checked and copied. Returns false, fills `error` and leaves the document
  /// empty where it is no JSON. What `document` held is gone, its memory is used again.
  static bool parse(std::string_view text, const ParseOptions& options, Document& document,
                    ParseError& error);

  Document();
  ~Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;

  const Value& root() const;
  std::string_view text() const;
  /// The JSON Pointer of the innermost key or value that holds the byte at `offset`.
  std::string pointer_at(std::size_t offset) const;

 private:
  struct Storage;
  std::unique_ptr<Storage> storage_;
};

}  // namespace semper::json
