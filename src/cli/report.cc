#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "base/time.h"
#include "cli/choice.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/inputs.h"
#include "cli/share.h"
#include "cli/text.h"
#include "semper/report.hpp"

namespace semper::cli {
namespace {

struct Options {
  ReportOptions report;
  std::string regions;
  std::string clock;
  std::vector<std::string> by;
  std::vector<std::string> earlier;
  ReportFormat format = ReportFormat::kText;
  std::vector<std::string> inputs;
};

/// Hands documents to the report, of the state at hand or of the earlier one.
class ReportSink : public DocumentSink {
 public:
  ReportSink(Report& report, bool earlier) : report_(report), earlier_(earlier) {}

  bool try_document(std::string_view text) override {
    return earlier_ ? report_.add_earlier(text) : report_.add(text);
  }
  void document(std::string_view text) override {
    if (!try_document(text)) invalid();
  }
  void begin_oversize() override { invalid(); }
  void oversize_piece(std::string_view) override {}
  void end_oversize() override {}
  bool done() const override { return false; }

 private:
  void invalid() {
    if (!earlier_) report_.add_invalid();
  }

  Report& report_;
  bool earlier_;
};

bool read_by(const std::vector<std::string>& by, std::vector<std::string>& tags) {
  constexpr std::string_view kTag = "tag:";
  for (const std::string& group : by) {
    if (group == "ou") continue;  // always told
    if (!group.starts_with(kTag) || group.size() == kTag.size()) {
      complain(fmt::format("--by: \"{}\" is neither ou nor tag:NAME", group));
      return false;
    }
    tags.push_back(group.substr(kTag.size()));
  }
  return true;
}

int run(Options options) {
  options.report.regions = split_list(options.regions);
  if (!read_by(options.by, options.report.tags)) return kFailure;
  if (!options.clock.empty()) {
    std::optional<UnixSeconds> now = parse_time(options.clock);
    if (!now) {
      complain(fmt::format("--clock: \"{}\" is no time; write it like 2026-11-24T21:00:00Z",
                           options.clock));
      return kFailure;
    }
    options.report.clock = [now] { return *now; };
  }
  if (options.report.controls.empty()) options.report.controls = share_folder() + "/controls";

  std::vector<Diagnostic> diagnostics;
  Result<Report> report = Report::open(options.report, diagnostics);
  print_diagnostics(diagnostics);
  if (!report.ok()) {
    complain(report.status().message());
    return report.status().code() == StatusCode::kInvalidPolicy ? kBadPolicies : kFailure;
  }
  Outputs outputs;
  std::string error;
  Output* out = outputs.open("-", {}, error);
  if (out == nullptr) {
    complain(error);
    return kFailure;
  }
  bool all_read = true;
  if (!options.earlier.empty()) {
    ReportSink sink(*report, true);
    all_read = split_inputs(options.earlier, {}, outputs, sink);
  }
  ReportSink sink(*report, false);
  all_read = split_inputs(options.inputs, {}, outputs, sink) && all_read;
  out->append(report->render(options.format));
  return finish(outputs, all_read);
}

}  // namespace

void add_report(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "report", "Compliance from findings: what passed, failed, and was accepted, and the score");
  command->add_option("--policies", options->report.policies, "The policy repository")
      ->type_name("DIR")
      ->required();
  command->add_option("--accounts", options->report.accounts, "Account contexts, as for process")
      ->type_name("FILE");
  command
      ->add_option("--regions", options->regions,
                   "Regions that region scopes start from, comma-separated (default: every region)")
      ->type_name("R1,R2");
  command
      ->add_option("--by", options->by,
                   "Group accounts by tag:NAME, too (may be repeated; OUs are always told)")
      ->type_name("GROUP")
      ->allow_extra_args(false);
  command
      ->add_option("--before", options->earlier,
                   "Findings of an earlier state, to compare with (may be repeated)")
      ->type_name("FILE")
      ->allow_extra_args(false);
  add_choice<ReportFormat>(*command, "--format", options->format,
                           {{"text", ReportFormat::kText},
                            {"json", ReportFormat::kJson},
                            {"csv", ReportFormat::kCsv},
                            {"html", ReportFormat::kHtml}},
                           "text (default), json, csv or html")
      ->type_name("FORMAT");
  command
      ->add_option("--controls", options->report.controls,
                   "Folder of control catalogues (default: those that come with semper)")
      ->type_name("DIR");
  command
      ->add_option("--clock", options->clock, "The time by which acceptances expire (default: now)")
      ->type_name("RFC3339");
  command->add_option("INPUT", options->inputs, "Files with findings");
  command->footer(
      "The latest state of a finding counts; archived ones do not. docs/report.md tells how.\n"
      "\n"
      "Exit status: 0; 1 wrong usage, or a file that could not be read or written;\n"
      "2 the policies do not load.");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace semper::cli
