#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>

#include "cli/choice.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/entries.h"
#include "cli/input.h"
#include "cli/inputs.h"
#include "json/writer.h"
#include "pattern/program.h"

namespace semper::cli {
namespace {

struct MatchOptions {
  std::string patterns;
  pattern::Dialect dialect = pattern::Dialect::kSemper;
  pattern::Arrays arrays = pattern::Arrays::kAny;
  bool check = false;
  bool quiet = false;
  std::size_t repeat = 1;
  std::vector<std::string> inputs;
};

class Matching : public DocumentSink {
 public:
  Matching(const pattern::Program& program, const std::vector<Entry>& entries, Output& output,
           bool keep, bool quiet)
      : output_(output), keep_(keep), quiet_(quiet), matcher_(program) {
    for (const Entry& entry : entries) json::append_quoted(ids_.emplace_back(), entry.id);
  }

  bool try_document(std::string_view text) override {
    if (!match(text)) return false;
    finish_event(text);
    return true;
  }
  void document(std::string_view text) override {
    match(text);
    finish_event(text);
  }
  void begin_oversize() override {
    write_error("event_too_large");
    print();
  }
  void oversize_piece(std::string_view) override {}
  void end_oversize() override {}
  bool done() const override { return output_.failed(); }

  /// Matches all events that were kept once more.
  void repeat() {
    for (const std::string& event : kept_) match(event);
  }
  std::size_t events() const { return events_; }

 private:
  /// Leaves the answer in `line_`; false where the text is no JSON.
  bool match(std::string_view text) {
    if (!event_.parse(text)) {
      write_error(event_.error().name());
      return false;
    }
    if (!event_.root().is_object()) {
      write_error("event_not_object");
      return true;
    }
    matcher_.match({event_.root(), {}}, matched_);
    line_ = '[';
    for (std::uint32_t pattern : matched_) {
      if (line_.size() > 1) line_ += ',';
      line_ += ids_[pattern];
    }
    line_ += ']';
    return true;
  }

  void write_error(std::string_view code) { line_ = fmt::format(R"({{"error":"{}"}})", code); }

  void finish_event(std::string_view text) {
    if (keep_) kept_.emplace_back(text);
    print();
  }

  void print() {
    ++events_;
    if (!quiet_) output_.line(line_);
  }

  std::vector<std::string> ids_;  ///< as JSON
  Output& output_;
  bool keep_;
  bool quiet_;
  json::EventDocument event_;
  pattern::Matcher matcher_;
  std::vector<std::uint32_t> matched_;
  std::string line_;
  std::vector<std::string> kept_;
  std::size_t events_ = 0;
};

/// Runs all inputs, and with --repeat all events again; says how long that took.
int run(const MatchOptions& options, const pattern::Program& program,
        const std::vector<Entry>& entries, Outputs& outputs, Output& out) {
  bool measured = options.repeat > 1 || options.quiet;
  Matching matching(program, entries, out, options.repeat > 1, options.quiet);
  SplitOptions split;
  split.unwrap = false;
  auto start = std::chrono::steady_clock::now();
  bool all_read = split_inputs(options.inputs, split, outputs, matching);
  // Reading the input is part of the only pass, and no part of repeated ones.
  std::size_t passes = 1;
  if (options.repeat > 1 && !outputs.failed()) {
    start = std::chrono::steady_clock::now();
    for (passes = 0; passes < options.repeat; ++passes) matching.repeat();
  }
  std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  int exit_code = finish(outputs, all_read);
  if (measured && !outputs.failed()) {
    double events = static_cast<double>(matching.events()) * static_cast<double>(passes);
    say(fmt::format("{} events x {} in {:.3f} s: {:.0f} events/s", matching.events(), passes,
                    seconds.count(), seconds.count() > 0 ? events / seconds.count() : 0));
  }
  return exit_code;
}

int match(const MatchOptions& options) {
  if (options.dialect == pattern::Dialect::kEventBridge &&
      options.arrays == pattern::Arrays::kAll) {
    complain("--arrays all: EventBridge knows any only; use --dialect semper");
    return kFailure;
  }
  std::string content;
  std::string error;
  if (!read_all(options.patterns, content, error)) {
    complain(error);
    return kFailure;
  }
  Outputs outputs;
  Output* out = outputs.open("-", {}, error);
  if (out == nullptr) {
    complain(error);
    return kFailure;
  }

  pattern::ProgramBuilder builder;
  auto compile = [&](const json::Value& value, pattern::Issue& issue,
                     std::vector<pattern::Issue>& warnings) {
    pattern::Pattern pattern;
    if (!pattern::parse(value, options.dialect, {}, pattern, issue, warnings)) return false;
    builder.add(pattern, options.arrays);
    return true;
  };
  std::vector<Entry> entries = compile_entries(options.patterns, content, "pattern", compile);
  if (options.check) {
    for (const Entry& entry : entries) out->line(check_line(entry));
    return finish(outputs, true);
  }
  if (!report_entries(options.patterns, entries)) return kBadPolicies;
  return run(options, builder.build(), entries, outputs, *out);
}

}  // namespace

void add_match(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<MatchOptions>();
  CLI::App* command =
      app.add_subcommand("match", "Tell for every event which patterns of a file match it");
  command->add_option("--patterns", options->patterns, R"(NDJSON of {"id": …, "pattern": {…}})")
      ->type_name("FILE")
      ->required();
  add_choice<pattern::Dialect>(
      *command, "--dialect", options->dialect,
      {{"semper", pattern::Dialect::kSemper}, {"eventbridge", pattern::Dialect::kEventBridge}},
      "semper (default) or eventbridge")
      ->type_name("DIALECT");
  add_choice<pattern::Arrays>(*command, "--arrays", options->arrays,
                              {{"any", pattern::Arrays::kAny}, {"all", pattern::Arrays::kAll}},
                              "Of a list in an event, any element must match (default), or all")
      ->type_name("QUANTIFIER");
  auto* check = command->add_flag("--check", options->check,
                                  "Do not read events: tell for every pattern what is wrong");
  command
      ->add_option("--repeat", options->repeat,
                   "Match all events N times more, and tell events per second")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command->add_flag("--quiet", options->quiet, "Print no matches, only events per second");
  command->add_option("INPUT", options->inputs, "Files with events")->excludes(check);
  command->footer(
      "For every event one line: the JSON list of the ids that match, in FILE's order, or\n"
      "{\"error\": code} where it is no event. With --check, for every pattern a line\n"
      "{\"id\", \"ok\": true} or {\"id\", \"error\": code, \"message\", \"path\", \"offset\"}.\n"
      "\n"
      "Exit status: 0; 1 wrong usage, or a file that could not be read or written;\n"
      "2 a pattern does not compile (without --check).");
  command->callback([options, &exit_code] { exit_code = match(*options); });
}

}  // namespace semper::cli
