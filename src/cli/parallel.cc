#include <condition_variable>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <new>
#include <thread>

#include "cli/console.h"
#include "cli/inputs.h"
#include "cli/processor.h"
#include "json/event.h"

namespace semper::cli {
namespace {

/// Large enough that handing it over costs nothing, small enough that few wait in memory.
constexpr std::size_t kPiece = std::size_t{256} << 10;
/// Without a cut in so much input, it is processed as it comes, by one thread.
constexpr std::size_t kLongest = std::size_t{4} << 20;

/// A part of the input that begins and ends with documents, and what came of it.
struct Piece {
  explicit Piece(const Routes& routes) : records(routes) {}
  std::string input;
  Records records;
  bool done = false;
};

class TextSource : public ByteSource {
 public:
  explicit TextSource(std::string_view text) : text_(text) {}
  std::size_t read(char* to, std::size_t size) override {
    std::size_t count = text_.copy(to, size);
    text_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view text_;
};

/// What was read already, then the rest of the source, for which no record waits in a buffer.
class ResumedSource : public ByteSource {
 public:
  ResumedSource(std::string_view read, ByteSource& rest, Outputs& outputs)
      : read_(read), rest_(rest), outputs_(outputs) {}
  std::size_t read(char* to, std::size_t size) override {
    std::size_t count = read_.read(to, size);
    if (count > 0) return count;
    outputs_.flush();
    return rest_.read(to, size);
  }

 private:
  TextSource read_;
  ByteSource& rest_;
  Outputs& outputs_;
};

/// The pieces between their reader, the workers and the writer: at most `kMost` at a time.
class Line {
 public:
  explicit Line(std::size_t most) : most_(most) {}

