#include "semper/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "base/hash.h"
#include "context/file_reader.h"
#include "engine/compiler_state.h"
#include "plan/check.h"
#include "plan/desired.h"
#include "plan/matrix.h"
#include "plan/write.h"
#include "policy/report.h"
#include "policy/repository.h"

namespace semper {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 16;

bool is_account_id(std::string_view text) {
  return text.size() == 12 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// The account ids that a scope's patterns name.
void collect_ids(const pattern::Object& object, std::vector<std::string_view>& ids) {
  for (const pattern::Member& member : object.members) {
    for (const pattern::Object& inner : member.objects) {
      if (member.kind == pattern::Member::Kind::kOr) collect_ids(inner, ids);
    }
    if (member.key != "accountid") continue;
    for (const pattern::Item& item : member.items) {
      for (const pattern::Test& test : item.tests) {
        for (const pattern::Predicate& predicate : test.predicates) {
          bool literal =
              predicate.op == pattern::Op::kString || predicate.op == pattern::Op::kExactly;
          if (literal && !test.negated && is_account_id(predicate.text)) {
            ids.push_back(predicate.text);
          }
        }
      }
    }
  }
}

void collect_ids(const pattern::PolicyScope& scope, std::vector<std::string_view>& ids) {
  for (const pattern::AccountScope& account : scope.accounts) {
    for (const pattern::Pattern& pattern : account.include) collect_ids(pattern.root, ids);
  }
}

/// `eu-central-1`: three parts or more, of which the last begins with a digit.
bool is_region(std::string_view text) {
  std::size_t parts = 1;
  char before = '-';
  for (char c : text) {
    bool letter = c >= 'a' && c <= 'z';
    bool digit = c >= '0' && c <= '9';
    if (!letter && !digit && (c != '-' || before == '-')) return false;
    parts += c == '-' ? 1 : 0;
    before = c;
  }
  std::size_t last = text.rfind('-') + 1;
  return parts >= 3 && last < text.size() && text[last] >= '0' && text[last] <= '9';
}

bool is_configure(const policy::Policy& policy) {
  return policy.kind != policy::Kind::kFiltering && policy.kind != policy::Kind::kExtension;
}

}  // namespace

struct Planner::State {
  Limits limits;
  policy::Policies policies;
  std::vector<Diagnostic> load_diagnostics;
  std::vector<Diagnostic> diagnostics;
  std::vector<plan::Account> accounts;
  std::vector<std::string> regions;
  plan::ControlIds controls;

  /// Sorts everything, so that the order of adding does not matter.
  void prepare() {
    policy::Policies sorted;
    for (std::uint32_t i : policy::order_by_id(policies)) sorted.push_back(std::move(policies[i]));
    policies = std::move(sorted);
    std::sort(accounts.begin(), accounts.end(),
              [](const auto& a, const auto& b) { return a.id < b.id; });
    std::sort(regions.begin(), regions.end());
    regions.erase(std::unique(regions.begin(), regions.end()), regions.end());
    diagnostics = load_diagnostics;
    for (std::size_t i = 1; i < policies.size(); ++i) {
      if (policies[i].id == policies[i - 1].id) {
        add_error("duplicate_policy", policies[i].file,
                  fmt::format("a second policy with the id {}", policies[i].id));
      }
    }
    for (std::size_t i = 1; i < accounts.size(); ++i) {
      if (accounts[i].id == accounts[i - 1].id) {
        add_error("duplicate_account", {}, fmt::format("account {} occurs twice", accounts[i].id));
      }
    }
  }

  void add_error(std::string code, std::string file, std::string message) {
    add(Diagnostic::Severity::kError, std::move(code), std::move(file), std::move(message));
  }
  void add(Diagnostic::Severity severity, std::string code, std::string file, std::string message) {
    Diagnostic diagnostic;
    diagnostic.severity = severity;
    diagnostic.code = std::move(code);
    diagnostic.file = std::move(file);
    diagnostic.message = std::move(message);
    diagnostics.push_back(std::move(diagnostic));
  }

  Status status() const {
    auto errors = std::count_if(diagnostics.begin(), diagnostics.end(), [](const auto& diagnostic) {
      return diagnostic.severity == Diagnostic::Severity::kError;
    });
    if (errors == 0) return {};
    return {StatusCode::kInvalidPolicy,
            fmt::format("{} error{}, nothing is planned", errors, errors == 1 ? "" : "s")};
  }

