#include "semper/evaluator.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/arena.h"
#include "base/time.h"
#include "engine/account.h"
#include "engine/enrichment.h"
#include "engine/policy_set.h"
#include "engine/record.h"
#include "engine/routes.h"
#include "finding/finding.h"
#include "finding/normalize.h"
#include "json/writer.h"
#include "policy/template.h"

namespace semper {

std::string_view to_string(Decision decision) {
  switch (decision) {
    case Decision::kRelevant:
      return "relevant";
    case Decision::kDropped:
      return "dropped";
    case Decision::kNoFinding:
      return "no_finding";
    case Decision::kInvalid:
      return "invalid";
  }
  return "";
}

std::string_view to_string(Effect effect) {
  switch (effect) {
    case Effect::kDrop:
      return "drop";
    case Effect::kExtend:
      return "extend";
    case Effect::kDetect:
      return "detect";
    case Effect::kWouldDrop:
      return "would_drop";
    case Effect::kExpired:
      return "expired";
    case Effect::kUndetermined:
      return "undetermined";
  }
  return "";
}

std::string_view to_string(RouteType type) {
  return type == RouteType::kSqs ? "sqs" : "securityhub";
}

namespace engine {
namespace {

constexpr std::array kSeverityLabels = {std::string_view("INFORMATIONAL"), std::string_view("LOW"),
                                        std::string_view("MEDIUM"), std::string_view("HIGH"),
                                        std::string_view("CRITICAL")};

std::ptrdiff_t severity_rank(std::string_view label) {
  auto found = std::find(kSeverityLabels.begin(), kSeverityLabels.end(), label);
  return found == kSeverityLabels.end() ? -1 : found - kSeverityLabels.begin();
}

}  // namespace

/// Decides about the findings of one event at a time.
struct EvaluatorState {
  explicit EvaluatorState(EvaluatorOptions evaluator_options)
      : options(std::move(evaluator_options)), evaluation(this) {
    if (!options.clock) options.clock = system_clock();
    part_names.parse(R"(["normalized","raw","accountContext","context"])");
  }

  PolicySet policies;
  const PolicySetState* set = nullptr;  ///< of `policies`
  const PolicySlot* slot = nullptr;     ///< where new sets come from, if anywhere
  std::uint64_t slot_version = 0;
  EvaluatorOptions options;
  Evaluation evaluation;
  Counters counters;
  std::vector<std::uint64_t> hits;

  finding::Parser parser;
  std::vector<pattern::Matcher> matchers;  ///< by subject
  Accounts accounts;
  Arena arena;
  finding::Normalized normalized;  ///< of the finding at hand, before its outcome takes it
  RecordWriter writer{arena};
  std::vector<Outcome> outcomes;  ///< the first `size` are those of the event at hand
  std::size_t size = 0;
  std::string_view event;

  std::vector<std::string_view> account_ids;
  std::vector<std::uint32_t> matched;
  json::EventDocument processed;
  std::string asked_json;  ///< what is asked of the normalized fields, and the same parsed
  json::EventDocument normalized_document;
  json::EventDocument part_names;
  json::EventDocument context_document;
  std::string context_json;
  Enrichment enrichment;
  Router router;
  std::string processed_text;
  std::vector<json::EventMember> processed_members;
  json::ObjectView processed_view;
  const Outcome* viewed = nullptr;  ///< whose processed finding `processed_view` is

  void use(PolicySet next, const PolicySetState* state) {
    policies = std::move(next);
    set = state;
    accounts.clear();
    enrichment = {};
    matchers.clear();
    for (const SubjectProgram& program : set->programs) matchers.emplace_back(program.program);
    hits.assign(set->policies.size(), 0);
    size = 0;
    parser = finding::Parser(set->limits);
  }

  /// The version is read first: a set that comes in between is taken before the next event.
  void take_from_slot() {
    std::uint64_t version = slot->version();
    if (set != nullptr && version == slot_version) return;
    slot_version = version;
    PolicySet next = slot->get();
    const PolicySetState* state = next.state_.get();
    use(std::move(next), state);
  }

