#include "policy/layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"

namespace semper::policy {
namespace {

std::string lower(std::string_view text) {
  std::string out;
  append_folded(out, text);
  return out;
}

void add_pattern(const pattern::Object& object, bool at_top, AskedContexts& asked) {
  for (const pattern::Member& member : object.members) {
    if (member.kind == pattern::Member::Kind::kOr) {
      for (const pattern::Object& branch : member.objects) add_pattern(branch, at_top, asked);
    } else if (!at_top) {
      asked.in_pattern.emplace_back(member.key);
    } else if (member.key == "context") {
      if (member.kind == pattern::Member::Kind::kObject) {
        add_pattern(member.objects[0], false, asked);
      } else {
        asked.all_in_pattern = true;
      }
    }
  }
}

void add_template(const TemplateValue& value, std::vector<std::string>& names) {
  for (const TemplatePart& part : value.parts) {
    if (!part.reference || part.reference->path[0].key != "context") continue;
    bool is_named =
        part.reference->path.size() > 1 && part.reference->path[1].kind == Step::Kind::kKey;
    if (is_named) names.push_back(lower(part.reference->path[1].key));
  }
  for (const TemplateValue& element : value.elements) add_template(element, names);
  for (const TemplateMember& member : value.members) add_template(member.value, names);
}

Diagnostic diagnostic_of(const Policy& policy, Diagnostic::Severity severity, std::string_view code,
                         std::string message) {
  Diagnostic diagnostic;
  diagnostic.severity = severity;
  diagnostic.code = code;
  diagnostic.file = policy.file;
  diagnostic.message = std::move(message);
  return diagnostic;
}

/// The policies that ask for something, those that fetch something, and who waits for whom.
class Graph {
 public:
  explicit Graph(std::span<const Policy* const> policies) : policies_(policies) {}

  void build(std::vector<Diagnostic>& diagnostics) {
    for (std::uint32_t i = 0; i < policies_.size(); ++i) {
      for (const ContextQuery& query : policies_[i]->queries) add_fetcher(i, query, diagnostics);
    }
    // Extensions are made last: nobody waits, but somebody has to fetch.
    for (std::uint32_t i = 0; i < policies_.size(); ++i) {
      std::vector<std::string> names;
      for (const TemplateMember& member : policies_[i]->extensions) {
        add_template(member.value, names);
      }
      for (const std::string& name : names) {
        if (fetchers_.find(name) == fetchers_.end()) report_unknown(i, name, diagnostics);
      }
    }
    before_.resize(policies_.size());
    for (std::uint32_t i = 0; i < policies_.size(); ++i) {
      const Policy& policy = *policies_[i];
      if (policy.subject != Subject::kEnriched && policy.queries.empty()) continue;
      AskedContexts asked = asked_contexts(policy);
      for (const auto* names : {&asked.in_pattern, &asked.in_keys}) {
        for (const std::string& name : *names) add_asker(i, name, diagnostics);
      }
      if (!asked.all_in_pattern) continue;
      for (const auto& [name, fetchers] : fetchers_) wait(i, fetchers.policies);
    }
  }

  std::vector<std::uint32_t> layers(std::vector<Diagnostic>& diagnostics) const {
    std::vector<std::uint32_t> layers(policies_.size(), 0);
    std::vector<std::vector<std::uint32_t>> after(policies_.size());
    std::vector<std::size_t> waits_for(policies_.size());
    std::vector<std::uint32_t> ready;
    for (std::uint32_t i = 0; i < policies_.size(); ++i) {
      waits_for[i] = before_[i].size();
      for (std::uint32_t first : before_[i]) after[first].push_back(i);
      if (waits_for[i] == 0) ready.push_back(i);
    }
    for (std::size_t next = 0; next < ready.size(); ++next) {
      std::uint32_t done = ready[next];
      for (std::uint32_t waiting : after[done]) {
        layers[waiting] = std::max(layers[waiting], layers[done] + 1);
        if (--waits_for[waiting] == 0) ready.push_back(waiting);
      }
    }
    if (ready.size() < policies_.size()) report_cycle(waits_for, diagnostics);
    return layers;
  }

 private:
  struct Fetchers {
    std::string provider;
    std::vector<std::uint32_t> policies;
  };

