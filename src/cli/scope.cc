#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/entries.h"
#include "cli/input.h"
#include "cli/inputs.h"
#include "cli/text.h"
#include "json/event.h"
#include "json/writer.h"
#include "pattern/scope.h"
#include "pattern/scope_program.h"

namespace semper::cli {
namespace {

struct ScopeOptions {
  std::string scopes;
  std::optional<std::string> region;
  std::optional<std::string> regions;
  bool effective = false;
  bool check = false;
  std::vector<std::string> inputs;
};

struct NamedScope {
  std::string id;
  pattern::PolicyScope scope;
};

class Scoping : public DocumentSink {
 public:
  Scoping(const std::vector<NamedScope>& scopes, const std::optional<std::string>& region,
          Output& output)
      : scopes_(scopes), region_(region), output_(output) {
    for (const NamedScope& named : scopes) program_.add(named.scope);
    program_.build();
  }

  bool try_document(std::string_view text) override {
    if (!event_.parse(text)) return false;
    judge();
    return true;
  }
  void document(std::string_view text) override {
    if (event_.parse(text)) {
      judge();
    } else {
      write_error(event_.error().name());
    }
  }
  void begin_oversize() override { write_error("event_too_large"); }
  void oversize_piece(std::string_view) override {}
  void end_oversize() override {}
  bool done() const override { return output_.failed(); }

 private:
  void judge() {
    if (!event_.root().is_object()) {
      write_error("event_not_object");
      return;
    }
    program_.judge(event_.root(), {}, truths_);
    std::string line;
    json::Writer writer(line);
    writer.begin_array();
    for (std::size_t i = 0; i < scopes_.size(); ++i) {
      bool holds = truths_[i] == pattern::Truth::kTrue;
      if (region_) holds = holds && scopes_[i].scope.regions.holds(*region_);
      if (holds) writer.string(scopes_[i].id);
    }
    writer.end_array();
    output_.line(line);
  }

  void write_error(std::string_view code) {
    output_.line(fmt::format(R"({{"error":"{}"}})", code));
  }

  const std::vector<NamedScope>& scopes_;
  const std::optional<std::string>& region_;
  Output& output_;
  pattern::ScopeProgram program_;
  std::vector<pattern::Truth> truths_;
  json::EventDocument event_;
};

/// With --effective a region scope may stand for the policyScope around it. It is told by what a
/// policyScope never is: a string, a list, or an object with the keys of a region scope.
bool is_list_scope(const json::Value& value) {
  return !value.is_object() || value.find_ignore_case("exclude") != nullptr ||
         value.find_ignore_case("forceInclude") != nullptr;
}

std::string effective_line(const NamedScope& named, const std::vector<std::string>& defaults) {
  std::string line;
  json::Writer writer(line);
  writer.begin_object().key("id").string(named.id).key("regions").begin_array();
  for (const std::string& region : named.scope.regions.effective(defaults)) writer.string(region);
  writer.end_array().end_object();
  return line;
}

int scope(const ScopeOptions& options) {
  if (options.effective && !options.check && !options.regions) {
    complain("--effective wants the default regions: --regions eu-central-1,us-east-1");
    return kFailure;
  }
  std::string content;
  std::string error;
  if (!read_all(options.scopes, content, error)) {
    complain(error);
    return kFailure;
  }
  Outputs outputs;
  Output* out = outputs.open("-", {}, error);
  if (out == nullptr) {
    complain(error);
    return kFailure;
  }

  std::vector<NamedScope> scopes;
  auto compile = [&](const json::Value& value, pattern::Issue& issue,
                     std::vector<pattern::Issue>& warnings) {
    NamedScope named;
    bool ok = options.effective && is_list_scope(value)
                  ? pattern::parse_list_scope(value, named.scope.regions, issue, warnings)
                  : pattern::parse_scope(value, {}, named.scope, issue, warnings);
    if (ok) scopes.push_back(std::move(named));
    return ok;
  };
  std::vector<Entry> entries = compile_entries(options.scopes, content, "scope", compile);
  if (options.check) {
    for (const Entry& entry : entries) out->line(check_line(entry));
    return finish(outputs, true);
  }
  if (!report_entries(options.scopes, entries)) return kBadPolicies;
  for (std::size_t i = 0; i < entries.size(); ++i) scopes[i].id = entries[i].id;

  if (options.effective) {
    std::vector<std::string> defaults = split_list(*options.regions);
    for (const NamedScope& named : scopes) out->line(effective_line(named, defaults));
    return finish(outputs, true);
  }
  Scoping scoping(scopes, options.region, *out);
  bool all_read = split_inputs(options.inputs, {}, outputs, scoping);
  return finish(outputs, all_read);
}

}  // namespace

void add_scope(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ScopeOptions>();
  CLI::App* command =
      app.add_subcommand("scope", "Tell for every account which scopes of a file hold");
  command->add_option("--scopes", options->scopes, R"(NDJSON of {"id": …, "scope": {…}})")
      ->type_name("FILE")
      ->required();
  command->add_option("--region", options->region, "The region; without it only the account counts")
      ->type_name("REGION");
  auto* check = command->add_flag("--check", options->check,
                                  "Do not read accounts: tell for every scope what is wrong");
  auto* effective = command->add_flag("--effective", options->effective,
                                      "Do not read accounts: list the regions of every scope");
  command
      ->add_option("--regions", options->regions,
                   "For --effective: the default regions, comma-separated")
      ->type_name("R1,R2")
      ->needs(effective);
  command->add_option("INPUT", options->inputs, "Files with account contexts")
      ->excludes(check)
      ->excludes(effective);
  command->footer(
      "INPUT holds account contexts, as NDJSON or JSON lists. For every account one line: the "
      "JSON\n"
      "list of the ids whose scope holds, in FILE's order. With --effective, for every scope a "
      "line\n"
      "{\"id\", \"regions\"}; with --check {\"id\", \"ok\": true} or {\"id\", \"error\": code, "
      "…}.\n"
      "\n"
      "Exit status: 0; 1 wrong usage, or a file that could not be read or written;\n"
      "2 a scope does not load (without --check).");
  command->callback([options, &exit_code] { exit_code = scope(*options); });
}

}  // namespace semper::cli