  /// Everything that is wrong, before anything is written.
  Status check(const plan::Desired& desired) {
    plan::Checker checker(desired, diagnostics);
    checker.check_policies();
    check_regions(desired);
    check_accounts();
    // Accounts for which all scopes say the same have the same states.
    std::unordered_set<std::uint64_t> seen;
    std::vector<std::size_t> undetermined(policies.size());
    std::vector<std::uint32_t> of_account;
    plan::AccountPlan account_plan(desired);
    for (const plan::Account& account : accounts) {
      if (!account_plan.judge(account)) {
        add_error("bad_account", {},
                  fmt::format("the context of account {} is no JSON object", account.id));
        continue;
      }
      const std::vector<pattern::Truth>& truths = account_plan.truths();
      std::string_view bytes(reinterpret_cast<const char*>(truths.data()), truths.size());
      bool fresh = seen.insert(hash64(bytes, 0)).second;
      if (!fresh && !account.context.empty()) continue;
      of_account.clear();
      for (std::size_t region = 0; region < desired.regions().size(); ++region) {
        const plan::State& state = account_plan.in(region);
        if (fresh) checker.check(state);
        of_account.insert(of_account.end(), state.undetermined.begin(), state.undetermined.end());
      }
      std::sort(of_account.begin(), of_account.end());
      of_account.erase(std::unique(of_account.begin(), of_account.end()), of_account.end());
      for (std::uint32_t policy : of_account) ++undetermined[policy];
    }
    for (std::size_t i = 0; i < policies.size(); ++i) {
      if (undetermined[i] == 0) continue;
      add(Diagnostic::Severity::kWarning, "undetermined_scope", policies[i].file,
          fmt::format("\"{}\" asks for more than the id of {} account{} without context: not "
                      "planned there, and listed as undetermined",
                      policies[i].id, undetermined[i], undetermined[i] == 1 ? "" : "s"));
    }
    return status();
  }

  /// They become names of files.
  void check_regions(const plan::Desired& desired) {
    for (const std::string& region : desired.regions()) {
      if (!is_region(region)) {
        add_error("bad_region", {},
                  fmt::format("\"{}\" is no region; write it like eu-central-1", region));
      }
    }
  }

  void check_accounts() {
    if (accounts.empty()) {
      add(Diagnostic::Severity::kWarning, "no_accounts", {},
          "no account is known: nothing to plan");
    }
    for (const policy::Policy& policy : policies) {
      if (!is_configure(policy)) continue;
      std::vector<std::string_view> ids;
      collect_ids(*policy.scope, ids);
      for (const policy::Standard& standard : policy.standards) collect_ids(standard.scope, ids);
      for (const policy::ControlSwitch& entry : policy.control_switches) {
        if (entry.scope) collect_ids(*entry.scope, ids);
      }
      std::sort(ids.begin(), ids.end());
      ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
      for (std::string_view id : ids) {
        if (std::binary_search(accounts.begin(), accounts.end(), plan::Account{std::string(id), {}},
                               [](const auto& a, const auto& b) { return a.id < b.id; })) {
          continue;
        }
        add(Diagnostic::Severity::kWarning, "unknown_account", policy.file,
            fmt::format("the scope names account {}, which is not among the accounts: nothing is "
                        "planned for it",
                        id));
      }
    }
  }

