#include <array>
#include <cstdint>
#include <iterator>
#include <span>

#include "base/text.h"
#include "finding/normalizer.h"

namespace semper::finding {
namespace {

using json::EventValue;

/// In calls to `service`, `requestParameters.<key>` names a resource of this type. The rules of a
/// service stand together.
struct Rule {
  std::string_view service;  ///< empty: any
  std::string_view key;
  std::string_view type;           ///< JSON text; empty: not said
  std::string_view in_event_name;  ///< only in calls with this in their name; empty: in all
};
constexpr Rule kRules[] = {
    {"acm", "certificateArn", R"("AWS::CertificateManager::Certificate")", ""},
    {"cloudformation", "stackName", R"("AWS::CloudFormation::Stack")", ""},
    {"cloudtrail", "name", R"("AWS::CloudTrail::Trail")", "Trail"},
    {"cloudtrail", "name", R"("AWS::CloudTrail::Trail")", "Logging"},
    {"cloudtrail", "trailName", R"("AWS::CloudTrail::Trail")", ""},
    {"config", "configRuleName", R"("AWS::Config::ConfigRule")", ""},
    {"config", "configurationRecorderName", R"("AWS::Config::ConfigurationRecorder")", ""},
    {"config", "deliveryChannelName", R"("AWS::Config::DeliveryChannel")", ""},
    {"dynamodb", "tableName", R"("AWS::DynamoDB::Table")", ""},
    {"ec2", "groupId", R"("AWS::EC2::SecurityGroup")", ""},
    {"ec2", "imageId", R"("AWS::EC2::Image")", ""},
    {"ec2", "instanceId", R"("AWS::EC2::Instance")", ""},
    {"ec2", "internetGatewayId", R"("AWS::EC2::InternetGateway")", ""},
    {"ec2", "natGatewayId", R"("AWS::EC2::NatGateway")", ""},
    {"ec2", "networkAclId", R"("AWS::EC2::NetworkAcl")", ""},
    {"ec2", "networkInterfaceId", R"("AWS::EC2::NetworkInterface")", ""},
    {"ec2", "routeTableId", R"("AWS::EC2::RouteTable")", ""},
    {"ec2", "snapshotId", R"("AWS::EC2::Snapshot")", ""},
    {"ec2", "subnetId", R"("AWS::EC2::Subnet")", ""},
    {"ec2", "volumeId", R"("AWS::EC2::Volume")", ""},
    {"ec2", "vpcId", R"("AWS::EC2::VPC")", ""},
    {"ecr", "repositoryName", R"("AWS::ECR::Repository")", ""},
    {"eks", "clusterName", R"("AWS::EKS::Cluster")", ""},
    {"eks", "name", R"("AWS::EKS::Cluster")", "Cluster"},
    {"elasticloadbalancing", "loadBalancerArn", R"("AWS::ElasticLoadBalancingV2::LoadBalancer")",
     ""},
    {"guardduty", "detectorId", R"("AWS::GuardDuty::Detector")", ""},
    {"iam", "accessKeyId", R"("AWS::IAM::AccessKey")", ""},
    {"iam", "groupName", R"("AWS::IAM::Group")", ""},
    {"iam", "instanceProfileName", R"("AWS::IAM::InstanceProfile")", ""},
    {"iam", "policyArn", R"("AWS::IAM::Policy")", ""},
    {"iam", "roleName", R"("AWS::IAM::Role")", ""},
    {"iam", "userName", R"("AWS::IAM::User")", ""},
    {"kms", "keyId", R"("AWS::KMS::Key")", ""},
    {"lambda", "functionName", R"("AWS::Lambda::Function")", ""},
    {"logs", "logGroupName", R"("AWS::Logs::LogGroup")", ""},
    {"organizations", "accountId", R"("AWS::Organizations::Account")", ""},
    {"rds", "dBClusterIdentifier", R"("AWS::RDS::DBCluster")", ""},
    {"rds", "dBInstanceIdentifier", R"("AWS::RDS::DBInstance")", ""},
    {"rds", "dBSnapshotIdentifier", R"("AWS::RDS::DBSnapshot")", ""},
    {"route53", "hostedZoneId", R"("AWS::Route53::HostedZone")", ""},
    {"s3", "bucketName", R"("AWS::S3::Bucket")", ""},
    {"secretsmanager", "name", R"("AWS::SecretsManager::Secret")", "Secret"},
    {"secretsmanager", "secretId", R"("AWS::SecretsManager::Secret")", ""},
    {"sns", "topicArn", R"("AWS::SNS::Topic")", ""},
    {"sqs", "queueUrl", R"("AWS::SQS::Queue")", ""},
    {"ssm", "instanceId", R"("AWS::EC2::Instance")", ""},
    {"ssm", "name", R"("AWS::SSM::Parameter")", "Parameter"},
    {"ssm", "names", R"("AWS::SSM::Parameter")", "Parameter"},
    {"sts", "roleArn", R"("AWS::IAM::Role")", ""},
    {"", "resourceArn", "", ""},
    {"", "resourceArns", "", ""},
};

/// Where the rules of each service are.
struct RulesOfService {
  std::string_view service;
  std::span<const Rule> rules;
  std::uint64_t key_sizes;  ///< a bit for the length of each key
};

consteval std::size_t count_services() {
  std::size_t count = 0;
  for (std::size_t i = 0; i < std::size(kRules); ++i) {
    if (i == 0 || kRules[i].service != kRules[i - 1].service) ++count;
  }
  return count;
}

constexpr auto kServices = [] {
  std::array<RulesOfService, count_services()> services;
  std::size_t count = 0;
  std::size_t first = 0;
  for (std::size_t i = 1; i <= std::size(kRules); ++i) {
    if (i < std::size(kRules) && kRules[i].service == kRules[first].service) continue;
    std::uint64_t key_sizes = 0;
    for (std::size_t k = first; k < i; ++k) key_sizes |= std::uint64_t{1} << kRules[k].key.size();
    services[count++] = {kRules[first].service, std::span(kRules).subspan(first, i - first),
                         key_sizes};
    first = i;
  }
  return services;
}();

constexpr const RulesOfService& kAnyService = kServices.back();
static_assert(kAnyService.service.empty());

/// nullptr: it has none of its own.
const RulesOfService* rules_of(std::string_view service) {
  for (const RulesOfService& rules : kServices) {
    if (rules.service.size() == service.size() &&
        same_bytes(rules.service.data(), service.data(), service.size())) {
      return &rules;
    }
  }
  return nullptr;
}

/// The rules that a call can meet.
struct Call {
  Call(std::string_view service, std::string_view name)
      : event_name(name), rules{rules_of(service), &kAnyService} {}

