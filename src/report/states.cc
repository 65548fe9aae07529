#include "report/states.h"

#include <algorithm>
#include <limits>

#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"

namespace semper::report {
namespace {

using finding::Field;
using json::EventValue;

/// Config's findings have no standard; they are told under this one.
constexpr std::string_view kConfigRules = "config-rules";
constexpr std::string_view kNoStandard = "other";
/// Generations of ids leave at most a few findings of one control about one resource. Who gives a
/// finding a new id in every run gets the latest ones counted, and memory stays bounded.
constexpr int kFindingsOfOneKey = 8;
/// Real input has a few thousand; what invents more pays with time, not with memory.
constexpr std::size_t kMeanings = 100'000;
constexpr std::uint64_t kSeedLow = 0x53454d504552ULL;
constexpr std::uint64_t kSeedHigh = 0x7265706f7274ULL;

/// The content of a string's JSON text; nothing escaped is decoded.
std::string_view content(std::string_view json_text) {
  return json_text.size() < 2 ? std::string_view() : json_text.substr(1, json_text.size() - 2);
}

std::int64_t nanoseconds(std::string_view time) {
  constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kSecond = 1'000'000'000;
  std::optional<UnixSeconds> seconds = parse_time(time);
  if (!seconds || *seconds > kNone / -kSecond || *seconds < kNone / kSecond) return kNone;
  std::int64_t fraction = 0;
  std::size_t dot = time.find('.');
  if (dot != std::string_view::npos) {
    std::int64_t unit = kSecond / 10;
    for (char c : time.substr(dot + 1)) {
      if (c < '0' || c > '9') break;
      fraction += (c - '0') * unit;
      unit /= 10;
    }
  }
  return *seconds * kSecond + fraction;
}

/// The id of the only resource, else the text of all: `[{"id":"…","type":"…"}]`.
std::string_view resource_identity(std::string_view resources) {
  constexpr std::string_view kStart = "[{\"id\":\"";
  if (!resources.starts_with(kStart) || resources.find("},{") != std::string_view::npos) {
    return resources;
  }
  resources.remove_prefix(kStart.size());
  std::size_t end = 0;
  while (end < resources.size() && resources[end] != '"') end += resources[end] == '\\' ? 2 : 1;
  return resources.substr(0, end);
}

/// Titles of the older generations begin with the control's id.
std::string_view without_id(std::string_view title, std::string_view id) {
  std::size_t space = title.find(' ');
  if (space == std::string_view::npos) return title;
  std::string_view first = title.substr(0, space);
  bool digits =
      std::any_of(first.begin(), first.end(), [](char c) { return c >= '0' && c <= '9'; });
  bool is_id = first == id || (digits && first.find('.') != std::string_view::npos);
  return is_id ? title.substr(space + 1) : title;
}

bool is_later(const FindingState& a, const FindingState& b) {
  return a.time != b.time ? a.time > b.time : a.order > b.order;
}

}  // namespace

std::uint32_t Names::standard_set(std::vector<std::uint32_t> standards_of_one) {
  std::sort(standards_of_one.begin(), standards_of_one.end());
  standards_of_one.erase(std::unique(standards_of_one.begin(), standards_of_one.end()),
                         standards_of_one.end());
  auto found = std::find(standard_sets.begin(), standard_sets.end(), standards_of_one);
  if (found == standard_sets.end()) {
    standard_sets.push_back(std::move(standards_of_one));
    found = std::prev(standard_sets.end());
  }
  return static_cast<std::uint32_t>(found - standard_sets.begin());
}

States::States(const PolicySet& policies, const EvaluatorOptions& options, Names& names)
    : names_(names),
      evaluator_(policies, options),
      policies_(&engine::policies_of(evaluator_.evaluate("[]"))) {}

bool States::add(std::string_view event) {
  const Evaluation& evaluation = evaluator_.evaluate(event);
  for (std::size_t i = 0; i < evaluation.size(); ++i) {
    if (evaluation.decision(i) == Decision::kInvalid) return false;
    ++seen_;
    add_finding(engine::outcome_of(evaluation, i));
  }
  return true;
}

void States::add_finding(const engine::Outcome& outcome) {
  const finding::Finding& finding = *outcome.finding;
  bool is_config = finding.source == policy::Source::kConfig;
  bool may_tell = finding.source == policy::Source::kSecurityHub && finding.body.find("Compliance");
  if (!is_config && !may_tell) {
    ++other_;
    return;
  }
  arena_.reset();
  finding::normalize(finding, {}, arena_, normalized_);
  const Meaning& means = meaning(normalized_[Field::kCompliance], finding);
  if (!means.known) {
    ++other_;
    return;
  }
  FindingState state;
  state.order = seen_;
  state.check = means.check;
  state.control = means.control;
  state.standards = means.standards;
  state.archived =
      means.gone || equals_ignore_ascii_case(content(normalized_[Field::kRecordState]), "ARCHIVED");
  state.time = nanoseconds(content(normalized_[Field::kTime]));
  state.account = names_.accounts.number(finding.account_id);
  state.region = names_.regions.add(finding.region);
  if (state.check != Check::kPassed) {
    if (equals_ignore_ascii_case(content(normalized_[Field::kWorkflow]), "SUPPRESSED")) {
      state.accepted_by = kSecurityHubItself;
    }
    for (const PolicyHit& hit : outcome.hits) {
      if (hit.effect == Effect::kDrop) {
        state.accepted_by = static_cast<std::uint32_t>(hit.policy);
        break;
      }
    }
  }
  std::string_view resource = resource_identity(normalized_[Field::kResources]);
  state.resource = hash64(resource, kSeedLow);
  state.id = hash64(normalized_[Field::kId], kSeedLow);

  key_.assign(finding.account_id).append("\n").append(finding.region).append("\n");
  key_.append(is_config ? normalized_[Field::kFindingName]
                        : finding.body.find("GeneratorId").raw());
  key_.append("\n").append(resource);
  keep({hash64(key_, kSeedLow), hash64(key_, kSeedHigh)}, state);
}

const States::Meaning& States::meaning(std::string_view compliance,
                                       const finding::Finding& finding) {
  key_.assign(compliance).append("\n").append(normalized_[Field::kFindingName]);
  auto found = meanings_.find(key_);
  if (found != meanings_.end()) return found->second;
  if (meanings_.size() >= kMeanings) meanings_.clear();
  std::string key = key_;
  return meanings_.emplace(std::move(key), find_meaning(compliance, finding)).first->second;
}

States::Meaning States::find_meaning(std::string_view compliance, const finding::Finding& finding) {
  Meaning meaning;
  if (compliance.empty() || !document_.parse(compliance)) return meaning;
  EventValue root = document_.root();
  std::string status(root.find("status").string(scratch_));
  if (status.empty()) return meaning;
  if (status == "PASSED" || status == "COMPLIANT") meaning.check = Check::kPassed;
  if (status == "FAILED" || status == "NON_COMPLIANT") meaning.check = Check::kFailed;
  meaning.gone = status == "NOT_APPLICABLE";

  json::EventDocument name_document;
  std::string name;
  if (name_document.parse(normalized_[Field::kFindingName])) {
    name = name_document.root().string(scratch_);
  }
  std::string control(root.find("control").string(scratch_));
  if (control.empty()) control = name;
  // Security Hub makes the rules of this name itself; their results are its own findings.
  if (control.empty() || control.starts_with("securityhub-")) return meaning;

  std::vector<std::string> standards;
  for (EventValue element : root.find("standards").elements()) {
    standards.push_back(standard_key(element.string(scratch_)));
  }
  if (standards.empty()) {
    bool is_config = finding.source == policy::Source::kConfig;
    standards.emplace_back(is_config ? kConfigRules : kNoStandard);
  }
  std::string one(names_.ids.one_id(standards.front(), control));
  meaning.control = names_.controls.add(one);
  names_.titles.resize(names_.controls.size());
  std::string& title = names_.titles[meaning.control];
  if (title.empty() && name_document.parse(normalized_[Field::kTitle]) &&
      finding.source == policy::Source::kSecurityHub) {
    title = without_id(name_document.root().string(scratch_), control);
  }
  std::vector<std::uint32_t> numbers;
  for (const std::string& standard : standards) {
    numbers.push_back(names_.standards.add(standard));
    if (control == one) continue;
    std::uint64_t pair = std::uint64_t{numbers.back()} << 32 | meaning.control;
    std::vector<std::string>& others = names_.other_ids[pair];
    if (std::find(others.begin(), others.end(), control) == others.end()) others.push_back(control);
  }
  meaning.standards = names_.standard_set(std::move(numbers));
  meaning.known = true;
  return meaning;
}

void States::keep(const Key& key, const FindingState& state) {
  auto [place, is_new] = first_.emplace(key, static_cast<std::uint32_t>(findings_.size()));
  if (is_new) {
    findings_.push_back(state);
    return;
  }
  std::uint32_t oldest = place->second;
  std::uint32_t last = place->second;
  int count = 0;
  for (std::uint32_t at = place->second; at != kNobody; at = findings_[at].next, ++count) {
    FindingState& known = findings_[at];
    if (known.id == state.id) {
      if (!is_later(state, known)) return;
      std::uint32_t next = known.next;
      known = state;
      known.next = next;
      return;
    }
    if (is_later(findings_[oldest], known)) oldest = at;
    last = at;
  }
  if (count < kFindingsOfOneKey) {
    findings_[last].next = static_cast<std::uint32_t>(findings_.size());
    findings_.push_back(state);
  } else if (is_later(state, findings_[oldest])) {
    std::uint32_t next = findings_[oldest].next;
    findings_[oldest] = state;
    findings_[oldest].next = next;
  }
}

Totals States::totals() const {
  Totals totals;
  totals.findings = seen_ + invalid_;
  totals.other = other_;
  totals.invalid = invalid_;
  for (const FindingState& state : findings_) ++(state.archived ? totals.archived : totals.counted);
  totals.superseded = seen_ - other_ - totals.archived - totals.counted;
  return totals;
}

}  // namespace semper::report
