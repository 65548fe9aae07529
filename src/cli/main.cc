#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>

#include "cli/commands.h"
#include "cli/console.h"
#include "semper/policy_set.hpp"

namespace {

constexpr const char* kDescription =
    "semper: AWS security findings in, the relevant ones out.\n"
    "Findings are parsed, those that a policy accepts are dropped, the rest is enriched.";

constexpr const char* kFooter =
    "INPUT is any mix of NDJSON, pretty-printed or concatenated JSON, JSON lists and\n"
    "{\"Records\": […]} or {\"Findings\": […]} files, gzipped or not; without INPUT, or for -,\n"
    "standard input.\n"
    "\n"
    "Examples:\n"
    "  semper check policies\n"
    "  semper process --policies policies --accounts accounts.json events.ndjson.gz\n"
    "  zcat trail.json.gz | semper process --policies policies --dropped dropped.ndjson\n"
    "\n"
    "Exit status: 0; 1 wrong usage, or a file that could not be read or written;\n"
    "2 policies, patterns or scopes that do not load.\n"
    "More about a command: semper COMMAND --help";

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  int exit_code = semper::cli::kSuccess;
  try {
    CLI::App app(kDescription, "semper");
    app.footer(kFooter);
    app.set_version_flag("--version", "semper " + std::string(semper::version()));
    app.require_subcommand(1);
    semper::cli::add_process(app, exit_code);
    semper::cli::add_match(app, exit_code);
    semper::cli::add_scope(app, exit_code);
    semper::cli::add_check(app, exit_code);
    semper::cli::add_plan(app, exit_code);
    semper::cli::add_matrix(app, exit_code);
    semper::cli::add_report(app, exit_code);
    semper::cli::add_coverage(app, exit_code);
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? semper::cli::kSuccess : semper::cli::kFailure;
    }
  } catch (const std::exception& error) {
    semper::cli::complain(error.what());
    return semper::cli::kFailure;
  }
  return exit_code;
}
