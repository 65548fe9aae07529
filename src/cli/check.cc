#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/inputs.h"
#include "json/writer.h"
#include "semper/policy_set.hpp"

namespace semper::cli {
namespace {

struct CheckOptions {
  std::string directory;
  bool json = false;
};

std::string to_json(const Diagnostic& diagnostic) {
  bool error = diagnostic.severity == Diagnostic::Severity::kError;
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  writer.key("severity").string(error ? "error" : "warning");
  writer.key("code").string(diagnostic.code);
  writer.key("file").string(diagnostic.file);
  writer.key("line").number(diagnostic.line);
  writer.key("column").number(diagnostic.column);
  writer.key("offset").number(static_cast<std::int64_t>(diagnostic.offset));
  writer.key("pointer").string(diagnostic.pointer);
  writer.key("message").string(diagnostic.message);
  writer.end_object();
  return out;
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

int check(const CheckOptions& options) {
  Outputs outputs;
  std::string error;
  Output* out = outputs.open("-", {}, error);
  if (out == nullptr) {
    complain(error);
    return kFailure;
  }

  Compiler compiler;
  Status opened = compiler.add_repository(options.directory);
  if (!opened.ok()) {
    complain(opened.message());
    return kBadPolicies;
  }
  Result<PolicySet> policies = compiler.compile();
  const std::vector<Diagnostic>& diagnostics = compiler.diagnostics();
  for (const Diagnostic& diagnostic : diagnostics) {
    out->line(options.json ? to_json(diagnostic) : to_string(diagnostic));
  }
  int written = finish(outputs, true);
  if (outputs.pipe_closed()) return kSuccess;

  auto errors = static_cast<std::size_t>(
      std::count_if(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& diagnostic) {
        return diagnostic.severity == Diagnostic::Severity::kError;
      }));
  std::string summary = fmt::format("{}, {}", counted(errors, "error", "errors"),
                                    counted(diagnostics.size() - errors, "warning", "warnings"));
  if (policies.ok()) summary += ", " + counted(policies->size(), "policy", "policies");
  say(summary);
  return policies.ok() ? written : kBadPolicies;
}

}  // namespace

void add_check(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command = app.add_subcommand(
      "check", "Load a policy repository and print every problem with file, line and column");
  command->add_option("DIR", options->directory, "The policy repository")->required();
  command->add_flag("--json", options->json, "One JSON object a line instead of text");
  command->footer("Exit status: 0 the policies load (there may be warnings); 2 they do not.");
  command->callback([options, &exit_code] { exit_code = check(*options); });
}

}  // namespace semper::cli
