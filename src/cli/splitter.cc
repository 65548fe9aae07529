#include "cli/splitter.h"

#include <algorithm>
#include <cstring>

namespace semper::cli {
namespace {

/// What is read at once, and the longest line that is tried as a whole.
constexpr std::size_t kChunk = std::size_t{1} << 20;

bool is_blank(int c) {
  return c == ' ' || c == '\t' || c == '\r';
}
bool opens_container(int c) {
  return c == '{' || c == '[';
}
bool closes_container(int c) {
  return c == '}' || c == ']';
}

std::string_view trim_end(std::string_view text) {
  while (!text.empty() && (is_blank(text.back()) || text.back() == '\n')) text.remove_suffix(1);
  return text;
}

/// What goes out as invalid goes out as it came: only the end of its last line is no part of it.
std::string_view strip_newlines(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

std::size_t count_blanks(std::string_view line) {
  std::size_t count = 0;
  while (count < line.size() && is_blank(line[count])) ++count;
  return count;
}

}  // namespace

Splitter::Splitter(ByteSource& source, DocumentSink& sink, const SplitOptions& options)
    : source_(source),
      sink_(sink),
      options_(options),
      buffer_(std::make_unique_for_overwrite<char[]>(kChunk)),
      capacity_(kChunk) {}

void Splitter::run() {
  if (options_.unwrap && peek(0) == 0xEF && peek(1) == 0xBB && peek(2) == 0xBF) consume(3);
  while (!sink_.done() && skip_blanks()) {
    if (line_start_ && try_line()) continue;
    std::size_t opening = options_.unwrap ? list_opening() : 0;
    if (opening == 0) {
      document();
    } else if (text()[0] == '[') {
      list(opening);
    } else if (!try_envelope()) {
      std::string envelope(text().substr(0, opening));
      list(opening);
      envelope_tail(envelope);
    }
  }
}

void Splitter::consume(std::size_t bytes) {
  if (bytes == 0) return;
  begin_ += bytes;
  after_newline_ = buffer_[begin_ - 1] == '\n';
}

bool Splitter::fill() {
  if (eof_) return false;
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == capacity_) {
    auto larger = std::make_unique_for_overwrite<char[]>(capacity_ * 2);
    std::memcpy(larger.get(), buffer_.get(), end_);
    buffer_ = std::move(larger);
    capacity_ *= 2;
  }
  std::size_t count = source_.read(buffer_.get() + end_, capacity_ - end_);
  end_ += count;
  eof_ = count == 0;
  return !eof_;
}

int Splitter::peek(std::size_t at) {
  while (at >= text().size()) {
    if (!fill()) return kEof;
  }
  return static_cast<unsigned char>(text()[at]);
}

std::size_t Splitter::skip_space(std::size_t at) {
  std::size_t bound = at + kChunk;
  for (int c = peek(at); at < bound && (is_blank(c) || c == '\n'); c = peek(at)) ++at;
  return at;
}

std::size_t Splitter::line_end(std::size_t from, std::size_t bound) {
  for (;;) {
    std::size_t newline = text().find('\n', from);
    if (newline != std::string_view::npos) return newline;
    from = text().size();
    if (from > bound || !fill()) return from;
  }
}

bool Splitter::skip_blanks() {
  for (;; consume(1)) {
    int c = peek(0);
    if (c == '\n') {
      line_start_ = true;
      indent_ = 0;
    } else if (is_blank(c)) {
      if (line_start_) ++indent_;
    } else if (c == ',' && in_list_) {
      line_start_ = false;
    } else {
      return c != kEof;
    }
  }
}

/// The fast path for NDJSON: a line that is JSON is a document, and the sink finds that out anyway.
bool Splitter::try_line() {
  if (text()[0] != '{') return false;
  std::size_t end = line_end(0, kChunk);
  if (end == text().size() && !eof_) return false;
  std::string_view line = trim_end(text().substr(0, end));
  if (line.size() > options_.limit || line.back() != '}' || !sink_.try_document(line)) return false;
  consume(end);
  return true;
}

/// A small `{"Records": …}` is a document like others; only a large or broken one is taken apart
/// here.
bool Splitter::try_envelope() {
  scanner_.start();
  Scanner::Result result;
  while ((result = scanner_.scan(text())) == Scanner::Result::kMore) {
    if (scanner_.offset() > kChunk || !fill()) return false;
  }
  std::size_t size = scanner_.offset();
  if (result != Scanner::Result::kEnd || size > options_.limit) return false;
  if (!sink_.try_document(text().substr(0, size))) return false;
  note_indent();
  consume(size);
  return true;
}

/// A list element, or whatever stands at the top level.
void Splitter::document() {
  if (!opens_container(text()[0])) {
    line_document(0);
    return;
  }
  scanner_.start();
  Scanner::Result result = scan();
  if (result != Scanner::Result::kEnd) {
    cut(result);
    return;
  }
  note_indent();
  if (in_list_) {
    deliver(scanner_.offset());
  } else {
    after_document(scanner_.offset());
  }
}

/// What may follow a document on its line; anything else makes the whole invalid.
void Splitter::after_document(std::size_t size) {
  std::size_t next = size;
  while (is_blank(peek(next)) && next - size < kChunk) ++next;
  int c = peek(next);
  if (c == kEof || is_blank(c) || c == '\n' || (options_.unwrap && opens_container(c))) {
    deliver(size);
  } else {
    line_document(next);
  }
}

void Splitter::line_document(std::size_t from) {
  std::size_t end = line_end(from, options_.limit);
  line_start_ = false;
  if (end <= options_.limit && !spilling_) {
    sink_.document(strip_newlines(text().substr(0, end)));
    consume(end);
    return;
  }
  spill(from);
  while ((end = text().find('\n')) == std::string_view::npos) {
    spill(text().size());
    if (!fill()) break;
  }
  deliver(std::min(end, text().size()));
}

std::size_t Splitter::list_opening() {
  std::size_t at = 0;
  if (peek(0) == '{') {
    at = skip_space(1);
    if (peek(at) != '"') return 0;
    constexpr std::size_t kLongest = sizeof(R"("Findings")") - 1;
    peek(at + kLongest);
    std::string_view rest = text().substr(at);
    for (std::string_view key : {R"("Records")", R"("Findings")", R"("findings")"}) {
      if (rest.substr(0, key.size()) != key) continue;
      at = skip_space(at + key.size());
      if (peek(at) != ':') return 0;
      at = skip_space(at + 1);
      break;
    }
  }
  if (peek(at) != '[') return 0;
  return peek(skip_space(at + 1)) == '{' ? at + 1 : 0;
}

void Splitter::list(std::size_t opening) {
  consume(opening);
  line_start_ = false;
  in_list_ = true;
  while (!sink_.done()) {
    if (!skip_blanks()) {
      unclosed_list_ = true;
      break;
    }
    if (text()[0] == ']') {
      consume(1);
      break;
    }
    if (opens_container(text()[0])) {
      document();
    } else {
      scalar_element();
    }
  }
  line_start_ = false;
  in_list_ = false;
}

void Splitter::scalar_element() {
  bool in_string = false;
  std::size_t size = 0;
  for (int c = peek(0); c != kEof && c != '\n'; c = peek(++size)) {
    if (!in_string && (c == ',' || c == ']')) break;
    if (c == '"') in_string = !in_string;
    if (in_string && c == '\\' && peek(size + 1) != '\n') ++size;
    if (size > options_.limit) {
      line_document(size);
      return;
    }
  }
  line_start_ = false;
  deliver(std::min(size, text().size()));
}

void Splitter::envelope_tail(const std::string& envelope) {
  if (sink_.done() || unclosed_list_) return;
  scanner_.start_in_object();
  Scanner::Result result = scan();
  if (result == Scanner::Result::kEnd) {
    note_indent();
    std::size_t size = scanner_.offset();
    if (spilling_) {
      deliver(size);
      return;
    }
    // What stands beside the list is no part of any element: it is a document with an empty list.
    std::string_view tail = text().substr(0, size);
    if (tail.find(':') != std::string_view::npos) hand_over(envelope + "]" + std::string(tail));
    consume(size);
  } else if (result == Scanner::Result::kMore && trim_end(text()).empty()) {
    unclosed_list_ = true;
  } else {
    cut(result);
  }
}

Scanner::Result Splitter::scan() {
  line_spilled_ = false;
  for (;;) {
    std::string_view seen = spilling_ ? text() : text().substr(0, options_.limit + 1);
    Scanner::Result result = scanner_.scan(seen);
    if (result != Scanner::Result::kMore) return result;
    if (spilling_ || seen.size() > options_.limit) {
      // The present line stays: it may turn out to begin another document.
      std::size_t size = scanner_.line();
      if (size > 0) line_spilled_ = false;
      if (line_spilled_ || scanner_.offset() - size > options_.limit) {
        size = scanner_.offset();
        line_spilled_ = true;
      }
      spill(size);
      scanner_.forget(size);
      if (scanner_.offset() < text().size()) continue;
    }
    if (!fill()) return result;
  }
}

void Splitter::spill(std::size_t bytes) {
  if (!spilling_) sink_.begin_oversize();
  spilling_ = true;
  if (bytes > 0) sink_.oversize_piece(text().substr(0, bytes));
  consume(bytes);
}

void Splitter::hand_over(std::string_view bytes) {
  if (bytes.size() <= options_.limit) {
    sink_.document(bytes);
    return;
  }
  sink_.begin_oversize();
  sink_.oversize_piece(bytes);
  sink_.end_oversize();
}

void Splitter::deliver(std::size_t size) {
  if (spilling_) {
    spill(size);
    sink_.end_oversize();
    spilling_ = false;
  } else {
    hand_over(text().substr(0, size));
    consume(size);
  }
}

void Splitter::note_indent() {
  line_start_ = false;
  std::size_t line = scanner_.line();
  if (line > 0) indent_ = count_blanks(text().substr(line, scanner_.offset() - line));
}

/// The document at hand has no end: it was cut off, or is damaged.
void Splitter::cut(Scanner::Result result) {
  std::size_t size = scanner_.offset();
  if (result == Scanner::Result::kMore) size = text().size();
  if (result == Scanner::Result::kCut) {
    if (spilling_ && line_spilled_ && scanner_.line() == 0) {
      line_document(size);
      return;
    }
    size = scanner_.line();
  }
  if (spilling_) {
    deliver(size);
  } else {
    recover(size);
  }
  if (after_newline_) {
    line_start_ = true;
    indent_ = 0;
  }
}

/// Lines of the damaged bytes that are documents by themselves are documents (a line cut off must
/// not swallow the next); what lies between them is invalid.
void Splitter::recover(std::size_t size) {
  std::string_view span = text().substr(0, size);
  std::size_t group = 0;
  for (std::size_t newline = span.find('\n'); newline < span.size() && !sink_.done();) {
    std::size_t begin = newline + 1;
    newline = std::min(span.find('\n', begin), span.size());
    std::string_view line = trim_end(span.substr(begin, newline - begin));
    if (!begins_document(line)) continue;
    std::string_view before = strip_newlines(span.substr(group, begin - group));
    if (!trim_end(before).empty()) hand_over(before);
    group = begin;
    if (in_list_ && line.back() == ',') line = trim_end(line.substr(0, line.size() - 1));
    line.remove_prefix(count_blanks(line));
    if (closes_container(line.back()) && sink_.try_document(line)) {
      group = std::min(newline + 1, size);
    }
  }
  consume(group);
  std::string_view rest = strip_newlines(text().substr(0, size - group));
  if (trim_end(rest).empty()) {
    consume(size - group);
  } else if (rest.find('\n') == std::string_view::npos) {
    deliver(rest.size());
    consume(size - group - rest.size());
  } else {
    join_lines(size - group);
  }
}

/// The rest of a damaged document of several lines: up to a line that looks like the next one.
void Splitter::join_lines(std::size_t size) {
  std::size_t indent = 0;
  for (std::size_t at = size;; ++at) {
    int c = peek(at);
    if (c == kEof || at > options_.limit) break;
    if (c == '\n') {
      indent = 0;
    } else if (is_blank(c)) {
      ++indent;
    } else {
      bool ends_list = in_list_ && c == ']';
      if ((opens_container(c) || ends_list) && indent <= indent_) break;
      std::size_t end = line_end(at, options_.limit);
      if (end > options_.limit) break;
      size = end;
      at = end - 1;
    }
  }
  hand_over(strip_newlines(text().substr(0, size)));
  consume(size);
  line_start_ = false;
}

bool Splitter::begins_document(std::string_view line) const {
  std::size_t blanks = count_blanks(line);
  return blanks < line.size() && blanks <= indent_ && opens_container(line[blanks]);
}

}  // namespace semper::cli