  static EvaluatorState& of(const Evaluation& evaluation) { return *evaluation.state_; }

  void evaluate(std::string_view text) {
    if (slot != nullptr) take_from_slot();
    event = text;
    size = 0;
    arena.reset();
    accounts.trim(set->limits.accounts);
    if (!parser.parse(text)) {
      Outcome& outcome = next_outcome();
      outcome.decision = Decision::kInvalid;
      outcome.notes.push_back({parser.error().name(), parser.error().message});
      count(outcome);
      return;
    }
    refresh_accounts();
    UnixSeconds now = options.clock();
    for (const finding::Finding& finding : parser.findings()) {
      Outcome& outcome = next_outcome();
      outcome.finding = &finding;
      outcome.account = &accounts.get(*set, finding.account_id);
      outcome.notes.assign(finding.notes.begin(), finding.notes.end());
      decide(outcome, now);
    }
    for (std::uint32_t layer = 0; layer < set->layers; ++layer) enrich(layer, now);
    for (std::size_t i = 0; i < size; ++i) {
      if (outcomes[i].decision == Decision::kRelevant) extend(outcomes[i]);
      count(outcomes[i]);
    }
  }

  /// The object "normalized" of a record; empty where the bytes are no event.
  std::string_view normalized_fields(Outcome& outcome) {
    if (outcome.finding == nullptr) return {};
    if (!outcome.record.empty() && options.format == RecordFormat::kNative) {
      return outcome.record.substr(outcome.normalized_begin,
                                   outcome.normalized_end - outcome.normalized_begin);
    }
    build_normalized(outcome);
    return outcome.normalized_json;
  }

  std::string_view record(Outcome& outcome) {
    if (outcome.record.empty()) outcome.record = write_record(outcome);
    return outcome.record;
  }

  std::pair<std::size_t, std::size_t> append_record(Outcome& outcome, Buffer& out) {
    if (outcome.finding == nullptr || options.format != RecordFormat::kNative) {
      out.append(record(outcome));
      return {0, 0};
    }
    normalize(outcome);
    writer.append_native(out, outcome, *set);
    return {outcome.normalized_begin, outcome.normalized_end};
  }

 private:
  std::string_view write_record(Outcome& outcome) {
    std::string& memory = outcome.record_memory;
    if (outcome.finding == nullptr) {
      memory.clear();
      append_invalid_record(memory, event, options.format, outcome.notes[0], *set);
      return memory;
    }
    normalize(outcome);
    if (options.format == RecordFormat::kNative) return writer.write_native(memory, outcome, *set);
    memory.clear();
    append_semper17_record(memory, outcome);
    return memory;
  }

  Outcome& next_outcome() {
    if (size == outcomes.size()) outcomes.emplace_back();
    Outcome& outcome = outcomes[size++];
    outcome.reset();
    viewed = nullptr;
    return outcome;
  }

  void count(const Outcome& outcome) {
    ++counters.in;
    switch (outcome.decision) {
      case Decision::kRelevant:
        ++counters.relevant;
        break;
      case Decision::kDropped:
        ++counters.dropped;
        break;
      case Decision::kNoFinding:
        ++counters.no_finding;
        break;
      case Decision::kInvalid:
        ++counters.invalid;
        break;
    }
    for (const PolicyHit& hit : outcome.hits) ++hits[hit.policy];
  }

  void refresh_accounts() {
    account_ids.clear();
    for (const finding::Finding& finding : parser.findings()) {
      if (!finding.account_id.empty()) account_ids.push_back(finding.account_id);
    }
    if (account_ids.size() > 1) {
      std::sort(account_ids.begin(), account_ids.end());
      account_ids.erase(std::unique(account_ids.begin(), account_ids.end()), account_ids.end());
    }
    accounts.refresh(*set, account_ids);
  }

