#include "finding/normalizer.h"

namespace semper::finding {
namespace {

using json::EventValue;

enum class Record : std::size_t {
  kEventId,
  kEventTime,
  kEventSource,
  kEventName,
  kUserIdentity,
  kSourceIpAddress,
  kResources,
  kRequestParameters,
  kInsightDetails,
  kCount,
};
constexpr KeyTable<Record> kRecordKeys({
    "eventID",
    "eventTime",
    "eventSource",
    "eventName",
    "userIdentity",
    "sourceIPAddress",
    "resources",
    "requestParameters",
    "insightDetails",
});

enum class Identity : std::size_t { kType, kArn, kUserName, kAccountId, kSessionContext, kCount };
constexpr KeyTable<Identity> kIdentityKeys({"type", "arn", "userName", "accountId",
                                            "sessionContext"});

enum class Resource : std::size_t { kArn, kType, kCount };
constexpr KeyTable<Resource> kResourceKeys({"ARN", "type"});

void set_identity(Normalizer& normalizer, EventValue identity) {
  Fields<Identity> user(kIdentityKeys, identity);
  std::string_view type = normalizer.text(user[Identity::kType], "userIdentity.type");
  if (content(type) == "AssumedRole") {
    EventValue issuer = user[Identity::kSessionContext].find("sessionIssuer");
    Fields<Identity> role(kIdentityKeys, issuer);
    if (role[Identity::kArn].is_string()) user = role;
  }
  set_principal(normalizer, type, normalizer.text(user[Identity::kArn], "userIdentity.arn"),
                normalizer.text(user[Identity::kUserName], "userIdentity.userName"),
                normalizer.text(user[Identity::kAccountId], "userIdentity.accountId"));
}

}  // namespace

void normalize_cloudtrail(Normalizer& normalizer) {
  Fields<Record> record(kRecordKeys, normalizer.finding().body);

  normalizer.set(Field::kId, normalizer.text(record[Record::kEventId], "eventID"));
  normalizer.set(Field::kTime,
                 normalizer.utc(normalizer.text(record[Record::kEventTime], "eventTime")));

  std::string_view source = normalizer.text(record[Record::kEventSource], "eventSource");
  std::string_view name = normalizer.text(record[Record::kEventName], "eventName");
  if (EventValue insight = record[Record::kInsightDetails]; source.empty() && name.empty()) {
    source = normalizer.text(insight.find("eventSource"), "insightDetails.eventSource");
    name = normalizer.text(insight.find("eventName"), "insightDetails.eventName");
  }
  if (!source.empty() && !name.empty()) {
    normalizer.set(Field::kFindingName, normalizer.joined({content(source), " > ", content(name)}));
  } else {
    normalizer.set(Field::kFindingName, source.empty() ? name : source);
  }
  normalizer.set(Field::kTitle, normalizer.detection().title.empty()
                                    ? normalizer.get(Field::kFindingName)
                                    : normalizer.quoted(normalizer.detection().title));
  normalizer.set_severity_label(normalizer.detection().severity);

  set_identity(normalizer, normalizer.object(record[Record::kUserIdentity], "userIdentity"));
  normalizer.set(Field::kSourceIp, normalizer.address(normalizer.text(
                                       record[Record::kSourceIpAddress], "sourceIPAddress")));

  EventValue named = normalizer.array(record[Record::kResources], "resources");
  ResourceList resources(normalizer);
  for (EventValue element : named.elements()) {
    Fields<Resource> resource(kResourceKeys, element);
    resources.add(normalizer.text(resource[Resource::kArn], "resources[].ARN"),
                  normalizer.text(resource[Resource::kType], "resources[].type"));
  }
  if (resources.empty()) {
    std::string_view service = content(source);
    add_requested_resources(resources, service.substr(0, service.find('.')), content(name),
                            record[Record::kRequestParameters]);
  }
  resources.finish(normalizer);
}

}  // namespace semper::finding
