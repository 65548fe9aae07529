#include "semper/report.hpp"

#include <utility>

#include "base/limits.h"
#include "base/time.h"
#include "policy/repository.h"
#include "report/render.h"
#include "report/states.h"
#include "report/summary.h"
#include "report/tailoring.h"
#include "semper/policy_set.hpp"

namespace semper {
namespace report {

struct ReportState {
  ReportOptions options;
  Names names;
  PolicySet policies;
  std::optional<Tailoring> tailoring;
  std::optional<States> states;
  std::optional<States> earlier;

  /// One instant for all findings and the report: the first that is asked for.
  std::int64_t now() {
    if (!now_) now_ = options.clock ? options.clock() : system_clock()();
    return *now_;
  }
  States& states_of(std::optional<States>& which) {
    if (!which) {
      EvaluatorOptions evaluator_options;
      evaluator_options.clock = [this] { return now(); };
      which.emplace(policies, evaluator_options, names);
    }
    return *which;
  }
  Summary summary_of(std::optional<States>& which) {
    // The evaluator knows the set as long as it lives, and it lives in `states`.
    States& of = states_of(which);
    return summarize({of, names, *tailoring, of.policies(), options.regions, options.tags, now()});
  }

 private:
  std::optional<std::int64_t> now_;
};

}  // namespace report

Report::Report(std::unique_ptr<report::ReportState> state) : state_(std::move(state)) {}
Report::~Report() = default;
Report::Report(Report&&) noexcept = default;
Report& Report::operator=(Report&&) noexcept = default;

Result<Report> Report::open(const ReportOptions& options, std::vector<Diagnostic>& diagnostics) {
  auto state = std::make_unique<report::ReportState>();
  state->options = options;

  Compiler compiler;
  compiler.set_default_regions(options.regions);
  if (!options.accounts.empty()) {
    auto provider = open_account_file(options.accounts);
    if (!provider.ok()) return provider.status();
    compiler.set_account_provider(*provider);
  }
  Status opened = compiler.add_repository(options.policies);
  if (!opened.ok()) return opened;
  Result<PolicySet> compiled = compiler.compile();
  diagnostics.insert(diagnostics.end(), compiler.diagnostics().begin(),
                     compiler.diagnostics().end());
  if (!compiled.ok()) return compiled.status();
  state->policies = *compiled;

  // The compiled set has no configure sections other than rules.
  policy::Policies policies;
  std::vector<Diagnostic> told_already;
  opened = policy::load_repository(options.policies, {}, policies, told_already);
  if (!opened.ok()) return opened;
  state->tailoring.emplace(policies, options.regions);

  auto accounts = report::Accounts::read(options.accounts, options.tags);
  if (!accounts.ok()) return accounts.status();
  state->names.accounts = std::move(*accounts);
  auto ids = report::ControlIds::read(options.controls);
  if (!ids.ok()) return ids.status();
  state->names.ids = std::move(*ids);
  state->names.standard_sets.emplace_back();
  for (const std::string& standard : state->tailoring->enabled_standards()) {
    state->names.standards.add(standard);
  }
  return Report(std::move(state));
}

bool Report::add(std::string_view event) {
  return state_->states_of(state_->states).add(event);
}

bool Report::add_earlier(std::string_view event) {
  return state_->states_of(state_->earlier).add(event);
}

void Report::add_invalid() {
  state_->states_of(state_->states).add_invalid();
}

std::string Report::render(ReportFormat format) const {
  report::Summary summary = state_->summary_of(state_->states);
  std::optional<report::Summary> before;
  if (state_->earlier) before = state_->summary_of(state_->earlier);
  const report::Summary* earlier = before ? &*before : nullptr;
  switch (format) {
    case ReportFormat::kJson:
      return report::to_json(summary, earlier);
    case ReportFormat::kCsv:
      return report::to_csv(summary, earlier);
    case ReportFormat::kHtml:
      return report::to_html(summary, earlier);
    case ReportFormat::kText:
      break;
  }
  return report::to_text(summary, earlier);
}

}  // namespace semper
