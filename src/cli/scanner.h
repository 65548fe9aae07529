/// Finds the end of one JSON object or list in a stream, byte by byte, with no memory but a byte
/// per open bracket. It does not judge the JSON (the event parser does); it looks at the order of
/// tokens only to notice where a document was cut off and the next line begins another one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace semper::cli {

class Scanner {
 public:
  enum class Result {
    kMore,    ///< the text ends inside the document
    kEnd,     ///< `offset` is one past its last bracket
    kCut,     ///< the line that starts at `line` (> 0) cannot belong to it
    kCutHere  ///< the newline at `offset` cannot belong to it
  };

  /// The next text begins with a document's `{` or `[`.
  void start();
  /// The next text continues an object, after one of its values.
  void start_in_object();

  /// `text` is all of the document so far, from its first byte; goes on where the last call ended.
  Result scan(std::string_view text);

  std::size_t offset() const { return offset_; }
  /// Where the line of `offset` begins; 0 while it is the document's first line.
  std::size_t line() const { return line_; }
  /// The first `bytes` (<= offset) will no longer be part of the text.
  void forget(std::size_t bytes);

 private:
  enum class State : std::uint8_t {
    kFirstKey,    ///< after {
    kKey,         ///< after , in an object
    kColon,       ///< after a key
    kValue,       ///< after : or , in a list
    kFirstValue,  ///< after [
    kAfter,       ///< after a value
    kAny,         ///< tokens make no sense any more: only brackets are counted
  };
  enum class Inside : std::uint8_t { kNothing, kString, kEscape, kScalar };

  bool in_object() const { return objects_[depth_ - 1] != 0; }
  bool open(bool object);
  bool close(bool object);
  /// False: the token cannot stand here.
  bool token(char c);
  const char* skip_string(const char* at, const char* end);

  State state_ = State::kAny;
  Inside inside_ = Inside::kNothing;
  std::size_t depth_ = 0;
  std::vector<char> objects_;  ///< of each open bracket: whether it is a {
  std::size_t offset_ = 0;
  std::size_t line_ = 0;
  bool first_line_ = true;
};

}  // namespace semper::cli