  /// Waits for room. False: the line is closed.
  bool push(std::unique_ptr<Piece> piece) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return pieces_.size() < most_ || stopped_; });
    if (stopped_) return false;
    pieces_.push_back(std::move(piece));
    changed_.notify_all();
    return true;
  }
  /// The next piece to work on; nullptr: there will be none.
  Piece* take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return taken_ < pieces_.size() || ended_ || stopped_; });
    return taken_ < pieces_.size() && !stopped_ ? pieces_[taken_++].get() : nullptr;
  }
  void finish(Piece& piece) {
    std::lock_guard lock(mutex_);
    piece.done = true;
    changed_.notify_all();
  }
  /// The oldest piece once it is done; nullptr: there will be none. `is_last`: none waits behind
  /// it.
  std::unique_ptr<Piece> pop(bool& is_last) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
      return (!pieces_.empty() && pieces_.front()->done) || (pieces_.empty() && ended_) || stopped_;
    });
    if (stopped_ || pieces_.empty()) return nullptr;
    std::unique_ptr<Piece> piece = std::move(pieces_.front());
    pieces_.pop_front();
    --taken_;
    is_last = pieces_.empty();
    return piece;
  }
  /// The writer is done with a piece that it popped.
  void written() {
    std::lock_guard lock(mutex_);
    ++written_;
    changed_.notify_all();
  }
  /// Waits until the writer is done with `count` pieces.
  void wait_written(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return written_ >= count || stopped_; });
  }
  /// No more pieces come.
  void end() {
    std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  /// Nothing more is wanted.
  void stop() {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t most_;
  std::deque<std::unique_ptr<Piece>> pieces_;
  std::size_t taken_ = 0;
  std::size_t written_ = 0;
  bool ended_ = false;
  bool stopped_ = false;
};

class ParallelRun {
 public:
  ParallelRun(const PolicySet& policies, const EvaluatorOptions& options, const Routes& routes,
              Outputs& outputs, std::size_t threads)
      : routes_(routes), outputs_(outputs), line_(2 * threads + 2) {
    for (std::size_t i = 0; i <= threads; ++i) {
      processors_.push_back(std::make_unique<Processor>(policies, options, stopped_));
    }
  }

  Processed run(const std::vector<std::string>& inputs) {
    // The last processor is for what the reader processes itself.
    std::vector<std::thread> workers;
    for (std::size_t i = 0; i + 1 < processors_.size(); ++i) {
      workers.emplace_back([this, i] { guard([&] { work(*processors_[i]); }); });
    }
    std::thread writer([this] { guard([&] { write(); }); });
    Processed processed;
    guard([&] {
      processed.all_read = read_inputs(
          inputs, unused_, [this] { return stopped_.load(); },
          [this](ByteSource& source) { return feed(source); });
    });
    line_.end();
    for (std::thread& worker : workers) worker.join();
    writer.join();
    for (const auto& processor : processors_) processor->report(processed);
    if (out_of_memory_) {
      complain("out of memory; not everything was processed");
      processed.all_read = false;
    }
    return processed;
  }

 private:
  template <class F>
  void guard(F run) {
    try {
      run();
    } catch (const std::bad_alloc&) {
      out_of_memory_ = true;
      stopped_ = true;
      line_.stop();
    }
  }

  void work(Processor& processor) {
    while (Piece* piece = line_.take()) {
      process(processor, *piece);
      line_.finish(*piece);
    }
  }

  void process(Processor& processor, Piece& piece) {
    TextSource source(piece.input);
    processor.gather_in(piece.records);
    Splitter(source, processor).run();
    piece.input.clear();
  }

  void write() {
    bool is_last = false;
    while (std::unique_ptr<Piece> piece = line_.pop(is_last)) {
      piece->records.move_to_outputs();
      if (is_last) outputs_.flush();
      if (outputs_.failed()) {
        stopped_ = true;
        line_.stop();
      }
      line_.written();
    }
  }

  /// Cuts one input into pieces. False where it ends inside a list.
  bool feed(ByteSource& source) {
    std::string text;
    for (std::size_t read = 1; read > 0 && !stopped_;) {
      std::size_t before = text.size();
      text.resize(before + kPiece);
      read = source.read(text.data() + before, kPiece);
      text.resize(before + read);
      std::size_t cut = last_cut(text, read < kPiece);
      // Whether an input ends in a list is known only when its end was processed.
      if (read == 0 || (cut == 0 && text.size() > kLongest)) return process_here(text, source);
      if (cut == 0) continue;
      auto piece = std::make_unique<Piece>(routes_);
      std::string rest = text.substr(cut);
      text.resize(cut);
      piece->input = std::move(text);
      text = std::move(rest);
      ++pushed_;
      line_.push(std::move(piece));
    }
    return true;
  }

  /// All that was cut before is written first.
  bool process_here(std::string_view text, ByteSource& rest) {
    line_.wait_written(pushed_);
    if (stopped_) return true;
    ResumedSource source(text, rest, outputs_);
    DirectSink sink(*processors_.back(), routes_, outputs_, stopped_);
    Splitter splitter(source, sink);
    splitter.run();
    outputs_.flush();
    return !splitter.unclosed_list();
  }

  Routes routes_;
  Outputs& outputs_;
  Outputs unused_;  ///< the writer flushes the true ones
  std::atomic<bool> stopped_ = false;
  std::atomic<bool> out_of_memory_ = false;
  std::vector<std::unique_ptr<Processor>> processors_;
  Line line_;
  std::size_t pushed_ = 0;
};

bool is_document(std::string_view line) {
  json::EventDocument document;
  return document.parse(line) && document.root().is_object();
}

}  // namespace

std::size_t last_cut(std::string_view text, bool is_pause) {
  auto ends_object = [&](std::size_t line_break) {
    std::size_t last = line_break;
    while (last > 0 &&
           (text[last - 1] == '\r' || text[last - 1] == ' ' || text[last - 1] == '\t')) {
      --last;
    }
    return last > 0 && text[last - 1] == '}';
  };
  std::size_t end = text.size();
  if (is_pause && text.ends_with('\n') && ends_object(text.size() - 1)) {
    std::size_t before = text.substr(0, text.size() - 1).rfind('\n');
    std::size_t line = before == std::string_view::npos ? 0 : before + 1;
    bool begins_document = text[line] == '{' && (line == 0 || ends_object(before));
    if (begins_document && is_document(text.substr(line))) return text.size();
  }
  while (end > 0) {
    std::size_t line_break = text.substr(0, end).rfind('\n');
    if (line_break == std::string_view::npos) return 0;
    if (line_break + 1 < text.size() && text[line_break + 1] == '{' && ends_object(line_break)) {
      return line_break + 1;
    }
    end = line_break;
  }
  return 0;
}

Processed process_in_parallel(const std::vector<std::string>& inputs, const PolicySet& policies,
                              const EvaluatorOptions& options, const Routes& routes,
                              Outputs& outputs, std::size_t threads) {
  return ParallelRun(policies, options, routes, outputs, threads).run(inputs);
}

}  // namespace semper::cli
