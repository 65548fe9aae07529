#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <thread>

#include "base/time.h"
#include "cli/choice.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/console.h"
#include "cli/inputs.h"
#include "cli/processor.h"
#include "cli/providers.h"
#include "cli/text.h"
#include "json/writer.h"
#include "semper/semper.hpp"

namespace semper::cli {
namespace {

const std::map<std::string, RecordFormat> kFormats = {{"native", RecordFormat::kNative},
                                                      {"semper-1.7", RecordFormat::kSemper17}};

struct ProcessOptions {
  std::string config;
  std::string policies;
  std::string accounts;
  std::vector<std::string> providers;
  std::string regions;
  std::string clock;
  std::string dropped;
  std::string no_findings;
  std::string invalid;
  std::string stats;
  std::string fan_out;
  std::optional<RecordFormat> format;
  std::optional<std::size_t> threads;
  std::vector<std::string> inputs;
};

/// What the command line says goes before what the file says.
Status take_config(ProcessOptions& options, Providers& providers) {
  for (const std::string& definition : options.providers) {
    Status status = providers.add(definition);
    if (!status.ok()) return status;
  }
  Config config;
  if (!options.config.empty()) {
    auto read = read_config(options.config);
    if (!read.ok()) return read.status();
    config = std::move(*read);
  }
  if (options.policies.empty()) options.policies = config.policies.value_or("");
  if (options.accounts.empty() && !providers.has("accounts")) {
    options.accounts = config.accounts.value_or("");
  }
  if (options.regions.empty()) options.regions = config.regions.value_or("");
  if (!options.threads) options.threads = config.threads;
  if (!options.format && config.format) {
    auto format = kFormats.find(*config.format);
    if (format == kFormats.end()) {
      return {StatusCode::kInvalidArgument,
              fmt::format("{}: format is native or semper-1.7", options.config)};
    }
    options.format = format->second;
  }
  if (!options.accounts.empty()) {
    Status status = providers.add_accounts(options.accounts);
    if (!status.ok()) return status;
  }
  return providers.add(config);
}

std::string stats_json(const Processed& processed, const PolicySet& policies,
                       const Providers& providers) {
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
  writer.end_array();
  std::string of_providers = providers.counters_json();
  if (!of_providers.empty()) writer.key("providers").raw(of_providers);
  writer.end_object();
  return out;
}

std::string stats_line(const Counters& counters) {
  return fmt::format("in {} · relevant {} · dropped {} · no_finding {} · invalid {}", counters.in,
                     counters.relevant, counters.dropped, counters.no_finding, counters.invalid);
}

int process(ProcessOptions options) {
  Providers providers;
  Status configured = take_config(options, providers);
  if (!configured.ok()) {
    complain(configured.message());
    return kFailure;
  }
  if (options.policies.empty()) {
    complain("no policies: give --policies DIR, or a --config FILE that names them");
    return kFailure;
  }
  std::size_t threads = options.threads.value_or(std::max(1u, std::thread::hardware_concurrency()));
  EvaluatorOptions evaluator_options;
  evaluator_options.format = options.format.value_or(RecordFormat::kNative);
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
  Status given = providers.give_to(compiler);
  if (!given.ok()) {
    complain(given.message());
    return kFailure;
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
  inputs.push_back(options.config);
  std::string relevant = "-";
  std::pair<const std::string&, Output**> files[] = {{relevant, &routes.relevant},
                                                     {options.dropped, &routes.dropped},
                                                     {options.no_findings, &routes.no_finding},
                                                     {options.invalid, &routes.invalid},
                                                     {options.fan_out, &routes.fan_out},
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
      threads == 1 ? process_alone(options.inputs, *policies, evaluator_options, routes, outputs)
                   : process_in_parallel(options.inputs, *policies, evaluator_options, routes,
                                         outputs, threads);
  if (stats != nullptr) stats->line(stats_json(processed, *policies, providers));
  int exit_code = finish(outputs, processed.all_read);
  if (!outputs.failed()) say(stats_line(processed.counters));
  return exit_code;
}

}  // namespace

void add_process(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ProcessOptions>();
  CLI::App* command = app.add_subcommand(
      "process", "Decide about findings: relevant ones to standard output, enriched");
  command->add_option("--policies", options->policies, "The policy repository")->type_name("DIR");
  command
      ->add_option("--config", options->config,
                   "A file semper.json with policies, providers and more (docs/providers.md);\n"
                   "options of the command line go before it")
      ->type_name("FILE");
  command
      ->add_option("--accounts", options->accounts,
                   "Account contexts: a JSON list, an object keyed by account id, NDJSON, or CSV\n"
                   "(*.csv); short for --provider accounts=file:FILE")
      ->type_name("FILE");
  command
      ->add_option(
          "--provider", options->providers,
          "A provider of context, like cmdb=sqlite:cmdb.db?query=…; the one called accounts\n"
          "gives account contexts. Types: file, sqlite, geoip, redis, chain\n"
          "(docs/providers.md)")
      ->type_name("NAME=SPEC")
      ->allow_extra_args(false);
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
  command
      ->add_option(
          "--fan-out", options->fan_out,
          "What policies send on (sqsFanOut, sendToSecurityHub): {\"target\", \"record\"} a line")
      ->type_name("FILE");
  command->add_option("--stats", options->stats, "The counters, and hits per policy, as JSON")
      ->type_name("FILE");
  command
      ->add_option("--threads", options->threads,
                   "Evaluators that work at once (default: one per core); the order of the output\n"
                   "is that of the input")
      ->type_name("N")
      ->check(CLI::Range(1, 256));
  add_choice<std::optional<RecordFormat>>(*command, "--format", options->format,
                                          {kFormats.begin(), kFormats.end()},
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
