#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

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
  CoverageOptions coverage;
  std::string regions;
  CoverageFormat format = CoverageFormat::kText;
  std::string folder;
  bool strict = false;
};

int run(Options options) {
  options.coverage.regions = split_list(options.regions);
  options.coverage.controls =
      options.folder.empty() ? share_folder() + "/controls" : options.folder;
  std::vector<Diagnostic> diagnostics;
  Result<Coverage> found = coverage(options.coverage, options.format, diagnostics);
  print_diagnostics(diagnostics);
  if (!found.ok()) {
    complain(found.status().message());
    return found.status().code() == StatusCode::kInvalidPolicy ? kBadPolicies : kFailure;
  }
  Outputs outputs;
  std::string error;
  Output* out = outputs.open("-", {}, error);
  if (out == nullptr) {
    complain(error);
    return kFailure;
  }
  out->append(found->text);
  int exit_code = finish(outputs, true);
  say(fmt::format("{} of {} places are blind spots", found->blind_spots, found->cells));
  return options.strict && found->blind_spots > 0 ? static_cast<int>(kFailure) : exit_code;
}

}  // namespace

void add_coverage(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "coverage", "Which controls are detected where, and where nobody would see anything");
  command
      ->add_option("--controls", options->coverage.catalogue,
                   "The catalogue: cis-3, cis-1.4-4, cis-3.0-4, or a file of your own (.json)")
      ->type_name("NAME")
      ->required();
  command->add_option("--policies", options->coverage.policies, "The policy repository")
      ->type_name("DIR")
      ->required();
  command->add_option("--accounts", options->coverage.accounts, "Account contexts, as for process")
      ->type_name("FILE")
      ->required();
  command->add_option("--regions", options->regions, "The regions in use, comma-separated")
      ->type_name("R1,R2")
      ->required();
  add_choice<CoverageFormat>(*command, "--format", options->format,
                             {{"text", CoverageFormat::kText},
                              {"json", CoverageFormat::kJson},
                              {"csv", CoverageFormat::kCsv}},
                             "text (default), json or csv")
      ->type_name("FORMAT");
  command
      ->add_option("--catalogues", options->folder,
                   "Folder of control catalogues (default: those that come with semper)")
      ->type_name("DIR");
  command->add_flag("--strict", options->strict, "Exit status 1 where there is a blind spot");
  command->footer(
      "The events that the catalogue lists for a control are put to the event rules, as if they\n"
      "came from each account and region; Config rules and Security Hub's controls count, too.\n"
      "The last line on standard error counts the blind spots.");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace semper::cli