  /// Calls `use` with each policy whose pattern matches the subject and that is for this source,
  /// account and region; `truth` is kUnknown where nobody knows whether it is.
  template <class Use>
  void for_matching(const Outcome& outcome, policy::Subject subject, const json::ObjectView& view,
                    Use use) {
    const SubjectProgram& program = set->program(subject);
    if (!program.is_for(outcome.finding->source)) return;
    if (!view.whole.is_object() && view.members.empty()) return;
    auto index_of_subject = static_cast<std::size_t>(subject);
    matchers[index_of_subject].match(view, matched, outcome.account->patterns[index_of_subject]);
    for (std::uint32_t pattern : matched) {
      std::uint32_t index = program.policies[pattern];
      const CompiledPolicy& policy = set->policies[index];
      bool has_failed = context_failed(outcome, policy);
      if (program.is_without_context(pattern) && !has_failed) continue;
      use_matching(outcome, index, has_failed, use);
    }
  }

  template <class Use>
  void use_matching(const Outcome& outcome, std::uint32_t index, bool context_has_failed, Use use) {
    const CompiledPolicy& policy = set->policies[index];
    if (policy.source != policy::Source::kAny && policy.source != outcome.finding->source) return;
    pattern::Truth truth = in_scope(*set, policy, *outcome.account, outcome.finding->region);
    bool is_unsure =
        context_has_failed || (policy.asks_account_context && !outcome.account->known());
    if (is_unsure) truth = std::min(truth, pattern::Truth::kUnknown);
    if (truth != pattern::Truth::kFalse) use(index, policy, truth);
  }

  /// Whether nobody knows all that the policy's pattern asks of `context`.
  static bool context_failed(const Outcome& outcome, const CompiledPolicy& policy) {
    return std::any_of(
        outcome.context.begin(), outcome.context.end(),
        [&](const ContextPart& part) { return part.failed && asks_context(policy, part.context); });
  }

  static bool asks_context(const CompiledPolicy& policy, std::uint32_t context) {
    const std::vector<std::uint32_t>& asked = policy.asks_contexts;
    return std::find(asked.begin(), asked.end(), context) != asked.end();
  }

  /// The extension policies of a layer: whether they match, and what they ask providers for, in one
  /// batch for all findings of the event.
  void enrich(std::uint32_t layer, UnixSeconds now) {
    enrichment.begin(*set);
    for (std::size_t i = 0; i < size; ++i) {
      Outcome& outcome = outcomes[i];
      if (outcome.decision != Decision::kRelevant) continue;
      if (set->program(policy::Subject::kEnriched).is_for(outcome.finding->source)) {
        auto use = [&](std::uint32_t index, const CompiledPolicy& policy, pattern::Truth truth) {
          if (policy.layer != layer || is_hit(outcome, index)) return;
          judge(outcome, index, policy, truth, now);
        };
        for_matching(outcome, policy::Subject::kEnriched, view_processed(outcome), use);
        if (std::any_of(outcome.context.begin(), outcome.context.end(),
                        [](const ContextPart& part) { return part.failed; })) {
          for (std::uint32_t index : set->program(policy::Subject::kEnriched).only_context) {
            if (!context_failed(outcome, set->policies[index])) continue;
            use_matching(outcome, index, true, use);
          }
        }
        sort_hits(outcome);
      }
      ask_context(outcome, layer);
    }
    enrichment.ask(*set);
    viewed = nullptr;
  }

  void ask_context(Outcome& outcome, std::uint32_t layer) {
    for (const PolicyHit& hit : outcome.hits) {
      const CompiledPolicy& policy = set->policies[hit.policy];
      if (hit.effect != Effect::kExtend || policy.layer != layer) continue;
      for (const CompiledQuery& query : policy.queries) {
        enrichment.add(query, view_processed(outcome), arena, outcome.context, outcome.notes);
      }
    }
  }

  static bool is_hit(const Outcome& outcome, std::uint32_t policy) {
    return std::any_of(outcome.hits.begin(), outcome.hits.end(),
                       [policy](const PolicyHit& hit) { return hit.policy == policy; });
  }

