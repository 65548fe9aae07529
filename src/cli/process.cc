#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <memory>
#include <optional>

#include "base/text.h"
#include "base/time.h"
#include "cli/choice.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/inputs.h"
#include "cli/text.h"
#include "engine/record.h"
#include "json/writer.h"
#include "semper/semper.hpp"

namespace semper::cli {
namespace {

struct ProcessOptions {
  std::string policies;
  std::string accounts;
  std::string regions;
  std::string clock;
  std::string dropped;
  std::string no_findings;
  std::string invalid;
  std::string stats;
  RecordFormat format = RecordFormat::kNative;
  std::vector<std::string> inputs;
};

/// Where the records of a decision go; nullptr: they are counted only.
struct Routes {
  Output* relevant = nullptr;
  Output* dropped = nullptr;
  Output* no_finding = nullptr;
  Output* invalid = nullptr;
};

class Processor : public DocumentSink {
 public:
  Processor(Evaluator& evaluator, RecordFormat format, const Outputs& outputs, const Routes& routes)
      : evaluator_(evaluator), format_(format), outputs_(outputs), routes_(routes) {}

  bool try_document(std::string_view text) override {
    const Evaluation& evaluation = evaluator_.evaluate(text);
    if (evaluation.size() == 1 && evaluation.decision(0) == Decision::kInvalid) return false;
    write(evaluation);
    return true;
  }

  void document(std::string_view text) override { write(evaluator_.evaluate(text)); }

  void begin_oversize() override {
    ++counters_.in;
    ++counters_.invalid;
    std::size_t limit = Limits{}.event_bytes;
    frame_ = engine::invalid_record_frame(
        format_,
        {"event_too_large", fmt::format("the event has more than {} bytes, the limit", limit)},
        evaluator_.policies().fingerprint());
    routes_.invalid->append(frame_.before);
    unencoded_.clear();
  }

  void oversize_piece(std::string_view bytes) override {
    constexpr std::size_t kGroup = 3;  // bytes that base64 encodes without padding
    constexpr std::size_t kPiece = kGroup << 14;
    while (!bytes.empty()) {
      std::string_view piece = bytes.substr(0, kPiece - unencoded_.size());
      bytes.remove_prefix(piece.size());
      unencoded_ += piece;
      encode(unencoded_.size() - unencoded_.size() % kGroup);
    }
  }

  void end_oversize() override {
    encode(unencoded_.size());
    routes_.invalid->line(frame_.after);
  }

  bool done() const override { return outputs_.failed(); }

  /// Not the evaluator's: that one counts what it was only shown, too.
  const Counters& counters() const { return counters_; }

 private:
  void write(const Evaluation& evaluation) {
    for (std::size_t i = 0; i < evaluation.size(); ++i) {
      ++counters_.in;
      if (Output* output = route(evaluation.decision(i))) output->line(evaluation.json(i));
    }
  }

  Output* route(Decision decision) {
    switch (decision) {
      case Decision::kRelevant:
        ++counters_.relevant;
        return routes_.relevant;
      case Decision::kDropped:
        ++counters_.dropped;
        return routes_.dropped;
      case Decision::kNoFinding:
        ++counters_.no_finding;
        return routes_.no_finding;
      case Decision::kInvalid:
        break;
    }
    ++counters_.invalid;
    return routes_.invalid;
  }

  void encode(std::size_t size) {
    encoded_.clear();
    append_base64(encoded_, std::string_view(unencoded_).substr(0, size));
    unencoded_.erase(0, size);
    routes_.invalid->append(encoded_);
  }