  /// nullptr: `key` names no resource.
  const Rule* rule(std::string_view key) const {
    for (const RulesOfService* some : rules) {
      if (some == nullptr || (some->key_sizes >> key.size() % 64 & 1) == 0) continue;
      for (const Rule& rule : some->rules) {
        if (equals_ignore_ascii_case(rule.key, key) &&
            event_name.find(rule.in_event_name) != std::string_view::npos) {
          return &rule;
        }
      }
    }
    return nullptr;
  }

  std::string_view event_name;
  std::array<const RulesOfService*, 2> rules;
};

void add_members(ResourceList& resources, const Call& call, EventValue object) {
  for (EventValue::Member member : object.members()) {
    const Rule* rule = call.rule(member.key().text());
    if (rule == nullptr) continue;
    EventValue value = member.value();
    if (value.is_string() && !value.text().empty()) resources.add(value.raw(), rule->type);
    for (EventValue element : value.elements()) {
      if (element.is_string()) resources.add(element.raw(), rule->type);
    }
  }
}

}  // namespace

void add_requested_resources(ResourceList& resources, std::string_view service,
                             std::string_view event_name, EventValue request_parameters) {
  Call call(service, event_name);
  add_members(resources, call, request_parameters);
  if (service != "ec2") return;
  // EC2 writes lists as {"instancesSet": {"items": [{"instanceId": …}]}}.
  for (EventValue::Member member : request_parameters.members()) {
    if (!member.value().is_object()) continue;
    for (EventValue item : member.value().find("items").elements()) {
      add_members(resources, call, item);
    }
  }
}

}  // namespace semper::finding
