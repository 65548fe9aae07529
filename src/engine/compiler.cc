#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/hash.h"
#include "base/text.h"
#include "engine/compiler_state.h"
#include "engine/policy_set.h"
#include "json/writer.h"
#include "policy/layers.h"
#include "policy/repository.h"
#include "semper/policy_set.hpp"

namespace semper {
namespace engine {

std::string_view kind_name(policy::Kind kind) {
  switch (kind) {
    case policy::Kind::kConfigRule:
      return "config_rule";
    case policy::Kind::kEventRule:
      return "event_rule";
    case policy::Kind::kControlParameters:
      return "control_parameters";
    case policy::Kind::kStandards:
      return "standards";
    case policy::Kind::kControlSwitches:
      return "control_switches";
    case policy::Kind::kFiltering:
      return "filtering";
    case policy::Kind::kExtension:
      return "extension";
  }
  return "";
}

namespace {

std::string names_of(const Providers& providers) {
  std::string names;
  for (const auto& [name, provider] : providers)
    names.append(names.empty() ? "" : ", ").append(name);
  return names;
}

bool has_pattern(const policy::Policy& policy) {
  return policy.kind == policy::Kind::kEventRule || policy.kind == policy::Kind::kFiltering ||
         policy.kind == policy::Kind::kExtension;
}

bool is_everywhere(const pattern::PolicyScope& scope) {
  return scope.all_accounts && !scope.regions.exclude_all && scope.regions.exclude.empty() &&
         scope.regions.include.empty();
}

/// Whether a field below these keys is answered by the account context alone.
bool is_account_field(std::string_view root, std::string_view key) {
  if (key == "accountid") return false;
  return root == "accountcontext" ||
         (root == "normalized" && (key.starts_with("account") || key.starts_with("ou")));
}

bool asks_account_context(const pattern::Object& object, std::string_view root) {
  for (const pattern::Member& member : object.members) {
    if (member.kind == pattern::Member::Kind::kOr) {
      for (const pattern::Object& branch : member.objects) {
        if (asks_account_context(branch, root)) return true;
      }
    } else if (!root.empty()) {
      if (is_account_field(root, member.key)) return true;
    } else if (member.kind == pattern::Member::Kind::kObject) {
      if (asks_account_context(member.objects[0], member.key)) return true;
    } else if (member.key == "accountcontext" || member.key == "normalized") {
      return true;
    }
  }
  return false;
}

/// Without any provider nobody has decided yet who answers (`semper check`).
void check_providers(const std::vector<const policy::Policy*>& policies, const Providers& providers,
                     std::vector<Diagnostic>& diagnostics) {
  if (providers.empty()) return;
  for (const policy::Policy* policy : policies) {
    for (const policy::ContextQuery& query : policy->queries) {
      if (providers.find(query.provider) != providers.end()) continue;
      Diagnostic diagnostic;
      diagnostic.severity = Diagnostic::Severity::kWarning;
      diagnostic.code = "unknown_provider";
      diagnostic.file = policy->file;
      diagnostic.message = fmt::format(
          "asks the provider \"{}\", which is none of those that were given ({}): its keys fail",
          query.provider, names_of(providers));
      diagnostics.push_back(std::move(diagnostic));
      break;
    }
  }
}

std::uint32_t add_scope(const pattern::PolicyScope& scope, PolicySetState& set) {
  set.regions.push_back(scope.regions);
  return set.scopes.add(scope);
}

/// The scopes of a set that is being compiled. Equal ones of many policies are one object.
using ScopeNumbers = std::unordered_map<const pattern::PolicyScope*, std::uint32_t>;

std::uint32_t number_of(const pattern::PolicyScope& scope, ScopeNumbers& numbers,
                        PolicySetState& set) {
  if (is_everywhere(scope)) return 0;
  auto [known, is_new] = numbers.try_emplace(&scope, 0);
  if (is_new) known->second = add_scope(scope, set);
  return known->second;
}

/// Names are equal without regard to case, as keys are.
auto find_context(const PolicySetState& set, std::string_view name) {
  return std::find_if(set.contexts.begin(), set.contexts.end(), [name](const ContextSource& known) {
    return equals_ignore_ascii_case(known.name, name);
  });
}

void add_context(const policy::ContextQuery& query, PolicySetState& set) {
  if (find_context(set, query.name) == set.contexts.end()) {
    set.contexts.push_back({query.name, query.provider});
  }
}

void compile_context(const policy::Policy& policy, CompiledPolicy& compiled, PolicySetState& set) {
  auto index_of = [&set](auto context) {
    return static_cast<std::uint32_t>(context - set.contexts.begin());
  };
  for (const policy::ContextQuery& query : policy.queries) {
    compiled.queries.push_back({index_of(find_context(set, query.name)), query.key});
    set.asks_finding |= policy::asks_for(query.key, "finding");
    set.asks_raw |= policy::asks_for(query.key, "raw");
    set.asked_fields.add(query.key);
  }
  if (policy.subject != policy::Subject::kEnriched) return;
  policy::AskedContexts asked = policy::asked_contexts(policy);
  for (auto context = set.contexts.begin(); context != set.contexts.end(); ++context) {
    bool is_asked =
        asked.all_in_pattern ||
        std::any_of(asked.in_pattern.begin(), asked.in_pattern.end(), [&](std::string_view name) {
          return equals_ignore_ascii_case(name, context->name);
        });
    if (is_asked) compiled.asks_contexts.push_back(index_of(context));
  }
}

/// Whether the pattern has this key at its top.
bool asks_for(const pattern::Object& object, std::string_view root) {
  return std::any_of(object.members.begin(), object.members.end(), [root](const auto& member) {
    return member.key == root ||
           (member.kind == pattern::Member::Kind::kOr &&
            std::any_of(member.objects.begin(), member.objects.end(),
                        [root](const auto& branch) { return asks_for(branch, root); }));
  });
}

/// The object without its members `context`; empty where it may hold whatever else there is.
pattern::Object without_context(const pattern::Object& object, pattern::TreeMemory& memory) {
  std::span<pattern::Member> rest = memory.array<pattern::Member>(object.members.size());
  std::size_t size = 0;
  for (const pattern::Member& member : object.members) {
    if (member.kind != pattern::Member::Kind::kOr) {
      if (member.key != "context") rest[size++] = member;
      continue;
    }
    std::span<pattern::Object> branches = memory.array<pattern::Object>(member.objects.size());
    std::transform(member.objects.begin(), member.objects.end(), branches.begin(),
                   [&](const auto& branch) { return without_context(branch, memory); });
    bool any_holds = std::any_of(branches.begin(), branches.end(),
                                 [](const auto& branch) { return branch.members.empty(); });
    if (any_holds) continue;
    rest[size] = member;
    rest[size++].objects = branches;
  }
  return {rest.first(size)};
}

std::string_view verdict_identity(const policy::Policy& policy, std::string& scratch,
                                  Arena& texts) {
  scratch.clear();
  json::Writer(scratch).key("id").string(policy.id).key("hash").string(policy.hash);
  return texts.copy(scratch);
}

std::string_view verdict_reasons(const policy::Policy& policy, std::string& scratch, Arena& texts) {
  const policy::Lifecycle& lifecycle = policy.lifecycle;
  scratch.clear();
  json::Writer writer(scratch);
  if (!policy.title.empty()) writer.key("title").string(policy.title);
  if (!lifecycle.reason.empty()) writer.key("reason").string(lifecycle.reason);
  if (!lifecycle.ticket.empty()) writer.key("ticket").string(lifecycle.ticket);
  if (lifecycle.expires_at) writer.key("expiresAt").string(format_time(*lifecycle.expires_at));
  return texts.copy(scratch);
}

/// A text that most often stands in one that is kept already: where nothing is escaped in JSON.
std::string_view keep(std::string_view text, std::string_view kept, Arena& texts) {
  std::size_t at = kept.find(text);
  return at == std::string_view::npos ? texts.copy(text) : kept.substr(at, text.size());
}

void compile_policy(const policy::Policy& policy, std::string& scratch, CompiledPolicy& compiled,
                    PolicySetState& set) {
  compiled.verdict_identity = verdict_identity(policy, scratch, set.texts);
  compiled.verdict_reasons = verdict_reasons(policy, scratch, set.texts);
  compiled.id = keep(policy.id, compiled.verdict_identity, set.texts);
  compiled.hash = keep(policy.hash, compiled.verdict_identity, set.texts);
  compiled.file = keep(policy.file, compiled.verdict_identity, set.texts);
  compiled.title = keep(policy.title, compiled.verdict_reasons, set.texts);
  compiled.reason = keep(policy.lifecycle.reason, compiled.verdict_reasons, set.texts);
  compiled.ticket = keep(policy.lifecycle.ticket, compiled.verdict_reasons, set.texts);
  compiled.kind = policy.kind;
  compiled.source = policy.source;
  compiled.lifecycle = policy.lifecycle;
  compiled.settings = policy.settings;
  compiled.extensions = policy.extensions;
  compile_context(policy, compiled, set);
  for (const policy::TemplateMember& member : compiled.extensions) {
    set.asks_finding |= policy::asks_for(member.value, "finding");
    set.asks_raw |= policy::asks_for(member.value, "raw");
    set.asked_fields.add(member.value);
  }
  compiled.asks_account_context = policy.subject >= policy::Subject::kProcessed &&
                                  asks_account_context(policy.finding_pattern.root, {});
}

std::string fingerprint_of(const PolicySetState& set) {
  std::string identity;
  for (const std::string& region : set.default_regions) json::append_quoted(identity, region);
  for (const CompiledPolicy& policy : set.policies) {
    json::append_quoted(identity, policy.id);
    identity += policy.hash;
  }
  return hash_hex(identity);
}

}  // namespace
}  // namespace engine

Compiler::Compiler() : state_(std::make_unique<engine::CompilerState>()) {}
Compiler::~Compiler() = default;
Compiler::Compiler(Compiler&&) noexcept = default;
Compiler& Compiler::operator=(Compiler&&) noexcept = default;

Status Compiler::set_limits(const Limits& limits) {
  struct Bound {
    std::string_view name;
    std::size_t Limits::*limit;
    bool may_be_raised;
  };
  constexpr Bound kBounds[] = {
      {"event_bytes", &Limits::event_bytes, true},
      {"event_depth", &Limits::event_depth, false},
      {"event_findings", &Limits::event_findings, true},
      {"policy_bytes", &Limits::policy_bytes, true},
      {"pattern_depth", &Limits::pattern_depth, false},
      {"branch_fields", &Limits::branch_fields, false},
      {"branches", &Limits::branches, false},
      {"wildcard_stars", &Limits::wildcard_stars, false},
      {"regex_bytes", &Limits::regex_bytes, false},
      {"combinator_depth", &Limits::combinator_depth, false},
      {"accounts", &Limits::accounts, true},
  };
  constexpr std::size_t kMost = 2147483647;
  for (const Bound& bound : kBounds) {
    std::size_t most = bound.may_be_raised ? kMost : Limits{}.*bound.limit;
    if (limits.*bound.limit == 0 || limits.*bound.limit > most) {
      return {StatusCode::kInvalidArgument, "the limit " + std::string(bound.name) +
                                                " must be from 1 to " + std::to_string(most)};
    }
  }
  if (limits.number_bytes != Limits{}.number_bytes ||
      limits.number_exponent != Limits{}.number_exponent) {
    return {StatusCode::kInvalidArgument,
            "number_bytes and number_exponent are part of the pattern language: leave them"};
  }
  state_->limits = limits;
  state_->memory.scopes.clear();
  return {};
}

Status Compiler::add_repository(const std::string& directory) {
  std::size_t first = state_->load_diagnostics.size();
  Status status = policy::load_repository(directory, state_->limits, state_->policies,
                                          state_->load_diagnostics, state_->memory);
  state_->add_diagnostics(first);
  return status;
}

Status Compiler::add_policy(std::string_view id, std::string_view json) {
  std::size_t first = state_->load_diagnostics.size();
  bool ok = policy::add_policy(id, id, json, state_->limits, state_->policies,
                               state_->load_diagnostics, state_->memory);
  state_->add_diagnostics(first);
  if (!ok) return {StatusCode::kInvalidPolicy, "the policy does not load; see the diagnostics"};
  return {};
}

void Compiler::set_default_regions(std::vector<std::string> regions) {
  state_->default_regions = std::move(regions);
}

Status Compiler::add_provider(std::string_view name, std::shared_ptr<ContextProvider> provider) {
  auto usable = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  if (name.empty() || !std::all_of(name.begin(), name.end(), usable)) {
    return {StatusCode::kInvalidArgument,
            fmt::format("\"{}\" cannot name a provider; use letters, digits, _ and -", name)};
  }
  if (provider == nullptr) {
    return {StatusCode::kInvalidArgument, fmt::format("no provider is given for {}", name)};
  }
  if (!state_->providers.emplace(name, std::move(provider)).second) {
    return {StatusCode::kInvalidArgument, fmt::format("there are two providers {}", name)};
  }
  return {};
}

void Compiler::set_account_provider(std::shared_ptr<ContextProvider> provider) {
  if (provider == nullptr) {
    state_->providers.erase(std::string(engine::kAccountProvider));
  } else {
    state_->providers.insert_or_assign(std::string(engine::kAccountProvider), std::move(provider));
  }
}

const std::vector<Diagnostic>& Compiler::diagnostics() const {
  return state_->diagnostics;
}

Result<PolicySet> Compiler::compile() {
  std::vector<Diagnostic>& diagnostics = state_->diagnostics;
  diagnostics = state_->load_diagnostics;
  state_->has_compiled = true;
  const std::vector<std::uint32_t> order = policy::order_by_id(state_->policies);
  std::vector<const policy::Policy*> policies;
  policies.reserve(order.size());
  for (std::uint32_t i : order) policies.push_back(&state_->policies[i]);
  for (std::size_t i = 1; i < policies.size(); ++i) {
    if (policies[i]->id != policies[i - 1]->id) continue;
    Diagnostic diagnostic;
    diagnostic.code = "duplicate_policy";
    diagnostic.file = policies[i]->file;
    diagnostic.message = "a policy with the id \"" + policies[i]->id + "\" was added before (" +
                         policies[i - 1]->file + "); remove one of them";
    diagnostics.push_back(std::move(diagnostic));
  }
  policy::check_together(policies, diagnostics);
  engine::check_providers(policies, state_->providers, diagnostics);
  std::vector<std::uint32_t> layers = policy::find_layers(policies, diagnostics);
  std::stable_sort(diagnostics.begin(), diagnostics.end(), [](const auto& a, const auto& b) {
    return std::tie(a.file, a.offset) < std::tie(b.file, b.offset);
  });
  auto errors = std::count_if(diagnostics.begin(), diagnostics.end(), [](const auto& diagnostic) {
    return diagnostic.severity == Diagnostic::Severity::kError;
  });
  if (errors > 0) {
    return Status(StatusCode::kInvalidPolicy, "the policies do not load; see the diagnostics");
  }

  auto set = std::make_shared<engine::PolicySetState>();
  set->limits = state_->limits;
  set->default_regions = state_->default_regions;
  set->providers = state_->providers;
  engine::add_scope({}, *set);
  std::array<pattern::ProgramBuilder, engine::kSubjects> builders;
  for (const policy::Policy* each : policies) {
    for (const policy::ContextQuery& query : each->queries) engine::add_context(query, *set);
  }
  // Policies and their trees are read in the order in which they lie in memory; their numbers, and
  // those of their patterns, are in the order of ids.
  std::vector<std::uint32_t> numbers(policies.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) numbers[order[i]] = i;
  set->policies.resize(policies.size());
  engine::ScopeNumbers scope_numbers;
  std::string scratch;
  pattern::TreeMemory rest_memory;  // of patterns without context, until they are compiled
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const policy::Policy& policy = state_->policies[i];
    std::uint32_t index = numbers[i];
    set->has_event_rules |= policy.kind == policy::Kind::kEventRule;
    engine::CompiledPolicy& compiled = set->policies[index];
    engine::compile_policy(policy, scratch, compiled, *set);
    compiled.layer = layers[index];
    compiled.scope = engine::number_of(*policy.scope, scope_numbers, *set);
    if (policy.subject == policy::Subject::kEnriched || !policy.queries.empty()) {
      set->layers = std::max(set->layers, layers[index] + 1);
    }
    if (engine::has_pattern(policy)) {
      auto subject = static_cast<std::size_t>(policy.subject);
      if (policy.subject >= policy::Subject::kProcessed) {
        set->asks_finding |= engine::asks_for(policy.finding_pattern.root, "finding");
        set->asks_raw |= engine::asks_for(policy.finding_pattern.root, "raw");
        set->asked_fields.add(policy.finding_pattern);
      }
      builders[subject].add(policy.finding_pattern, policy.arrays);
      set->programs[subject].add(index, policy.source);
      if (policy.subject == policy::Subject::kEnriched) {
        pattern::Pattern rest = policy.finding_pattern;
        rest.root = engine::without_context(rest.root, rest_memory);
        if (rest.root.members.empty()) {
          set->programs[subject].only_context.push_back(index);
        } else {
          builders[subject].add(rest, policy.arrays);
          set->programs[subject].add_without_context(index);
        }
      }
    }
  }
  for (std::uint32_t i = 0; i < policies.size(); ++i) {
    if (policies[i]->kind == policy::Kind::kConfigRule) {
      set->config_rules.emplace(policies[i]->config_rule.name, i);
    }
  }
  set->scopes.build();
  for (std::size_t i = 0; i < builders.size(); ++i) {
    engine::SubjectProgram& program = set->programs[i];
    program.program = builders[i].build(program.sort_policies());
  }
  set->fingerprint = engine::fingerprint_of(*set);
  return PolicySet(std::move(set));
}