  void add_fetcher(std::uint32_t policy, const ContextQuery& query,
                   std::vector<Diagnostic>& diagnostics) {
    Fetchers& fetchers = fetchers_[lower(query.name)];
    if (fetchers.policies.empty()) fetchers.provider = query.provider;
    if (fetchers.provider != query.provider) {
      diagnostics.push_back(diagnostic_of(
          *policies_[policy], Diagnostic::Severity::kError, "context_conflict",
          fmt::format("\"context.{}\" holds the answers of the provider \"{}\" here and of \"{}\" "
                      "in \"{}\"; give one of them another name with \"as\"",
                      query.name, query.provider, fetchers.provider,
                      policies_[fetchers.policies[0]]->id)));
    }
    fetchers.policies.push_back(policy);
  }

  void add_asker(std::uint32_t policy, const std::string& name,
                 std::vector<Diagnostic>& diagnostics) {
    auto found = fetchers_.find(name);
    if (found != fetchers_.end()) {
      wait(policy, found->second.policies);
    } else {
      report_unknown(policy, name, diagnostics);
    }
  }

  void report_unknown(std::uint32_t policy, const std::string& name,
                      std::vector<Diagnostic>& diagnostics) const {
    diagnostics.push_back(diagnostic_of(
        *policies_[policy], Diagnostic::Severity::kWarning, "unknown_context",
        fmt::format("no policy fetches \"context.{0}\"; add a \"contextBlock\" with \"as\": "
                    "\"{0}\" to one",
                    name)));
  }

  void wait(std::uint32_t policy, const std::vector<std::uint32_t>& for_policies) {
    for (std::uint32_t other : for_policies) {
      if (std::find(before_[policy].begin(), before_[policy].end(), other) ==
          before_[policy].end()) {
        before_[policy].push_back(other);
      }
    }
  }

  /// Whoever still waits has somebody before that waits too: going back ends in a circle.
  void report_cycle(const std::vector<std::size_t>& waits_for,
                    std::vector<Diagnostic>& diagnostics) const {
    auto is_waiting = [&](std::uint32_t policy) { return waits_for[policy] > 0; };
    std::uint32_t at = 0;
    while (!is_waiting(at)) ++at;
    std::vector<std::uint32_t> path;
    auto seen = path.end();
    while (seen == path.end()) {
      path.push_back(at);
      at = *std::find_if(before_[at].begin(), before_[at].end(), is_waiting);
      seen = std::find(path.begin(), path.end(), at);
    }
    std::string circle;
    for (auto policy = seen; policy != path.end(); ++policy) {
      circle += fmt::format("\"{}\" waits for ", policies_[*policy]->id);
    }
    diagnostics.push_back(diagnostic_of(
        *policies_[at], Diagnostic::Severity::kError, "context_cycle",
        fmt::format("{}\"{}\": each asks for context that the next one fetches; fetch it in a "
                    "policy of its own whose pattern and keys ask for no \"context\"",
                    circle, policies_[at]->id)));
  }

  std::span<const Policy* const> policies_;
  std::map<std::string, Fetchers> fetchers_;  ///< by the name below `context`
  std::vector<std::vector<std::uint32_t>> before_;
};

}  // namespace

AskedContexts asked_contexts(const Policy& policy) {
  AskedContexts asked;
  if (policy.subject == Subject::kEnriched) add_pattern(policy.finding_pattern.root, true, asked);
  for (const ContextQuery& query : policy.queries) add_template(query.key, asked.in_keys);
  return asked;
}

std::vector<std::uint32_t> find_layers(std::span<const Policy* const> policies,
                                       std::vector<Diagnostic>& diagnostics) {
  bool none = std::all_of(policies.begin(), policies.end(), [](const Policy* policy) {
    return policy->queries.empty() && policy->subject != Subject::kEnriched &&
           std::none_of(policy->extensions.begin(), policy->extensions.end(),
                        [](const auto& member) { return asks_for(member.value, "context"); });
  });
  if (none) return std::vector<std::uint32_t>(policies.size(), 0);
  Graph graph(policies);
  graph.build(diagnostics);
  return graph.layers(diagnostics);
}

}  // namespace semper::policy