  static void sort_hits(Outcome& outcome) {
    std::sort(outcome.hits.begin(), outcome.hits.end(),
              [](const PolicyHit& a, const PolicyHit& b) { return a.policy < b.policy; });
  }

  /// All matching policies, whatever they look at. The processed finding exists only once
  /// detections are known, hence two steps.
  template <class Use>
  void for_matching_unprocessed(const Outcome& outcome, Use use) {
    const finding::Finding& finding = *outcome.finding;
    for_matching(outcome, policy::Subject::kEvent, finding.event, use);
    json::ObjectView body{finding.body, {}};
    bool body_is_event = finding.source == policy::Source::kCloudTrail;
    for_matching(outcome, policy::Subject::kFinding, body_is_event ? finding.event : body, use);
  }

  void decide(Outcome& outcome, UnixSeconds now) {
    if (!outcome.finding->carries_finding) {
      outcome.decision = Decision::kNoFinding;
      return;
    }
    auto use = [&](std::uint32_t index, const CompiledPolicy& policy, pattern::Truth truth) {
      judge(outcome, index, policy, truth, now);
    };
    for_matching_unprocessed(outcome, use);
    if (outcome.finding->source == policy::Source::kConfig) detect_by_config_rule(outcome);
    // The first of those that detect gives the title, whichever program found it.
    sort_hits(outcome);
    if (outcome.finding->raw_cloudtrail && set->has_event_rules && !is_detected(outcome)) {
      outcome.decision = Decision::kNoFinding;
      outcome.hits.clear();
      return;
    }
    // What is dropped already needs no normalized fields: nearly all findings are.
    if (!is_dropped(outcome) &&
        set->program(policy::Subject::kProcessed).is_for(outcome.finding->source)) {
      for_matching(outcome, policy::Subject::kProcessed, view_processed(outcome), use);
    }
    sort_hits(outcome);
    if (!is_dropped(outcome)) return;
    outcome.decision = Decision::kDropped;
    std::erase_if(outcome.hits, [](const PolicyHit& hit) { return hit.effect == Effect::kExtend; });
  }

  void judge(Outcome& outcome, std::uint32_t index, const CompiledPolicy& policy,
             pattern::Truth truth, UnixSeconds now) {
    Effect effect = Effect::kUndetermined;
    if (truth == pattern::Truth::kTrue) {
      switch (policy.kind) {
        case policy::Kind::kEventRule:
          effect = Effect::kDetect;
          break;
        case policy::Kind::kExtension:
          effect = Effect::kExtend;
          break;
        default:
          switch (policy.lifecycle.state(now)) {
            case policy::Lifecycle::State::kActive:
              effect = policy.lifecycle.observe ? Effect::kWouldDrop : Effect::kDrop;
              break;
            case policy::Lifecycle::State::kExpired:
              effect = Effect::kExpired;
              break;
            case policy::Lifecycle::State::kNotYetValid:
              outcome.notes.push_back(
                  {"not_yet_valid",
                   arena.copy("policy " + std::string(policy.id) + " accepts this finding from " +
                              format_time(*policy.lifecycle.valid_from) + " on")});
              return;
          }
      }
    }
    outcome.hits.push_back({index, effect});
  }

  /// A Config finding is detected by the policy that asks for its rule.
  void detect_by_config_rule(Outcome& outcome) {
    json::EventValue name = outcome.finding->body.find("configRuleName");
    auto rule = set->config_rules.find(name.string(rule_name));
    if (rule == set->config_rules.end()) return;
    const CompiledPolicy& policy = set->policies[rule->second];
    if (in_scope(*set, policy, *outcome.account, outcome.finding->region) ==
        pattern::Truth::kTrue) {
      outcome.hits.push_back({rule->second, Effect::kDetect});
    }
  }

  static bool is_dropped(const Outcome& outcome) {
    return std::any_of(outcome.hits.begin(), outcome.hits.end(),
                       [](const PolicyHit& hit) { return hit.effect == Effect::kDrop; });
  }

