#include <algorithm>

#include "finding/normalizer.h"

namespace semper::finding {
namespace {

using json::EventValue;

enum class GuardDuty : std::size_t {
  kId,
  kArn,
  kUpdatedAt,
  kSeverity,
  kTitle,
  kType,
  kPartition,
  kResource,
  kService,
  kCount,
};
constexpr KeyTable<GuardDuty> kFindingKeys({
    "id",
    "arn",
    "updatedAt",
    "severity",
    "title",
    "type",
    "partition",
    "resource",
    "service",
});

/// Where a resource is named: `details.<key>`, an object or a list of them, has its id under one of
/// two keys.
struct NamedResource {
  std::string_view details;
  std::string_view id;
  std::string_view other_id;
  std::string_view type;  ///< JSON text
};
constexpr NamedResource kNamedResources[] = {
    {"accessKeyDetails", "accessKeyId", "", R"("AWS::IAM::AccessKey")"},
    {"s3BucketDetails", "arn", "name", R"("AWS::S3::Bucket")"},
    {"eksClusterDetails", "arn", "name", R"("AWS::EKS::Cluster")"},
    {"ecsClusterDetails", "arn", "name", R"("AWS::ECS::Cluster")"},
    {"rdsDbInstanceDetails", "dbInstanceArn", "dbInstanceIdentifier", R"("AWS::RDS::DBInstance")"},
    {"lambdaDetails", "functionArn", "functionName", R"("AWS::Lambda::Function")"},
};

void add_named(ResourceList& resources, const NamedResource& named, EventValue details) {
  for (std::string_view key : {named.id, named.other_id}) {
    EventValue id = key.empty() ? EventValue() : details.find(key);
    if (!id.is_string() || id.text().empty()) continue;
    resources.add(id.raw(), named.type);
    return;
  }
}

/// GuardDuty names an instance by its id alone. JSON text; empty where there is no instance.
std::string_view instance_arn(Normalizer& normalizer, EventValue partition, EventValue instance) {
  if (!instance.is_string() || instance.text().empty()) return {};
  const Finding& finding = normalizer.finding();
  if (finding.account_id.empty() || finding.region.empty()) return instance.raw();
  std::string decoded;
  std::string& arn = normalizer.scratch();
  arn += "arn:";
  arn += partition.is_string() && !partition.text().empty() ? partition.string(decoded) : "aws";
  arn += ":ec2:";
  arn += finding.region;
  arn += ':';
  arn += finding.account_id;
  arn += ":instance/";
  arn += instance.string(decoded);
  return normalizer.quoted(arn);
}

void set_resources(Normalizer& normalizer, EventValue partition, EventValue resource,
                   EventValue service) {
  std::string_view instance =
      instance_arn(normalizer, partition, resource.find({"instanceDetails", "instanceId"}));
  ResourceList resources(normalizer);
  resources.add(instance, R"("AWS::EC2::Instance")");
  for (const NamedResource& named : kNamedResources) {
    EventValue details = resource.find(named.details);
    add_named(resources, named, details);
    for (EventValue element : details.elements()) add_named(resources, named, element);
  }
  // {"AWS::S3::Bucket": "name"}
  EventValue affected = service.find({"action", "awsApiCallAction", "affectedResources"});
  for (EventValue::Member member : affected.members()) {
    if (!member.value().is_string() || member.value().text().empty()) continue;
    resources.add(member.value().raw(), member.key().raw());
  }
  for (EventValue part : service.find({"detection", "sequence", "resources"}).elements()) {
    resources.add(normalizer.text(part.find("uid"), "sequence.resources[].uid"),
                  normalizer.text(part.find("resourceType"), "sequence.resources[].resourceType"),
                  normalizer.text(part.find("region"), "sequence.resources[].region"));
  }
  resources.finish(normalizer);
}

void set_principal_of(Normalizer& normalizer, EventValue resource) {
  EventValue key = resource.find("accessKeyDetails");
  set_principal(normalizer, normalizer.text(key.find("userType"), "accessKeyDetails.userType"), {},
                normalizer.text(key.find("userName"), "accessKeyDetails.userName"), {});
  if (!normalizer.get(Field::kPrincipal).empty()) return;
  EventValue user = resource.find({"kubernetesDetails", "kubernetesUserDetails", "username"});
  set_principal(normalizer, {}, {}, normalizer.text(user, "kubernetesUserDetails.username"), {});
}

void set_source_ip(Normalizer& normalizer, EventValue action) {
  auto take = [&](EventValue remote) {
    for (std::string_view key : {"ipAddressV4", "ipAddressV6"}) {
      EventValue address = remote.find(key);
      if (!address.is_string()) continue;
      normalizer.set(Field::kSourceIp, normalizer.address(address.raw()));
      if (!normalizer.get(Field::kSourceIp).empty()) return true;
    }
    return false;
  };
  for (EventValue::Member kind : action.members()) {
    if (take(kind.value().find("remoteIpDetails"))) return;
    for (EventValue probe : kind.value().find("portProbeDetails").elements()) {
      if (take(probe.find("remoteIpDetails"))) return;
    }
  }
}

bool is_true(EventValue value) {
  return value.text() == "true";
}

/// The API writes additionalInfo as `{"value": "{\"sample\": true}"}`.
bool is_sample(EventValue service) {
  EventValue info = service.find("additionalInfo");
  if (is_true(info.find("sample"))) return true;
  EventValue value = info.find("value");
  if (!value.is_string() || value.text().find("sample") == std::string_view::npos) return false;
  std::string scratch;
  json::EventDocument document;
  return document.parse(value.string(scratch)) && is_true(document.root().find("sample"));
}

void set_severity(Normalizer& normalizer, EventValue value) {
  auto severity = normalizer.number(value, "severity");
  if (!severity) return;
  if (!(*severity >= 0)) {
    normalizer.note("wrong_type", "`severity` is negative");
    return;
  }
  std::string_view label = *severity < 4   ? "LOW"
                           : *severity < 7 ? "MEDIUM"
                           : *severity < 9 ? "HIGH"
                                           : "CRITICAL";
  normalizer.set_severity(label, std::min(*severity * 10, 100.0));
}

}  // namespace

void normalize_guardduty(Normalizer& normalizer) {
  Fields<GuardDuty> finding(kFindingKeys, normalizer.finding().body);

  std::string_view id = normalizer.text(finding[GuardDuty::kArn], "arn");
  if (id.empty()) id = normalizer.text(finding[GuardDuty::kId], "id");
  normalizer.set(Field::kId, id);
  normalizer.set(Field::kTime,
                 normalizer.utc(normalizer.text(finding[GuardDuty::kUpdatedAt], "updatedAt")));
  normalizer.set(Field::kFindingName, normalizer.text(finding[GuardDuty::kType], "type"));
  normalizer.set(Field::kTitle, normalizer.text(finding[GuardDuty::kTitle], "title"));
  set_severity(normalizer, finding[GuardDuty::kSeverity]);

  EventValue resource = normalizer.object(finding[GuardDuty::kResource], "resource");
  EventValue service = normalizer.object(finding[GuardDuty::kService], "service");
  set_resources(normalizer, finding[GuardDuty::kPartition], resource, service);
  set_principal_of(normalizer, resource);
  set_source_ip(normalizer, service.find("action"));
  if (is_sample(service)) normalizer.set(Field::kSample, "true");
}

}  // namespace semper::finding