  Status need_regions() const {
    if (!regions.empty()) return {};
    return {StatusCode::kInvalidArgument, "a plan wants regions, such as eu-central-1"};
  }
};

Planner::Planner() : state_(std::make_unique<State>()) {}
Planner::Planner(const Compiler& compiler) : Planner() {
  const engine::CompilerState& collected = *compiler.state_;
  state_->limits = collected.limits;
  state_->policies = policy::Policies(collected.policies);
  state_->load_diagnostics = collected.load_diagnostics;
  state_->regions = collected.default_regions;
}
Planner::~Planner() = default;
Planner::Planner(Planner&&) noexcept = default;
Planner& Planner::operator=(Planner&&) noexcept = default;

Status Planner::add_repository(const std::string& directory) {
  return policy::load_repository(directory, state_->limits, state_->policies,
                                 state_->load_diagnostics);
}

Status Planner::add_policy(std::string_view id, std::string_view json) {
  policy::PolicyMemory memory;
  if (!policy::add_policy(id, {}, json, state_->limits, state_->policies, state_->load_diagnostics,
                          memory)) {
    return {StatusCode::kInvalidPolicy, fmt::format("the policy {} does not load", id)};
  }
  return {};
}

Status Planner::add_accounts(std::string_view json) {
  context::Contexts contexts;
  Status status = context::read_contexts(json, {}, contexts);
  if (!status.ok()) return status;
  for (auto& [id, context] : contexts) {
    if (is_account_id(id)) continue;
    // Ids become names of files.
    return {StatusCode::kInvalidArgument, fmt::format("\"{}\" is no account id (12 digits)", id)};
  }
  for (auto& [id, context] : contexts) state_->accounts.push_back({id, std::move(context)});
  return {};
}

Status Planner::add_unknown_account(std::string_view id) {
  if (!is_account_id(id)) {
    return {StatusCode::kInvalidArgument, fmt::format("\"{}\" is no account id (12 digits)", id)};
  }
  state_->accounts.push_back({std::string(id), {}});
  return {};
}

void Planner::set_regions(std::vector<std::string> regions) {
  state_->regions = std::move(regions);
}

Status Planner::add_control_ids(std::string_view json) {
  json::Document document;
  json::ParseError error;
  if (!json::Document::parse(std::string(json), {}, document, error)) {
    return {StatusCode::kInvalidArgument, fmt::format("byte {}: {}", error.offset, error.message)};
  }
  const json::Value* standards = document.root().find("standards");
  if (standards == nullptr || !standards->is_object()) {
    return {StatusCode::kInvalidArgument,
            "no control ids: want {\"standards\": {STANDARD: {CONTROL: …}}}"};
  }
  for (const json::Member& standard : standards->members()) {
    auto& ids = state_->controls[std::string(plan::short_standard(standard.key))];
    for (const json::Member& control : standard.value.members()) {
      std::vector<std::string>& others = ids[std::string(control.key)];
      for (const json::Value& other : control.value.elements()) {
        if (other.is_string()) others.emplace_back(other.text);
      }
    }
    for (const json::Value& control : standard.value.elements()) {
      if (control.is_string()) ids[std::string(control.text)];
    }
  }
  return {};
}

Status Planner::write(PlanFormat format, const PlanSink& sink) {
  Status status = state_->need_regions();
  if (!status.ok()) return status;
  state_->prepare();
  plan::Desired desired(state_->policies, state_->regions, state_->controls, state_->diagnostics);
  status = state_->check(desired);
  if (!status.ok()) return status;

  bool json = format == PlanFormat::kJson;
  std::string out;
  if (json) plan::append_head(desired, out);
  bool first = true;
  std::vector<plan::File> files;
  plan::AccountPlan account_plan(desired);
  for (const plan::Account& account : state_->accounts) {
    account_plan.judge(account);
    for (std::size_t region = 0; region < desired.regions().size(); ++region) {
      const plan::State& state = account_plan.in(region);
      if (!account_plan.planned(state)) continue;
      if (json) {
        plan::append_state(desired, state, first, out);
        first = false;
        if (out.size() < kPieceBytes) continue;
        if (!sink(plan::kPlanFile, out)) return {};
        out.clear();
        continue;
      }
      files.clear();
      if (format == PlanFormat::kTerraform) {
        plan::terraform(desired, state, files);
      } else {
        plan::cloudformation(desired, state, files);
      }
      for (const plan::File& file : files) {
        if (!sink(file.path, file.content)) return {};
      }
    }
  }
  if (json) {
    plan::append_end(out);
    sink(plan::kPlanFile, out);
  }
  return {};
}

Status Planner::write_difference(std::string_view old_plan, const PlanSink& sink) {
  Status status = state_->need_regions();
  if (!status.ok()) return status;
  state_->prepare();
  plan::Desired desired(state_->policies, state_->regions, state_->controls, state_->diagnostics);
  status = state_->check(desired);
  if (!status.ok()) return status;
  std::string error;
  if (!plan::write_difference(desired, state_->accounts, old_plan, sink, error)) {
    return {StatusCode::kInvalidArgument, error};
  }
  return {};
}

Result<std::string> Planner::matrix(MatrixRows rows, const std::vector<std::string>& by,
                                    MatrixFormat format) {
  state_->prepare();
  std::vector<Diagnostic> of_the_plan;  // wildcards and the like do not concern a table
  plan::Desired desired(state_->policies, state_->regions, state_->controls, of_the_plan);
  Status status = state_->status();
  if (!status.ok()) return status;
  std::string out;
  std::string error;
  auto table = static_cast<plan::TableFormat>(static_cast<std::int32_t>(format) - 1);
  auto kind = rows == MatrixRows::kPolicies ? plan::Rows::kPolicies : plan::Rows::kStandards;
  if (!plan::write_matrix(desired, state_->accounts, kind, by, table, out, error)) {
    return Status(StatusCode::kInvalidArgument, error);
  }
  return out;
}

const std::vector<Diagnostic>& Planner::diagnostics() const {
  return state_->diagnostics.empty() ? state_->load_diagnostics : state_->diagnostics;
}

}  // namespace semper