PolicySet::PolicySet() {
  auto set = std::make_shared<engine::PolicySetState>();
  engine::add_scope({}, *set);
  set->scopes.build();
  set->fingerprint = engine::fingerprint_of(*set);
  state_ = std::move(set);
}

PolicySet::PolicySet(std::shared_ptr<const engine::PolicySetState> state)
    : state_(std::move(state)) {}

std::size_t PolicySet::size() const {
  return state_->policies.size();
}

PolicyInfo PolicySet::describe(std::size_t index) const {
  const engine::CompiledPolicy& policy = state_->policies[index];
  return {policy.id,
          engine::kind_name(policy.kind),
          policy.title,
          policy.file,
          policy.hash,
          policy.reason,
          policy.ticket,
          policy.lifecycle.observe,
          policy.lifecycle.valid_from,
          policy.lifecycle.expires_at};
}

std::string_view PolicySet::fingerprint() const {
  return state_->fingerprint;
}

std::size_t PolicySet::provider_count() const {
  return state_->providers.size();
}

std::pair<std::string_view, const ContextProvider*> PolicySet::provider(std::size_t index) const {
  const auto& [name, provider] =
      *std::next(state_->providers.begin(), static_cast<std::ptrdiff_t>(index));
  return {name, provider.get()};
}

struct PolicySlot::State {
  mutable std::mutex mutex;
  PolicySet policies;
  std::atomic<std::uint64_t> version{0};
};

PolicySlot::PolicySlot(PolicySet policies) : state_(std::make_unique<State>()) {
  state_->policies = std::move(policies);
}
PolicySlot::~PolicySlot() = default;

PolicySet PolicySlot::get() const {
  std::lock_guard lock(state_->mutex);
  return state_->policies;
}

void PolicySlot::replace(PolicySet policies) {
  std::lock_guard lock(state_->mutex);
  std::swap(state_->policies, policies);
  state_->version.fetch_add(1, std::memory_order_release);
}

std::uint64_t PolicySlot::version() const {
  return state_->version.load(std::memory_order_acquire);
}

std::string_view version() {
  return SEMPER_VERSION;
}

}  // namespace semper
