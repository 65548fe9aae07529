/// From a stream of bytes to JSON documents: NDJSON, pretty-printed and concatenated documents,
/// lists,
/// `{"Records": […]}` files, in bounded memory and linear time. docs/cli.md says which bytes make a
/// document, and what happens to those that make none.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "cli/scanner.h"

namespace semper::cli {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Up to `size` bytes; 0 at the end (also after an error, which the source keeps).
  virtual std::size_t read(char* to, std::size_t size) = 0;
};

/// Takes what the splitter finds. Views are valid during the call.
class DocumentSink {
 public:
  virtual ~DocumentSink() = default;
  /// Bytes that may be one document. False: they are no JSON, and nothing has been done with them.
  virtual bool try_document(std::string_view text) = 0;
  /// One document, or bytes that are none and belong together.
  virtual void document(std::string_view text) = 0;
  /// A document larger than the limit, in pieces.
  virtual void begin_oversize() = 0;
  virtual void oversize_piece(std::string_view bytes) = 0;
  virtual void end_oversize() = 0;
  /// True: nothing more is wanted.
  virtual bool done() const = 0;
};

struct SplitOptions {
  std::size_t limit = Limits{}.event_bytes;
  /// Elements of top-level lists and of `Records`, `Findings`, `findings` are documents; several
  /// documents may share a line; a byte order mark is skipped. Else each event stands by itself.
  bool unwrap = true;
};

/// Offsets in its members count from the first byte that has not been consumed.
class Splitter {
 public:
  Splitter(ByteSource& source, DocumentSink& sink, const SplitOptions& options = {});

  /// Until the source ends or the sink is done.
  void run();
  /// The input ended in a list whose elements have been delivered.
  bool unclosed_list() const { return unclosed_list_; }

 private:
  static constexpr int kEof = -1;

  std::string_view text() const { return {buffer_.get() + begin_, end_ - begin_}; }
  void consume(std::size_t bytes);
  /// Reads more behind `text()`; false at the end of the input.
  bool fill();
  int peek(std::size_t at);
  /// Offset behind white space, of which not more than a chunk is looked at.
  std::size_t skip_space(std::size_t at);
  /// Offset of the next newline or the end of the input; or more than `bound`.
  std::size_t line_end(std::size_t from, std::size_t bound);
  /// Consumes blanks (in a list commas, too); false at the end of the input.
  bool skip_blanks();

  bool try_line();
  bool try_envelope();
  void document();
  void after_document(std::size_t size);
  void line_document(std::size_t from);
  void list(std::size_t opening);
  void scalar_element();
  void envelope_tail(const std::string& envelope);
  /// Length of `[` or `{"Records": [` where an object follows; 0: it is something else.
  std::size_t list_opening();

  /// Runs the scanner until it has a result or the input ends (`kMore`), spilling what is too
  /// large.
  Scanner::Result scan();
  void spill(std::size_t bytes);
  void hand_over(std::string_view bytes);
  /// Hands over and consumes `size` bytes: a document, or the end of one that is being spilled.
  void deliver(std::size_t size);
  void note_indent();

  void cut(Scanner::Result result);
  void recover(std::size_t size);
  void join_lines(std::size_t size);
  bool begins_document(std::string_view line) const;

  ByteSource& source_;
  DocumentSink& sink_;
  SplitOptions options_;

  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool eof_ = false;
  bool after_newline_ = false;  ///< the last byte consumed was one

  Scanner scanner_;
  bool line_start_ = true;  ///< only blanks precede `text()` on its line
  std::size_t indent_ = 0;  ///< blanks that the line begins with
  bool in_list_ = false;
  bool spilling_ = false;      ///< the document at hand is oversize
  bool line_spilled_ = false;  ///< the start of the scanner's line has been spilled
  bool unclosed_list_ = false;
};

}  // namespace semper::cli
