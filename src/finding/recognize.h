/// What a JSON object is, told by its content.
#pragma once

#include <string_view>

#include "finding/key_table.h"
#include "json/event.h"
#include "policy/policy.h"

namespace semper::finding {

/// Top-level keys that tell one shape from another, and those that an envelope is built from.
enum class Top : std::size_t {
  // EventBridge
  kDetailType,
  kDetail,
  kAccount,
  kRegion,
  // CloudTrail
  kEventVersion,
  kEventId,
  kEventTime,
  kEventSource,
  kEventName,
  kEventType,
  kUserIdentity,
  kAwsRegion,
  kRecipientAccountId,
  kTimestamp,
  // Security Hub
  kSchemaVersion,
  kProductArn,
  kAwsAccountId,
  kResources,
  kGeneratorId,
  kId,
  kUpdatedAt,
  kLastObservedAt,
  kCreatedAt,
  // GuardDuty
  kAccountId,
  kType,
  kService,
  kResource,
  // Config
  kConfigRuleName,
  kNewEvaluationResult,
  kNotificationCreationTime,
  // Files, and what queues and topics put around a message
  kRecords,
  kFindings,
  kMessages,
  kEvents,
  kMessage,
  kBody,
  kSns,
  kTopicArn,
  kMessageId,
  kReceiptHandle,
  kEventSourceArn,
  kCloudTrailEvent,
  kCount,
};
using TopFields = Fields<Top>;
TopFields read_top(json::EventValue object);

enum class Shape {
  kEvent,  ///< with EventBridge's envelope
  kCloudTrail,
  kSecurityHub,
  kGuardDuty,
  kConfig,
  kFile,          ///< findings in a list (`file_list`)
  kNotification,  ///< SNS
  kSnsRecord,     ///< as Lambda gets it: the notification is the member `Sns`
  kQueueMessage,  ///< SQS
  kLookupEvent,   ///< `aws cloudtrail lookup-events`: the record is JSON in a string
  kOther,
};
Shape recognize(const TopFields& top, json::EventValue object);

/// The list of a file: `Records`, `Findings`, `Messages` or `Events`; no value where there is none.
json::EventValue file_list(const TopFields& top);

/// The source of an EventBridge event by its `detail-type`.
policy::Source source_of_detail_type(std::string_view detail_type);

}  // namespace semper::finding
