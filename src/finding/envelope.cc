#include "finding/envelope.h"

#include <limits>

#include "base/text.h"

namespace semper::finding {

using json::EventMember;
using json::EventValue;

enum EnvelopeBuilder::Literal : std::size_t {
  kVersion,
  kId,
  kDetailType,
  kSource,
  kAccount,
  kTime,
  kRegion,
  kResources,
  kDetail,
  kDetailRest,
  kZero,
  kEmptyList,
  kApiCall,
  kSignIn,
  kServiceEvent,
  kConsoleAction,
  kInsight,
  kImported,
  kGuardDutyFinding,
  kComplianceChange,
  kSecurityHubSource,
  kGuardDutySource,
  kConfigSource,
  kNone,
};

namespace {

constexpr std::string_view kLiterals =
    R"(["version","id","detail-type","source","account","time","region","resources","detail",)"
    R"("detailRest","0",[],"AWS API Call via CloudTrail","AWS Console Sign In via CloudTrail",)"
    R"("AWS Service Event via CloudTrail","AWS Console Action via CloudTrail",)"
    R"("AWS Insight via CloudTrail","Security Hub Findings - Imported","GuardDuty Finding",)"
    R"("Config Rules Compliance Change","aws.securityhub","aws.guardduty","aws.config"])";

bool is_filled_string(EventValue value) {
  return value.is_string() && !value.text().empty();
}

EventValue first_filled(std::initializer_list<EventValue> values) {
  for (EventValue value : values) {
    if (is_filled_string(value)) return value;
  }
  return {};
}

}  // namespace

EnvelopeBuilder::EnvelopeBuilder() {
  literal_document_.parse(kLiterals);
  for (EventValue value : literal_document_.root().elements()) literals_.push_back(value);
}

void EnvelopeBuilder::reset() {
  texts_.assign(1, '[');
  text_count_ = 0;
  gaps_.clear();
}

std::size_t EnvelopeBuilder::begin_text() {
  if (text_count_ > 0) texts_ += ',';
  return text_count_++;
}

void EnvelopeBuilder::add_gap(Literal key, std::size_t text, std::vector<EventMember>& members) {
  gaps_.push_back({members.size(), text});
  members.push_back({literal(key), {}});
}

void EnvelopeBuilder::wrap(Shape shape, const TopFields& top, EventValue detail,
                           std::vector<EventMember>& members) {
  auto add = [&](Literal key, EventValue value) { members.push_back({literal(key), value}); };
  auto add_if_filled = [&](Literal key, std::initializer_list<EventValue> values) {
    if (EventValue value = first_filled(values)) add(key, value);
  };

  add(kVersion, literal(kZero));
  switch (shape) {
    case Shape::kCloudTrail: {
      add_if_filled(kId, {top[Top::kEventId]});
      std::string_view type;
      if (is_filled_string(top[Top::kEventType])) type = top[Top::kEventType].text();
      auto is = [&](std::string_view name) { return equals_ignore_ascii_case(type, name); };
      Literal detail_type = kNone;
      if (type.empty()) {
        // Records of the first versions: rather an API call than a record that no rule can detect.
        detail_type = top[Top::kEventName].text() == "ConsoleLogin" ? kSignIn : kApiCall;
      } else if (is("AwsApiCall")) {
        detail_type = kApiCall;
      } else if (is("AwsConsoleSignIn")) {
        detail_type = kSignIn;
      } else if (is("AwsServiceEvent")) {
        detail_type = kServiceEvent;
      } else if (is("AwsConsoleAction")) {
        detail_type = kConsoleAction;
      } else if (is("AwsCloudTrailInsight")) {
        detail_type = kInsight;
      }
      if (detail_type != kNone) add(kDetailType, literal(detail_type));
      if (is_filled_string(top[Top::kEventSource])) {
        std::string_view host = top[Top::kEventSource].text();
        add_gap(kSource, begin_text(), members);
        texts_ += "\"aws.";
        texts_ += host.substr(0, host.find('.'));
        texts_ += '"';
      }
      add_if_filled(kAccount, {top[Top::kRecipientAccountId]});
      add_if_filled(kTime, {top[Top::kEventTime], top[Top::kTimestamp]});
      add_if_filled(kRegion, {top[Top::kAwsRegion]});
      add(kResources, literal(kEmptyList));
      break;
    }
    case Shape::kSecurityHub:
      add(kDetailType, literal(kImported));
      add(kSource, literal(kSecurityHubSource));
      add_if_filled(kAccount, {top[Top::kAwsAccountId]});
      add_if_filled(kTime, {top[Top::kUpdatedAt], top[Top::kLastObservedAt], top[Top::kCreatedAt]});
      add_if_filled(kRegion, {top[Top::kRegion]});
      if (is_filled_string(top[Top::kProductArn]) && is_filled_string(top[Top::kId])) {
        add_gap(kResources, begin_text(), members);
        texts_ += "[\"";
        texts_ += top[Top::kProductArn].text();
        texts_ += '/';
        texts_ += top[Top::kId].text();
        texts_ += "\"]";
      } else {
        add(kResources, literal(kEmptyList));
      }
      break;
    case Shape::kGuardDuty:
      add(kDetailType, literal(kGuardDutyFinding));
      add(kSource, literal(kGuardDutySource));
      add_if_filled(kAccount, {top[Top::kAccountId]});
      add_if_filled(kTime, {top[Top::kUpdatedAt], top[Top::kCreatedAt]});
      add_if_filled(kRegion, {top[Top::kRegion]});
      add(kResources, literal(kEmptyList));
      break;
    default:
      add(kDetailType, literal(kComplianceChange));
      add(kSource, literal(kConfigSource));
      add_if_filled(kAccount, {top[Top::kAwsAccountId]});
      add_if_filled(kTime, {top[Top::kNotificationCreationTime]});
      add_if_filled(kRegion, {top[Top::kAwsRegion]});
      add(kResources, literal(kEmptyList));
  }
  add(kDetail, detail);
}

std::size_t EnvelopeBuilder::write_rest(EventValue detail, EventValue without) {
  std::size_t rest = begin_text();
  texts_ += '{';
  for (EventValue::Member member : detail.members()) {
    if (member.value().token() == without.token()) continue;
    if (texts_.back() != '{') texts_ += ',';
    texts_ += member.key().raw();
    texts_ += ':';
    texts_ += member.value().raw();
  }
  texts_ += '}';
  return rest;
}

void EnvelopeBuilder::add_rest(std::size_t rest, std::vector<EventMember>& members) {
  add_gap(kDetailRest, rest, members);
}

void EnvelopeBuilder::finish(std::vector<EventMember>& members) {
  if (gaps_.empty()) return;
  texts_ += ']';
  // Every piece has passed the limits as part of an event; as a list it is one level deeper.
  Limits limits;
  limits.event_bytes = std::numeric_limits<std::size_t>::max();
  limits.event_depth = std::numeric_limits<std::size_t>::max();
  if (!text_document_.parse(texts_, limits)) return;
  values_.clear();
  for (EventValue value : text_document_.root().elements()) values_.push_back(value);
  for (const Gap& gap : gaps_) members[gap.member].value = values_[gap.text];
}

}  // namespace semper::finding