  /// An event rule chose the event, or would if the account were known.
  bool is_detected(const Outcome& outcome) const {
    return std::any_of(outcome.hits.begin(), outcome.hits.end(), [&](const PolicyHit& hit) {
      return set->policies[hit.policy].kind == policy::Kind::kEventRule;
    });
  }

  finding::Detection detection(const Outcome& outcome) const {
    finding::Detection detection;
    for (const PolicyHit& hit : outcome.hits) {
      if (hit.effect != Effect::kDetect) continue;
      const CompiledPolicy& policy = set->policies[hit.policy];
      if (detection.title.empty()) detection.title = policy.title;
      if (severity_rank(policy.settings.severity) > severity_rank(detection.severity)) {
        detection.severity = policy.settings.severity;
      }
    }
    return detection;
  }

  void normalize(Outcome& outcome) {
    if (outcome.is_normalized) return;
    outcome.is_normalized = true;
    finding::normalize(*outcome.finding, detection(outcome), arena, normalized);
    outcome.normalized = normalized;
    outcome.notes.insert(outcome.notes.end(), normalized.notes.begin(), normalized.notes.end());
    set_chosen_fields(outcome);
  }

  void set_chosen_fields(Outcome& outcome) {
    using finding::Field;
    const ChosenFields& chosen = outcome.chosen;
    std::string_view severity = finding::severity_of_label(chosen.severity);
    if (!severity.empty()) outcome.normalized[Field::kSeverity] = severity;
    if (!chosen.workflow.empty()) {
      outcome.normalized[Field::kWorkflow] = arena.join({"\"", chosen.workflow, "\""});
    }
  }

  void build_normalized(Outcome& outcome) {
    if (!outcome.normalized_json.empty()) return;
    normalize(outcome);
    writer.append_normalized(outcome.normalized_json, outcome, *set);
  }

  void build_head(Outcome& outcome) {
    if (!outcome.head.empty()) return;
    normalize(outcome);
    writer.append_head(outcome.head, outcome, *set);
  }

  /// The processed finding as policies and templates see it: its parts, where they are, without the
  /// record around them. `raw` is short for `finding.raw`.
  const json::ObjectView& view_processed(Outcome& outcome) {
    if (viewed != &outcome) processed_view = gather_processed(outcome);
    viewed = &outcome;
    return processed_view;
  }

  json::ObjectView gather_processed(Outcome& outcome) {
    // An event put together from several documents exists as one only in the record.
    bool raw_is_at_hand = outcome.finding->event.whole || !set->asks_raw;
    bool in_parts = raw_is_at_hand && outcome.account->known() && !set->asks_finding;
    if (!in_parts) return build_processed(outcome);
    processed_members.clear();
    auto name = part_names.root().elements().begin();
    for (json::EventValue part : {view_normalized(outcome), outcome.finding->event.whole,
                                  outcome.account->context.root(), view_context(outcome)}) {
      if (part) processed_members.push_back({*name, part});
      ++name;
    }
    return {{}, processed_members};
  }

  json::EventValue view_normalized(Outcome& outcome) {
    if (set->asked_fields.none()) return {};
    normalize(outcome);
    asked_json.clear();
    writer.append_asked(asked_json, outcome, *set);
    Limits limits;
    limits.event_bytes = asked_json.size();
    return normalized_document.parse(asked_json, limits) ? normalized_document.root()
                                                         : json::EventValue();
  }

  json::EventValue view_context(const Outcome& outcome) {
    if (outcome.context.empty()) return {};
    context_json.clear();
    append_context(context_json, outcome.context, *set);
    Limits limits;
    limits.event_bytes = context_json.size();
    limits.event_depth += 4;
    return context_document.parse(context_json, limits) ? context_document.root()
                                                        : json::EventValue();
  }