  Evaluator& evaluator_;
  RecordFormat format_;
  const Outputs& outputs_;
  Routes routes_;
  Counters counters_;
  engine::InvalidRecordFrame frame_;
  std::string unencoded_;
  std::string encoded_;
};

std::string stats_json(const Counters& counters, const Evaluator& evaluator) {
  std::string out;
  json::Writer writer(out);
  auto count = [&](std::string_view name, std::uint64_t value) {
    writer.key(name).number(static_cast<std::int64_t>(value));
  };
  writer.begin_object();
  count("in", counters.in);
  count("relevant", counters.relevant);
  count("dropped", counters.dropped);
  count("no_finding", counters.no_finding);
  count("invalid", counters.invalid);
  writer.key("policies").begin_array();
  for (std::size_t i = 0; i < evaluator.policies().size(); ++i) {
    writer.begin_object().key("id").string(evaluator.policies().describe(i).id);
    count("hits", evaluator.hits(i));
    writer.end_object();
  }
  writer.end_array().end_object();
  return out;
}

std::string stats_line(const Counters& counters) {
  return fmt::format("in {} · relevant {} · dropped {} · no_finding {} · invalid {}", counters.in,
                     counters.relevant, counters.dropped, counters.no_finding, counters.invalid);
}

int process(const ProcessOptions& options) {
  EvaluatorOptions evaluator_options;
  evaluator_options.format = options.format;
  if (!options.clock.empty()) {
    std::optional<UnixSeconds> now = parse_time(options.clock);
    if (!now) {
      complain(fmt::format("--clock: \"{}\" is no time; write it like 2026-11-24T21:00:00Z",
                           options.clock));
      return kFailure;
    }
    evaluator_options.clock = [now] { return *now; };
  }

  Compiler compiler;
  compiler.set_default_regions(split_list(options.regions));
  if (!options.accounts.empty()) {
    auto accounts = open_account_file(options.accounts);
    if (!accounts.ok()) {
      complain(accounts.status().message());
      return kFailure;
    }
    compiler.set_account_provider(*accounts);
  }
  Status opened = compiler.add_repository(options.policies);
  if (!opened.ok()) {
    complain(opened.message());
    return kBadPolicies;
  }
  Result<PolicySet> policies = compiler.compile();
  print_diagnostics(compiler.diagnostics());
  if (!policies.ok()) {
    complain("the policies do not load; nothing was processed");
    return kBadPolicies;
  }

  Outputs outputs;
  Routes routes;
  Output* stats = nullptr;
  std::vector<std::string> inputs = options.inputs;
  inputs.push_back(options.accounts);
  std::string relevant = "-";
  std::pair<const std::string&, Output**> files[] = {{relevant, &routes.relevant},
                                                     {options.dropped, &routes.dropped},
                                                     {options.no_findings, &routes.no_finding},
                                                     {options.invalid, &routes.invalid},
                                                     {options.stats, &stats}};
  for (auto& [path, output] : files) {
    if (path.empty()) continue;
    std::string error;
    *output = outputs.open(path, inputs, error);
    if (*output == nullptr) {
      complain(error);
      return kFailure;
    }
  }
  if (routes.invalid == nullptr) routes.invalid = routes.relevant;

  Evaluator evaluator(*policies, evaluator_options);
  Processor processor(evaluator, options.format, outputs, routes);
  bool all_read = split_inputs(options.inputs, {}, outputs, processor);
  if (stats != nullptr) stats->line(stats_json(processor.counters(), evaluator));
  int exit_code = finish(outputs, all_read);
  if (!outputs.failed()) say(stats_line(processor.counters()));
  return exit_code;
}

}  // namespace

void add_process(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ProcessOptions>();
  CLI::App* command = app.add_subcommand(
      "process", "Decide about findings: relevant ones to standard output, enriched");
  command->add_option("--policies", options->policies, "The policy repository")
      ->type_name("DIR")
      ->required();
  command
      ->add_option("--accounts", options->accounts,
                   "Account contexts: a JSON list, an object keyed by account id, or NDJSON")
      ->type_name("FILE");
  command
      ->add_option("--regions", options->regions,
                   "Regions that region scopes start from, comma-separated (default: every region)")
      ->type_name("R1,R2");
  command
      ->add_option("--clock", options->clock, "The time by which acceptances expire (default: now)")
      ->type_name("RFC3339");
  command->add_option("--dropped", options->dropped, "Records of dropped findings")
      ->type_name("FILE");
  command
      ->add_option("--no-findings", options->no_findings,
                   "Records of events that are no finding of anyone")
      ->type_name("FILE");
  command
      ->add_option("--invalid", options->invalid,
                   "Records of input that is no JSON (default: standard output)")
      ->type_name("FILE");
  command->add_option("--stats", options->stats, "The counters, and hits per policy, as JSON")
      ->type_name("FILE");
  add_choice<RecordFormat>(
      *command, "--format", options->format,
      {{"native", RecordFormat::kNative}, {"semper-1.7", RecordFormat::kSemper17}},
      "Form of the records: native (default) or semper-1.7")
      ->type_name("FORMAT");
  command->add_option("INPUT", options->inputs, "Files with events or findings");
  command->footer(
      "One record a line. Every finding that goes in comes out once, under one decision; records\n"
      "without a file of their own are counted only. FILE may be - for standard output.\n"
      "The last line on standard error counts:\n"
      "  in 5 · relevant 2 · dropped 1 · no_finding 1 · invalid 1\n"
      "\n"
      "Exit status: 0; 1 wrong usage, or a file that could not be read or written;\n"
      "2 the policies do not load (nothing is processed then).");
  command->callback([options, &exit_code] { exit_code = process(*options); });
}

}  // namespace semper::cli
