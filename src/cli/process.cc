#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <thread>

#include "base/time.h"
#include "cli/choice.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/inputs.h"
#include "cli/processor.h"
#include "cli/text.h"
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
  std::size_t threads = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::string> inputs;
};

std::string stats_json(const Processed& processed, const PolicySet& policies) {
  const Counters& counters = processed.counters;
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
  for (std::size_t i = 0; i < policies.size(); ++i) {
    writer.begin_object().key("id").string(policies.describe(i).id);
    count("hits", processed.hits[i]);
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

  Processed processed =
      options.threads == 1
          ? process_alone(options.inputs, *policies, evaluator_options, routes, outputs)
          : process_in_parallel(options.inputs, *policies, evaluator_options, routes, outputs,
                                options.threads);
  if (stats != nullptr) stats->line(stats_json(processed, *policies));
  int exit_code = finish(outputs, processed.all_read);
  if (!outputs.failed()) say(stats_line(processed.counters));
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
  command
      ->add_option("--threads", options->threads,
                   "Evaluators that work at once (default: one per core); the order of the output\n"
                   "is that of the input")
      ->type_name("N")
      ->check(CLI::Range(1, 256));
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