  /// The same by way of the whole record, for what is in no one place.
  json::ObjectView build_processed(Outcome& outcome) {
    build_head(outcome);
    processed_text = outcome.head;
    if (!outcome.context.empty()) {
      processed_text += ",\"context\":";
      append_context(processed_text, outcome.context, *set);
    }
    processed_text += '}';
    processed_members.clear();
    Limits limits;
    limits.event_bytes = processed_text.size();
    limits.event_depth += 4;
    if (!processed.parse(processed_text, limits)) return {};
    for (json::EventValue::Member member : processed.root().members()) {
      processed_members.push_back({member.key(), member.value()});
    }
    for (json::EventValue::Member member : processed_members[0].value.members()) {
      if (member.key().text() == "raw") processed_members.push_back({member.key(), member.value()});
    }
    return {{}, processed_members};
  }

  /// What the policies set, and whom they overrule: of severities the highest stands, of other
  /// fields the first policy's.
  void choose_fields(Outcome& outcome) {
    ChosenFields& chosen = outcome.chosen;
    bool any = false;
    auto choose = [&](std::string_view field, std::string_view& stands,
                      const CompiledPolicy& policy, std::string_view value, bool is_stronger) {
      if (value.empty()) return;
      any = true;
      if (stands.empty() || value == stands) {
        stands = value;
        return;
      }
      std::string_view loses = std::exchange(stands, is_stronger ? value : stands);
      if (!is_stronger) loses = value;
      message.assign("policies set ").append(field).append(" to ").append(stands);
      message.append(" and to ").append(loses).append(" (").append(policy.id);
      message.append(" is one of them); ").append(stands).append(" stands");
      outcome.notes.push_back({"set_conflict", arena.copy(message)});
    };
    for (const PolicyHit& hit : outcome.hits) {
      if (hit.effect != Effect::kExtend) continue;
      const CompiledPolicy& policy = set->policies[hit.policy];
      const policy::FieldSettings& settings = policy.settings;
      if (settings.empty()) continue;
      choose("severity", chosen.severity, policy, settings.severity,
             severity_rank(settings.severity) > severity_rank(chosen.severity));
      choose("workflow", chosen.workflow, policy, settings.workflow, false);
      choose("customerWorkFlow", chosen.work_flow, policy, settings.work_flow, false);
    }
    if (!any) return;
    if (outcome.is_normalized) set_chosen_fields(outcome);
    outcome.normalized_json.clear();
    outcome.head.clear();
    viewed = nullptr;
  }

  void extend(Outcome& outcome) {
    choose_fields(outcome);
    blocks_used = 0;
    for (const PolicyHit& hit : outcome.hits) {
      if (hit.effect != Effect::kExtend) continue;
      for (const policy::TemplateMember& member : set->policies[hit.policy].extensions) {
        if (member.value.has_references) view_processed(outcome);
        add_extension(outcome, hit, member);
      }
    }
    for (std::size_t i = 0; i < blocks_used; ++i) {
      if (i > 0) outcome.extensions += ',';
      outcome.extensions += extension_blocks[i].member->start;
      outcome.extensions += extension_blocks[i].json;
    }
  }

  void add_extension(Outcome& outcome, const PolicyHit& hit, const policy::TemplateMember& member) {
    if (blocks_used == extension_blocks.size()) extension_blocks.emplace_back();
    ExtensionBlock& block = extension_blocks[blocks_used];
    block.member = &member;
    block.json.clear();
    unanswered.clear();
    bool rendered = policy::render(member.value, processed_view, block.json, unanswered);
    for (std::string_view reference : unanswered) {
      message.assign("the finding has no value for ").append(reference).append(" of policy ");
      message.append(set->policies[hit.policy].id).append("; the key is left out");
      outcome.notes.push_back({"unanswered_reference", arena.copy(message)});
    }
    if (!rendered) return;
    if (Router::is_route(member.key)) {
      if (Router::needs_normalized(member.key)) build_normalized(outcome);
      router.add(member.key, block.json, {set->policies[hit.policy].id, outcome.normalized_json},
                 arena, outcome.routes, outcome.route_count, outcome.notes);
    }
    auto last = extension_blocks.begin() + static_cast<std::ptrdiff_t>(blocks_used);
    auto same = std::find_if(extension_blocks.begin(), last,
                             [&](const auto& other) { return other.member->key == member.key; });
    if (same == last) {
      ++blocks_used;
    } else {
      same->json = merged_lists(same->json, block.json);
    }
  }

