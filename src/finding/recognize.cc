#include "finding/recognize.h"

namespace semper::finding {
namespace {

using json::EventValue;
using policy::Source;

constexpr KeyTable<Top> kTopKeys({
    "detail-type",
    "detail",
    "account",
    "region",
    "eventVersion",
    "eventID",
    "eventTime",
    "eventSource",
    "eventName",
    "eventType",
    "userIdentity",
    "awsRegion",
    "recipientAccountId",
    "@timestamp",
    "SchemaVersion",
    "ProductArn",
    "AwsAccountId",
    "Resources",
    "GeneratorId",
    "Id",
    "UpdatedAt",
    "LastObservedAt",
    "CreatedAt",
    "accountId",
    "type",
    "service",
    "resource",
    "configRuleName",
    "newEvaluationResult",
    "notificationCreationTime",
    "Records",
    "Findings",
    "Messages",
    "Events",
    "Message",
    "body",
    "Sns",
    "TopicArn",
    "messageId",
    "receiptHandle",
    "eventSourceARN",
    "CloudTrailEvent",
});

bool is_cloudtrail(const TopFields& top) {
  // Notifications of S3, streams of DynamoDB and the like share keys with CloudTrail.
  if (top[Top::kEventSource].text().starts_with("aws:")) return false;
  int seen = 0;
  for (Top key :
       {Top::kEventVersion, Top::kEventId, Top::kEventTime, Top::kEventSource, Top::kEventName,
        Top::kEventType, Top::kUserIdentity, Top::kAwsRegion, Top::kRecipientAccountId}) {
    if (top[key]) ++seen;
  }
  return seen >= 3;
}

bool is_security_hub(const TopFields& top) {
  if (!top[Top::kId] && !top[Top::kGeneratorId]) return false;
  return top[Top::kProductArn] || top[Top::kSchemaVersion].text() == "2018-10-08" ||
         (top[Top::kAwsAccountId] && top[Top::kGeneratorId]);
}

bool is_guardduty(const TopFields& top) {
  return top[Top::kService] && top[Top::kResource] && top[Top::kType] &&
         (top[Top::kId] || top[Top::kAccountId] || top[Top::kSchemaVersion]);
}

bool is_config(const TopFields& top) {
  return top[Top::kConfigRuleName] && top[Top::kNewEvaluationResult];
}

bool is_message(EventValue value) {
  return value.is_string() || value.is_object();
}

bool has_one_member(EventValue object) {
  int count = 0;
  for ([[maybe_unused]] auto member : object.members()) {
    if (++count > 1) return false;
  }
  return count == 1;
}

/// Lists whose name is a common word count only if their first element has the key that we are
/// after.
EventValue list_of(EventValue list, std::string_view element_key) {
  for (EventValue element : list.elements()) {
    return element.find(element_key) ? list : EventValue();
  }
  return {};
}

}  // namespace

TopFields read_top(EventValue object) {
  return TopFields(kTopKeys, object);
}

EventValue file_list(const TopFields& top) {
  if (top[Top::kRecords].is_array()) return top[Top::kRecords];
  if (top[Top::kFindings].is_array()) return top[Top::kFindings];
  if (EventValue messages = list_of(top[Top::kMessages], "Body")) return messages;
  return list_of(top[Top::kEvents], "CloudTrailEvent");
}

Shape recognize(const TopFields& top, EventValue object) {
  if (top[Top::kDetailType].is_string()) return Shape::kEvent;
  // Before CloudTrail, whose keys an entry of lookup-events has too, in capitals.
  if (top[Top::kCloudTrailEvent].is_string()) return Shape::kLookupEvent;
  if (is_cloudtrail(top)) return Shape::kCloudTrail;
  if (is_security_hub(top)) return Shape::kSecurityHub;
  if (is_guardduty(top)) return Shape::kGuardDuty;
  if (is_config(top)) return Shape::kConfig;
  if (file_list(top)) return Shape::kFile;
  if (top[Top::kSns].is_object()) return Shape::kSnsRecord;
  if (is_message(top[Top::kMessage]) &&
      (top[Top::kTopicArn] || top[Top::kMessageId] || top[Top::kType].text() == "Notification" ||
       has_one_member(object))) {
    return Shape::kNotification;
  }
  if (is_message(top[Top::kBody]) && (top[Top::kMessageId] || top[Top::kReceiptHandle] ||
                                      top[Top::kEventSourceArn] || has_one_member(object))) {
    return Shape::kQueueMessage;
  }
  return Shape::kOther;
}

Source source_of_detail_type(std::string_view detail_type) {
  if (detail_type.ends_with(" via CloudTrail")) return Source::kCloudTrail;
  if (detail_type.starts_with("Security Hub Findings") ||
      detail_type == "Security Hub Insight Results") {
    return Source::kSecurityHub;
  }
  if (detail_type == "GuardDuty Finding") return Source::kGuardDuty;
  if (detail_type == "Config Rules Compliance Change") return Source::kConfig;
  return Source::kUnknown;
}

}  // namespace semper::finding
