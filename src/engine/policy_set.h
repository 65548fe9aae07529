/// What a compiled policy set holds.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/limits.h"
#include "base/time.h"
#include "engine/asked.h"
#include "pattern/program.h"
#include "pattern/scope.h"
#include "pattern/scope_program.h"
#include "policy/policy.h"
#include "semper/policy_set.hpp"

namespace semper::engine {

/// What an extension policy asks a provider for.
struct CompiledQuery {
  std::uint32_t context = 0;  ///< index into `contexts`
  policy::TemplateValue key;
};

/// A policy without its pattern, which is part of a program. Views are of `PolicySetState::texts`.
struct CompiledPolicy {
  std::string_view id;
  std::string_view title;
  std::string_view file;
  std::string_view hash;
  policy::Kind kind = policy::Kind::kFiltering;
  policy::Source source = policy::Source::kAny;
  policy::Term lifecycle;
  std::string_view reason;
  std::string_view ticket;
  /// What a verdict says of the policy, as JSON members: before the effect and after it.
  std::string_view verdict_identity;
  std::string_view verdict_reasons;
  policy::FieldSettings settings;
  std::vector<policy::TemplateMember> extensions;
  std::vector<CompiledQuery> queries;
  std::uint32_t layer = 0;                   ///< policies of lower layers are applied before
  std::vector<std::uint32_t> asks_contexts;  ///< what its pattern asks of `context`
  std::uint32_t scope = 0;                   ///< index into `scopes`
  /// The pattern asks for what only the account context knows: without it, a match proves nothing.
  bool asks_account_context = false;
};

/// The patterns that look at one kind of document.
struct SubjectProgram {
  pattern::Program program;
  std::vector<std::uint32_t> policies;  ///< pattern number → policy index
  std::uint32_t sources = 0;            ///< a bit for each source that some policy is for
  /// By pattern number, where there are any: it is the pattern of a policy without what that asks
  /// of `context`. Where a key of that has failed, the policy may apply if this matches.
  std::vector<bool> without_context;
  /// Policies that ask for nothing else.
  std::vector<std::uint32_t> only_context;

  void add(std::uint32_t policy, policy::Source source) {
    policies.push_back(policy);
    sources |= bit(source);
  }
  void add_without_context(std::uint32_t policy) {
    policies.push_back(policy);
    without_context.resize(policies.size());
    without_context.back() = true;
  }
  bool is_without_context(std::uint32_t pattern) const {
    return pattern < without_context.size() && without_context[pattern];
  }
  /// Puts `policies` into ascending order; returns the new number of each pattern.
  std::vector<std::uint32_t> sort_policies() {
    std::vector<std::uint32_t> by_policy(policies.size());
    std::iota(by_policy.begin(), by_policy.end(), 0);
    std::stable_sort(by_policy.begin(), by_policy.end(), [this](std::uint32_t a, std::uint32_t b) {
      return policies[a] < policies[b];
    });
    std::vector<std::uint32_t> numbers(policies.size());
    for (std::uint32_t i = 0; i < by_policy.size(); ++i) numbers[by_policy[i]] = i;
    std::sort(policies.begin(), policies.end());
    if (!without_context.empty()) {
      std::vector<bool> moved(policies.size());
      for (std::size_t i = 0; i < without_context.size(); ++i) {
        if (without_context[i]) moved[numbers[i]] = true;
      }
      without_context = std::move(moved);
    }
    return numbers;
  }
  /// Whether some policy is for findings of this source, so that the walk is worth its price.
  bool is_for(policy::Source source) const {
    return (sources & (bit(source) | bit(policy::Source::kAny))) != 0;
  }

 private:
  static std::uint32_t bit(policy::Source source) {
    return std::uint32_t{1} << static_cast<unsigned>(source);
  }
};

inline constexpr std::size_t kSubjects = 4;

/// By the name that policies use.
using Providers = std::map<std::string, std::shared_ptr<ContextProvider>, std::less<>>;
inline constexpr std::string_view kAccountProvider = "accounts";

/// A member of `context`, and who answers for it.
struct ContextSource {
  std::string name;
  std::string provider;
};

struct PolicySetState {
  Limits limits;
  Arena texts;
  std::vector<CompiledPolicy> policies;            ///< sorted by id
  pattern::ScopeProgram scopes;                    ///< the first is "everywhere"
  std::vector<pattern::ListScope> regions;         ///< by scope
  std::array<SubjectProgram, kSubjects> programs;  ///< by policy::Subject
  bool has_event_rules = false;
  bool asks_finding = false;  ///< some pattern or template names `finding`
  bool asks_raw = false;      ///< likewise `raw`
  AskedFields asked_fields;
  std::map<std::string, std::uint32_t, std::less<>> config_rules;  ///< rule name → policy
  std::vector<ContextSource> contexts;
  std::uint32_t layers = 0;  ///< of policies that fetch or ask for context
  std::vector<std::string> default_regions;
  Providers providers;
  std::string fingerprint;

  /// nullptr: there is none.
  ContextProvider* provider(std::string_view name) const {
    auto found = providers.find(name);
    return found == providers.end() ? nullptr : found->second.get();
  }
  const SubjectProgram& program(policy::Subject subject) const {
    return programs[static_cast<std::size_t>(subject)];
  }
};

std::string_view kind_name(policy::Kind kind);

}  // namespace semper::engine