  /// Blocks of several policies under one identifier become one list.
  static std::string merged_lists(std::string_view a, std::string_view b) {
    auto content = [](std::string_view json) {
      bool list = json.starts_with('[');
      return list ? json.substr(1, json.size() - 2) : json;
    };
    std::string merged = "[";
    merged += content(a);
    if (!content(a).empty() && !content(b).empty()) merged += ',';
    merged += content(b);
    merged += ']';
    return merged;
  }

  struct ExtensionBlock {
    const policy::TemplateMember* member = nullptr;
    std::string json;
  };
  std::vector<ExtensionBlock> extension_blocks;  ///< the first `blocks_used` are of this finding
  std::size_t blocks_used = 0;
  std::string rule_name;
  std::string message;
  std::vector<std::string_view> unanswered;
};

const Outcome& outcome_of(const Evaluation& evaluation, std::size_t index) {
  return EvaluatorState::of(evaluation).outcomes[index];
}

std::pair<std::size_t, std::size_t> append_record(const Evaluation& evaluation, std::size_t index,
                                                  Buffer& out) {
  EvaluatorState& state = EvaluatorState::of(evaluation);
  return state.append_record(state.outcomes[index], out);
}

const PolicySetState& policies_of(const Evaluation& evaluation) {
  return *EvaluatorState::of(evaluation).set;
}

}  // namespace engine

Evaluator::Evaluator(PolicySet policies, EvaluatorOptions options)
    : state_(std::make_unique<engine::EvaluatorState>(std::move(options))) {
  replace(std::move(policies));
}

Evaluator::Evaluator(const PolicySlot& slot, EvaluatorOptions options)
    : state_(std::make_unique<engine::EvaluatorState>(std::move(options))) {
  state_->slot = &slot;
  state_->take_from_slot();
}

Evaluator::~Evaluator() = default;
Evaluator::Evaluator(Evaluator&&) noexcept = default;
Evaluator& Evaluator::operator=(Evaluator&&) noexcept = default;

void Evaluator::replace(PolicySet policies) {
  const engine::PolicySetState* set = policies.state_.get();
  state_->use(std::move(policies), set);
}

const PolicySet& Evaluator::policies() const {
  return state_->policies;
}

const Evaluation& Evaluator::evaluate(std::string_view event) {
  state_->evaluate(event);
  return state_->evaluation;
}

const Counters& Evaluator::counters() const {
  return state_->counters;
}

std::uint64_t Evaluator::hits(std::size_t policy) const {
  return policy < state_->hits.size() ? state_->hits[policy] : 0;
}

std::size_t Evaluation::size() const {
  return state_->size;
}

Decision Evaluation::decision(std::size_t index) const {
  return state_->outcomes[index].decision;
}

std::string_view Evaluation::json(std::size_t index) const {
  return state_->record(state_->outcomes[index]);
}

std::string_view Evaluation::normalized(std::size_t index) const {
  return state_->normalized_fields(state_->outcomes[index]);
}

std::size_t Evaluation::hit_count(std::size_t index) const {
  return state_->outcomes[index].hits.size();
}

PolicyHit Evaluation::hit(std::size_t index, std::size_t hit) const {
  return state_->outcomes[index].hits[hit];
}

std::size_t Evaluation::route_count(std::size_t index) const {
  return state_->outcomes[index].route_count;
}

Route Evaluation::route(std::size_t index, std::size_t route) const {
  const engine::SentRecord& sent = state_->outcomes[index].routes[route];
  return {sent.type, sent.target, sent.record.empty() ? json(index) : sent.record};
}

}  // namespace semper
