/// From documents to records, by one evaluator or by several at once.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <string>
#include <vector>

#include "cli/output.h"
#include "cli/splitter.h"
#include "engine/record.h"
#include "semper/semper.hpp"

namespace semper::cli {

/// Where the records of a decision go; nullptr: they are counted only. Two may share one output.
struct Routes {
  Output* relevant = nullptr;
  Output* dropped = nullptr;
  Output* no_finding = nullptr;
  Output* invalid = nullptr;
  Output* fan_out = nullptr;  ///< {target, record} for each route of a relevant finding
};

/// What came of all inputs.
struct Processed {
  Counters counters;
  std::vector<std::uint64_t> hits;  ///< by policy
  bool all_read = true;

  void add(const Counters& more);
};

/// Records on their way to the outputs. Those of one output stay in order.
class Records {
 public:
  explicit Records(const Routes& routes);

  /// The text for the output of a decision, to append to; nullptr: its records are not wanted.
  std::string* text(Decision decision);
  /// Likewise for what is sent on.
  std::string* fan_out() { return part(kFanOut); }
  std::size_t size() const;
  /// Appends all to the outputs, and is empty again.
  void move_to_outputs();

 private:
  struct Part {
    Output* output;
    std::string text;
  };
  static constexpr std::size_t kFanOut = 4;  ///< behind the decisions
  std::string* part(std::size_t output);

  std::array<Part, 5> parts_;
  std::array<std::size_t, 5> part_of_;  ///< by decision, then kFanOut; 5: not wanted
};

/// Evaluates documents and gathers their records.
class Processor : public DocumentSink {
 public:
  Processor(const PolicySet& policies, const EvaluatorOptions& options,
            const std::atomic<bool>& stopped);

  /// Where the records of the documents to come are gathered.
  void gather_in(Records& records) { records_ = &records; }
  /// Adds the counters, those of the policies too.
  void report(Processed& processed) const;

  bool try_document(std::string_view text) override;
  void document(std::string_view text) override;
  void begin_oversize() override;
  void oversize_piece(std::string_view bytes) override;
  void end_oversize() override;
  bool done() const override { return stopped_; }

 private:
  void write(const Evaluation& evaluation);
  static void append_routes(std::string& out, const Evaluation& evaluation, std::size_t index);
  void encode(std::size_t size);

  Evaluator evaluator_;
  RecordFormat format_;
  const std::atomic<bool>& stopped_;
  Records* records_ = nullptr;
  /// Not the evaluator's: that one counts what it was only shown, too.
  Counters counters_;
  engine::InvalidRecordFrame frame_;
  std::string unencoded_;
};

/// Hands documents to a processor and writes its records as they come.
class DirectSink : public DocumentSink {
 public:
  /// `stopped` is set when an output fails.
  DirectSink(Processor& processor, const Routes& routes, const Outputs& outputs,
             std::atomic<bool>& stopped);

  bool try_document(std::string_view text) override;
  void document(std::string_view text) override;
  void begin_oversize() override { processor_.begin_oversize(); }
  void oversize_piece(std::string_view bytes) override;
  void end_oversize() override;
  bool done() const override { return stopped_; }

 private:
  void write();

  Processor& processor_;
  Records records_;
  const Outputs& outputs_;
  std::atomic<bool>& stopped_;
};

/// One evaluator in this thread.
Processed process_alone(const std::vector<std::string>& inputs, const PolicySet& policies,
                        const EvaluatorOptions& options, const Routes& routes, Outputs& outputs);

/// `threads` evaluators. The input is cut where a document surely ends, the pieces are processed
/// side by side, and their records are written in the order of the input. An input that shows no
/// such place (one long list) is processed by one thread.
Processed process_in_parallel(const std::vector<std::string>& inputs, const PolicySet& policies,
                              const EvaluatorOptions& options, const Routes& routes,
                              Outputs& outputs, std::size_t threads);

/// Offset behind the last place in `text` (which begins where a document does) where a document
/// surely ends; 0: there is none. That is a line break between `}` and `{`: inside a document it
/// could not be. `is_pause`: nothing more may come for long, so that a last line that is a document
/// counts too.
std::size_t last_cut(std::string_view text, bool is_pause);

}  // namespace semper::cli
