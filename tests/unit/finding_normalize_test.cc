#include <doctest/doctest.h>

#include "base/hash.h"
#include "finding_samples.h"

using namespace samples;
using semper::finding::Detection;

namespace {

std::string event(std::string_view detail_type, std::string_view detail) {
  std::string text = R"({"id":"envelope-id","detail-type":")";
  text += detail_type;
  text += R"(","account":"999999999999","time":"2024-05-05T05:05:05Z","region":"eu-north-1",)";
  text += R"("detail":)";
  text += detail;
  return text + "}";
}
std::string cloudtrail(std::string_view detail) {
  return event("AWS API Call via CloudTrail", detail);
}
std::string guardduty(std::string_view detail) {
  return event("GuardDuty Finding", detail);
}
std::string config(std::string_view detail) {
  return event("Config Rules Compliance Change", detail);
}
std::string asff(std::string_view finding) {
  return security_hub_event(R"({"findings":[)" + std::string(finding) + "]}");
}

}  // namespace

TEST_CASE("the slides' CloudTrail event") {
  Fields fields(kSlideCloudTrail);
  CHECK(fields["sourceService"] == R"("AwsCloudTrail")");
  CHECK(fields["id"] == R"("c228fa45-174c-4624-ac73-363530327457")");
  CHECK(fields["rawHash"] ==
        "\"" + semper::hash_hex(fields.parsed[0].event.find("detail").raw()) + "\"");
  CHECK(fields["time"] == R"("2022-01-20T20:46:26Z")");
  CHECK(fields.normalized.envelope_time == R"("2022-01-20T20:46:26Z")");
  CHECK(fields["accountId"] == R"("626708301729")");
  CHECK(fields["region"] == R"("eu-central-1")");
  CHECK(fields["findingName"] == R"("kms.amazonaws.com > DisableKey")");
  CHECK(fields["title"] == R"("kms.amazonaws.com > DisableKey")");
  CHECK(fields["severity"] == "");
  CHECK(
      fields["resources"] ==
      R"([{"id":"arn:aws:kms:eu-central-1:626708301729:key/ab9508d2-1f91-4090-945a-5894b1a082eb","type":"AWS::KMS::Key"}])");
  CHECK(
      fields["principal"] ==
      R"({"type":"AssumedRole","arn":"arn:aws:iam::626708301729:role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_AdministratorAccess_1f51a532758ff888","userName":"AWSReservedSSO_AdministratorAccess_1f51a532758ff888","accountId":"626708301729"})");
  CHECK(fields["sourceIp"] == R"("1.2.3.4")");
  for (const char* absent : {"compliance", "controls", "workflow", "recordState", "sample"}) {
    CHECK(fields[absent] == "");
  }
  CHECK(fields.normalized.notes.empty());
}

TEST_CASE("the slides' Security Hub event") {
  Fields fields(asff(kSlideAsff));
  CHECK(fields["sourceService"] == R"("AwsSecurityHub")");
  CHECK(
      fields["id"] ==
      R"("arn:aws:securityhub:eu-central-1::product/aws/securityhub/arn:aws:securityhub:eu-central-1:626708301729:subscription/aws-foundational-security-best-practices/v1.0.0/IAM.6/finding/1")");
  CHECK(fields["rawHash"] == "\"" + semper::hash_hex(kSlideAsff) + "\"");
  CHECK(fields["time"] == R"("2022-01-19T09:20:38.543Z")");
  CHECK(fields.normalized.envelope_time == R"("2022-01-19T09:20:46Z")");
  CHECK(fields["accountId"] == R"("626708301729")");
  CHECK(fields["findingName"] == R"("IAM.6")");
  CHECK(fields["title"] == R"("IAM.6 Hardware MFA should be enabled for the root user")");
  CHECK(fields["severity"] == R"({"label":"CRITICAL","score":90})");
  CHECK(fields["resources"] ==
        R"([{"id":"AWS:::Account:626708301729","type":"AwsAccount","region":"eu-central-1"}])");
  CHECK(
      fields["compliance"] ==
      R"({"status":"FAILED","standards":["standards/aws-foundational-security-best-practices/v1.0.0"],"control":"IAM.6"})");
  CHECK(fields["controls"] == R"(["IAM.6"])");
  CHECK(fields["workflow"] == R"("NEW")");
  CHECK(fields["recordState"] == R"("ACTIVE")");
  CHECK(fields["principal"] == "");
  CHECK(fields["sample"] == "");
  CHECK(fields.normalized.notes.empty());
}

TEST_CASE("id: the source's own, else the envelope's") {
  CHECK(Fields(cloudtrail(R"({"eventId":"x"})"))["id"] == R"("x")");
  CHECK(Fields(cloudtrail(R"({"eventID":null})"))["id"] == R"("envelope-id")");
  CHECK(Fields(asff(R"({"Id":"x"})"))["id"] == R"("x")");
  CHECK(Fields(asff(R"({"ProductArn":"p"})"))["id"] == R"("3af15e19-19c3-3a4c-5e77-c64e4ba49d42")");
  CHECK(Fields(guardduty(R"({"id":"i","arn":"a"})"))["id"] == R"("a")");
  CHECK(Fields(guardduty(R"({"Id":"i","Arn":""})"))["id"] == R"("i")");
  CHECK(Fields(guardduty("{}"))["id"] == R"("envelope-id")");
  CHECK(Fields(event("AWS Health Event", "{}"))["id"] == R"("envelope-id")");
  CHECK(Fields(R"({"id":"x","time":"2024-05-05T05:05:05Z"})")["id"] == "");
}

TEST_CASE("the id of a Config finding is stable and tells its parts apart") {
  auto id = [](std::string_view detail) { return Fields(config(detail))["id"]; };
  std::string base = id(R"({"configRuleARN":"a","resourceType":"t","resourceId":"r","x":1})");
  CHECK(base.size() == 34);
  CHECK(base == id(R"({"resourceId":"r","resourceType":"t","configRuleARN":"a"})"));
  CHECK(base != id(R"({"configRuleARN":"a","resourceType":"tr","resourceId":"","x":1})"));
  CHECK(base != id(R"({"configRuleARN":"b","resourceType":"t","resourceId":"r"})"));
  CHECK(base != id(R"({"configRuleARN":"a","resourceType":"u","resourceId":"r"})"));
  CHECK(base != id(R"({"configRuleARN":"a","resourceType":"t","resourceId":"s"})"));
  CHECK(base !=
        id(R"({"awsAccountId":"1","configRuleARN":"a","resourceType":"t","resourceId":"r"})"));
  CHECK(base != id(R"({"awsRegion":"x","configRuleARN":"a","resourceType":"t","resourceId":"r"})"));
  CHECK(id("{}") == R"("envelope-id")");
}

TEST_CASE("time: each source's own, in UTC, else the envelope's") {
  struct {
    std::string text;
    const char* time;
  } cases[] = {
      {cloudtrail(R"({"eventTime":"2023-07-10T12:07:57Z"})"), "2023-07-10T12:07:57Z"},
      {cloudtrail(R"({"eventTime":"2023-07-10 12:07:57.123456789"})"),
       "2023-07-10T12:07:57.123456789Z"},
      {cloudtrail("{}"), "2024-05-05T05:05:05Z"},
      {asff(R"({"UpdatedAt":"2020-01-15T15:55:49.624441+00:00","CreatedAt":"x"})"),
       "2020-01-15T15:55:49.624441Z"},
      {asff(R"({"LastObservedAt":"2020-01-15T22:00:00-04:00","CreatedAt":"x"})"),
       "2020-01-16T02:00:00Z"},
      {asff(R"({"UpdatedAt":null,"CreatedAt":"2020-01-15T00:00:00.5Z"})"),
       "2020-01-15T00:00:00.5Z"},
      {asff("{}"), "2022-01-19T09:20:46Z"},
      {guardduty(R"({"UpdatedAt":"2020-01-15T00:00:00.001Z"})"), "2020-01-15T00:00:00.001Z"},
      {guardduty(R"({"createdAt":"2020-01-15T00:00:00.001Z"})"), "2024-05-05T05:05:05Z"},
      {config(R"({"notificationCreationTime":"2022-03-02T00:09:06.5Z"})"),
       "2022-03-02T00:09:06.5Z"},
      {event("AWS Health Event", "{}"), "2024-05-05T05:05:05Z"},
      // Raw: what the envelope would have.
      {R"({"eventVersion":"1","eventID":"i","eventName":"n","@timestamp":"2020-01-15T00:00:00Z"})",
       "2020-01-15T00:00:00Z"},
      {R"({"type":"t","id":"i","service":{},"resource":{},"createdAt":"2020-01-15T00:00:00Z"})",
       "2020-01-15T00:00:00Z"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    Fields fields(c.text);
    CHECK(fields["time"] == quoted(c.time));
    CHECK_FALSE(fields.has_note("unparsable_time"));
  }
}

TEST_CASE("a time that cannot be read stays as it came, with a note") {
  Fields fields(config(R"({"notificationCreationTime":"2022-03-02T00: 09: 06Z"})"));
  CHECK(fields["time"] == R"("2022-03-02T00: 09: 06Z")");
  CHECK(fields.has_note("unparsable_time"));
  Fields number(cloudtrail(R"({"eventTime":1700000000})"));
  CHECK(number["time"] == R"("2024-05-05T05:05:05Z")");
  CHECK(number.has_note("wrong_type"));
}

TEST_CASE("severity of Security Hub") {
  struct {
    const char* finding;
    const char* severity;
  } cases[] = {
      {R"({"Severity":{"Label":"HIGH"}})", R"({"label":"HIGH","score":70})"},
      {R"({"Severity":{"Label":"high","Normalized":75}})", R"({"label":"HIGH","score":75})"},
      {R"({"Severity":{"Label":"CRITICAL","Normalized":0}})", R"({"label":"CRITICAL","score":90})"},
      {R"({"Severity":{"Label":"LOW","Normalized":40}})", R"({"label":"LOW","score":1})"},
      {R"({"Severity":{"Label":"INFORMATIONAL"}})", R"({"label":"INFORMATIONAL","score":0})"},
      {R"({"FindingProviderFields":{"Severity":{"Label":"MEDIUM"}},"Severity":{"Normalized":90}})",
       R"({"label":"MEDIUM","score":40})"},
      {R"({"Severity":{"Product":0,"Normalized":6}})", R"({"label":"LOW","score":6})"},
      {R"({"Severity":{"Normalized":"30"}})", R"({"label":"LOW","score":30})"},
      {R"({"Severity":{"Normalized":0}})", R"({"label":"INFORMATIONAL","score":0})"},
      {R"({"Severity":{"Normalized":39}})", R"({"label":"LOW","score":39})"},
      {R"({"Severity":{"Normalized":40}})", R"({"label":"MEDIUM","score":40})"},
      {R"({"Severity":{"Normalized":89}})", R"({"label":"HIGH","score":89})"},
      {R"({"Severity":{"Normalized":90}})", R"({"label":"CRITICAL","score":90})"},
      {R"({"Severity":{"Normalized":100}})", R"({"label":"CRITICAL","score":100})"},
      {R"({"Severity":{"Product":50}})", R"({"label":"MEDIUM","score":50})"},
      {R"({"ProductArn":"arn:aws:securityhub:r::product/aws/guardduty","Severity":{"Product":8}})",
       R"({"label":"HIGH","score":80})"},
      {R"({"Severity":{"Label":"Moderate","Normalized":101}})", ""},
      {R"({"Severity":"HIGH"})", R"({"label":"HIGH","score":70})"},
      {R"({"Severity":"70"})", R"({"label":"HIGH","score":70})"},
      {R"({"Severity":null})", ""},
      {R"({})", ""},
  };
  for (const auto& c : cases) {
    CAPTURE(c.finding);
    CHECK(Fields(asff(c.finding))["severity"] == c.severity);
  }
  Fields wrong(asff(R"({"Severity":{"Label":"LOW","Normalized":{}}})"));
  CHECK(wrong["severity"] == R"({"label":"LOW","score":1})");
  CHECK(wrong.has_note("wrong_type"));
}

TEST_CASE("severity of GuardDuty") {
  struct {
    const char* number;
    const char* severity;
  } cases[] = {
      {"2", R"({"label":"LOW","score":20})"},
      {"3.9", R"({"label":"LOW","score":39})"},
      {"4", R"({"label":"MEDIUM","score":40})"},
      {"6.9", R"({"label":"MEDIUM","score":69})"},
      {"8.7", R"({"label":"HIGH","score":87})"},
      {"8.0", R"({"label":"HIGH","score":80})"},
      {"9", R"({"label":"CRITICAL","score":90})"},
      {"10", R"({"label":"CRITICAL","score":100})"},
      {"0.0", R"({"label":"LOW","score":0})"},
      {R"("5.0")", R"({"label":"MEDIUM","score":50})"},
      {R"("bad")", ""},
      {"-1", ""},
      {"1e999", ""},
      {"1e300", R"({"label":"CRITICAL","score":100})"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.number);
    CHECK(Fields(guardduty(std::string(R"({"Severity":)") + c.number + "}"))["severity"] ==
          c.severity);
  }
}

TEST_CASE("what the detecting rule says goes into CloudTrail and Config") {
  Detection detection{"Root \"user\" used", "High"};
  Fields trail(kSlideCloudTrail, detection);
  CHECK(trail["title"] == R"("Root \"user\" used")");
  CHECK(trail["severity"] == R"({"label":"HIGH","score":70})");
  CHECK(Fields(config(R"({"configRuleName":"r"})"), detection)["severity"] ==
        R"({"label":"HIGH","score":70})");
  CHECK(Fields(asff(R"({"Severity":{"Label":"LOW"}})"), detection)["severity"] ==
        R"({"label":"LOW","score":1})");
}

TEST_CASE("names and titles") {
  Fields insight(cloudtrail(
      R"({"insightDetails":{"eventSource":"s3.amazonaws.com","eventName":"PutObject"}})"));
  CHECK(insight["findingName"] == R"("s3.amazonaws.com > PutObject")");
  CHECK(Fields(cloudtrail(R"({"eventName":"X"})"))["findingName"] == R"("X")");
  CHECK(Fields(asff(R"({"GeneratorId":"prowler-check"})"))["findingName"] == R"("prowler-check")");
  Fields guard(guardduty(R"({"Type":"Backdoor:EC2/C&CActivity.B!DNS","Title":"T\u0021"})"));
  CHECK(guard["findingName"] == R"("Backdoor:EC2/C&CActivity.B!DNS")");
  CHECK(guard["title"] == R"("T\u0021")");
  Fields rule(
      config(R"({"configRuleName":"r","newEvaluationResult":{"complianceType":"NON_COMPLIANT"}})"));
  CHECK(rule["findingName"] == R"("r")");
  CHECK(rule["title"] == R"("r: NON_COMPLIANT")");
  CHECK(rule["compliance"] == R"({"status":"NON_COMPLIANT"})");
}

TEST_CASE("CloudTrail: wrong types make a field absent, with a note, and nothing else") {
  for (const char* detail :
       {R"({"eventName":{},"eventSource":"s"})", R"({"eventName":[],"eventSource":"s"})",
        R"({"userIdentity":"x","eventSource":"s"})", R"({"sourceIPAddress":5,"eventSource":"s"})",
        R"({"resources":{},"eventSource":"s"})", R"({"resources":"x","eventSource":"s"})"}) {
    CAPTURE(detail);
    Fields fields(cloudtrail(detail));
    CHECK(fields["findingName"] == R"("s")");
    CHECK(fields["principal"] == "");
    CHECK(fields["sourceIp"] == "");
    CHECK(fields["resources"] == "");
    REQUIRE(fields.normalized.notes.size() == 1);
    CHECK(fields.normalized.notes[0].code == "wrong_type");
  }
  Fields fields(cloudtrail(R"({"eventName":{}})"));
  CHECK(fields.normalized.notes[0].message == "`eventName` is an object, not a string");
  // null is the usual way to say that there is nothing.
  CHECK(Fields(cloudtrail(R"({"eventName":null,"userIdentity":null,"resources":null,
                              "requestParameters":"null","sourceIPAddress":null})"))
            .normalized.notes.empty());
}

TEST_CASE("CloudTrail: principal") {
  struct {
    const char* identity;
    const char* principal;
  } cases[] = {
      {R"({"type":"IAMUser","arn":"a","accountId":"1","userName":"u","principalId":"p"})",
       R"({"type":"IAMUser","arn":"a","userName":"u","accountId":"1"})"},
      {R"({"type":"AWSService","invokedBy":"config.amazonaws.com"})", R"({"type":"AWSService"})"},
      {R"({"type":"AssumedRole","arn":"session","accountId":"1"})",
       R"({"type":"AssumedRole","arn":"session","accountId":"1"})"},
      {R"({"type":"AssumedRole","arn":"session","sessioncontext":{"sessionIssuer":{"arn":"role","userName":"n"}}})",
       R"({"type":"AssumedRole","arn":"role","userName":"n"})"},
      {R"({"type":"FederatedUser","arn":"f","sessionContext":{"sessionIssuer":{"arn":"user"}}})",
       R"({"type":"FederatedUser","arn":"f"})"},
      {"{}", ""},
  };
  for (const auto& c : cases) {
    CAPTURE(c.identity);
    CHECK(Fields(cloudtrail(std::string(R"({"userIdentity":)") + c.identity + "}"))["principal"] ==
          c.principal);
  }
}

TEST_CASE("CloudTrail: sourceIp is an address or absent") {
  auto ip = [](std::string_view text) {
    Fields fields(cloudtrail(R"({"sourceIpAddress":")" + std::string(text) + R"("})"));
    CHECK(fields.normalized.notes.empty());
    return fields["sourceIp"];
  };
  CHECK(ip("203.0.113.7") == R"("203.0.113.7")");
  CHECK(ip("2001:db8::1") == R"("2001:db8::1")");
  for (const char* none :
       {"AWS Internal", "secretsmanager.amazonaws.com", "", "-", "****", "10.0.0.0/8", "1.2.3"}) {
    CHECK(ip(none) == "");
  }
}

TEST_CASE("CloudTrail: resources, else what the request names") {
  auto resources = [](std::string_view detail) { return Fields(cloudtrail(detail))["resources"]; };
  CHECK(resources(R"({"resources":[{"arn":"a"},{"ARN":"b","type":"t"},{"ARNPrefix":"c"},5]})") ==
        R"([{"id":"a"},{"id":"b","type":"t"}])");
  auto requested = [&](std::string_view service, std::string_view name,
                       std::string_view parameters) {
    return resources(R"({"eventSource":")" + std::string(service) +
                     R"(.amazonaws.com","eventName":")" + std::string(name) +
                     R"(","resources":[{"accountId":"1"}],"requestParameters":)" +
                     std::string(parameters) + "}");
  };
  CHECK(requested("s3", "PutBucketPolicy", R"({"bucketName":"b","Host":"h"})") ==
        R"([{"id":"b","type":"AWS::S3::Bucket"}])");
  CHECK(requested("iam", "AttachRolePolicy", R"({"roleName":"r","policyArn":"p"})") ==
        R"([{"id":"r","type":"AWS::IAM::Role"},{"id":"p","type":"AWS::IAM::Policy"}])");
  CHECK(requested("ec2", "StopInstances",
                  R"({"instancesSet":{"items":[{"instanceId":"i-1"},{"instanceId":"i-2"}]}})") ==
        R"([{"id":"i-1","type":"AWS::EC2::Instance"},{"id":"i-2","type":"AWS::EC2::Instance"}])");
  CHECK(requested("ssm", "GetParameters", R"({"names":["a","b"]})") ==
        R"([{"id":"a","type":"AWS::SSM::Parameter"},{"id":"b","type":"AWS::SSM::Parameter"}])");
  CHECK(requested("ssm", "CreateDocument", R"({"name":"a"})") == "");
  CHECK(requested("cloudtrail", "StopLogging", R"({"name":"t"})") ==
        R"([{"id":"t","type":"AWS::CloudTrail::Trail"}])");
  CHECK(requested("rds", "DeleteDBInstance", R"({"DBInstanceIdentifier":"d"})") ==
        R"([{"id":"d","type":"AWS::RDS::DBInstance"}])");
  CHECK(requested("wafv2", "X", R"({"resourceArn":"arn:a"})") == R"([{"id":"arn:a"}])");
  CHECK(requested("lambda", "Invoke", R"({"functionName":{}})") == "");
  CHECK(requested("s3", "X", "null") == "");
  CHECK(requested("s3", "X", R"("null")") == "");
  CHECK(requested("sqs", "X", R"({"bucketName":"b"})") == "");
}

TEST_CASE("Security Hub: three generations of controls and standards, one spelling") {
  struct {
    const char* finding;
    const char* controls;
    const char* compliance;
  } cases[] = {
      // (a) StandardsGuideArn and RuleId
      {R"({"GeneratorId":"arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/2.7",
           "ProductFields":{"RuleId":"2.7","StandardsGuideArn":"arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0"},
           "Compliance":{"Status":"PASSED","SecurityControlId":"CloudTrail.2"}})",
       R"(["CloudTrail.2","2.7"])",
       R"({"status":"PASSED","standards":["ruleset/cis-aws-foundations-benchmark/v/1.2.0"],"control":"CloudTrail.2"})"},
      // (b) StandardsArn and ControlId
      {R"({"GeneratorId":"aws-foundational-security-best-practices/v/1.0.0/EC2.8",
           "ProductFields":{"ControlId":"EC2.8","StandardsArn":"arn:aws:securityhub:::standards/aws-foundational-security-best-practices/v/1.0.0"}})",
       R"(["EC2.8"])",
       R"({"standards":["standards/aws-foundational-security-best-practices/v/1.0.0"],"control":"EC2.8"})"},
      // (c) consolidated
      {R"({"GeneratorId":"security-control/S3.12","Compliance":{"Status":"FAILED","SecurityControlId":"S3.12",
           "AssociatedStandards":[{"StandardsId":"standards/pci-dss/v/3.2.1"},{"StandardsId":"ruleset/cis-aws-foundations-benchmark/v/1.2.0"}]}})",
       R"(["S3.12"])",
       R"({"status":"FAILED","standards":["standards/pci-dss/v/3.2.1","ruleset/cis-aws-foundations-benchmark/v/1.2.0"],"control":"S3.12"})"},
      // (b) and (c) say the same standard
      {R"({"ProductFields":{"ControlId":"CT.CloudTrail.2","StandardsArn":"arn:aws:securityhub:::standards/pci-dss/v/3.2.1"},
           "Compliance":{"SecurityControlId":"CloudTrail.2","AssociatedStandards":[{"StandardsId":"standards/pci-dss/v/3.2.1"}]}})",
       R"(["CloudTrail.2"])",
       R"({"standards":["standards/pci-dss/v/3.2.1"],"control":"CloudTrail.2"})"},
      {R"({"ProductFields":{"ControlId":"[PCI.IAM.6]"}})", R"(["PCI.IAM.6"])",
       R"({"control":"PCI.IAM.6"})"},
      // The generator alone
      {R"({"GeneratorId":"pci-dss/v/3.2.1/PCI.IAM.6"})", R"(["PCI.IAM.6"])",
       R"({"control":"PCI.IAM.6"})"},
      {R"({"GeneratorId":"arn:aws:guardduty:us-east-1:1:detector/06b0"})", "", ""},
      {R"({"GeneratorId":"arn:aws:config:r:1:config-rule/config-rule-mburzq"})", "", ""},
      {R"({"GeneratorId":"prowler-s3.1"})", "", ""},
      // Prowler
      {R"({"Compliance":{"Status":"INFOED","AssociatedStandards":[{"StandardsId":"CIS-1.5"},5,{"StandardsId":"ENS-RD2022"}]}})",
       "", R"({"status":"INFOED","standards":["CIS-1.5","ENS-RD2022"]})"},
      {R"({"Compliance":{"RelatedRequirements":[]}})", "", ""},
  };
  for (const auto& c : cases) {
    CAPTURE(c.finding);
    Fields fields(asff(c.finding));
    CHECK(fields["controls"] == c.controls);
    CHECK(fields["compliance"] == c.compliance);
  }
}

TEST_CASE("Security Hub: resources, principal, address, workflow, sample") {
  CHECK(
      Fields(asff(
          R"({"Resources":[{"Id":"a","Type":"AwsS3Bucket"},{"Type":"x"},5,{"Id":"c","Region":"r"}]})"))
          ["resources"] == R"([{"id":"a","type":"AwsS3Bucket"},{"id":"c","region":"r"}])");

  CHECK(
      Fields(asff(
          R"({"Resources":[{"Type":"AwsIamUser","Id":"arn:u"},{"Type":"AwsIamAccessKey","Id":"k","Details":{"AwsIamAccessKey":{"PrincipalName":"n","PrincipalType":"IAMUser","PrincipalId":"p"}}}]})"))
          ["principal"] == R"({"type":"IAMUser","userName":"n"})");
  CHECK(
      Fields(asff(
          R"({"Resources":[{"Type":"AwsIamRole","Id":"arn:r","Details":{"AwsIamRole":{"RoleName":"n"}}}]})"))
          ["principal"] == R"({"type":"AwsIamRole","arn":"arn:r","userName":"n"})");

  for (
      const char* finding : {
          R"({"Action":{"AwsApiCallAction":{"RemoteIpDetails":{"IpAddressV4":"9.9.9.9"}},"PortProbeAction":{}}})",
          R"({"Action":{"AwsApiCallAction":{},"NetworkConnectionAction":{"RemoteIpDetails":{"IpAddressV4":"9.9.9.9"}}}})",
          R"({"Action":{"PortProbeAction":{"PortProbeDetails":[{},{"RemoteIpDetails":{"IpAddressV4":"9.9.9.9"}}]}}})",
          R"({"ProductFields":{"aws/guardduty/service/action/networkConnectionAction/localIpDetails/ipAddressV4":"1.1.1.1","aws/guardduty/service/action/networkConnectionAction/remoteIpDetails/ipAddressV4":"9.9.9.9"}})",
          R"({"ProductFields":{"action/awsApiCallAction/remoteIpDetails/ipAddressV4":"9.9.9.9"}})",
      }) {
    CAPTURE(finding);
    CHECK(Fields(asff(finding))["sourceIp"] == R"("9.9.9.9")");
  }

  CHECK(Fields(asff(R"({"WorkflowState":"ASSIGNED"})"))["workflow"] == R"("ASSIGNED")");
  CHECK(Fields(asff(R"({"RecordState":"ARCHIVED"})"))["recordState"] == R"("ARCHIVED")");
  CHECK(Fields(asff("{}"))["workflow"] == "");
  CHECK(Fields(asff(R"({"Sample":true})"))["sample"] == "true");
  CHECK(Fields(asff(R"({"Sample":false})"))["sample"] == "");
  CHECK(Fields(asff(R"({"ProductFields":{"aws/guardduty/service/additionalInfo/sample":"true"}})"))
            ["sample"] == "true");
}

TEST_CASE("an event that carries no finding has the envelope's fields") {
  Fields fields(event("Security Hub Insight Results", R"({"insightResults":[],"Id":"no"})"));
  CHECK(fields["id"] == R"("envelope-id")");
  CHECK(fields["time"] == R"("2024-05-05T05:05:05Z")");
  CHECK(fields["accountId"] == R"("999999999999")");
  CHECK(fields["sourceService"] == R"("AwsSecurityHub")");
  CHECK(fields["findingName"] == "");
}

TEST_CASE("GuardDuty: resources") {
  auto resources = [](std::string_view detail) { return Fields(guardduty(detail))["resources"]; };
  CHECK(
      resources(
          R"({"accountId":"111122223333","region":"eu-west-1","partition":"aws-cn","resource":{"instanceDetails":{"instanceId":"i-1"}}})") ==
      R"([{"id":"arn:aws-cn:ec2:eu-west-1:111122223333:instance/i-1","type":"AWS::EC2::Instance"}])");
  CHECK(
      resources(
          R"({"Resource":{"InstanceDetails":{"InstanceId":"i-1"},"AccessKeyDetails":{"AccessKeyId":"A"}}})") ==
      R"([{"id":"arn:aws:ec2:eu-north-1:999999999999:instance/i-1","type":"AWS::EC2::Instance"},{"id":"A","type":"AWS::IAM::AccessKey"}])");
  CHECK(
      resources(
          R"({"resource":{"s3BucketDetails":[{"arn":"arn:aws:s3:::a","name":"a"},{"name":"b"}],"eksClusterDetails":{"name":"e","arn":"arn:e"}}})") ==
      R"([{"id":"arn:aws:s3:::a","type":"AWS::S3::Bucket"},{"id":"b","type":"AWS::S3::Bucket"},{"id":"arn:e","type":"AWS::EKS::Cluster"}])");
  CHECK(
      resources(
          R"({"service":{"action":{"awsApiCallAction":{"affectedResources":{"AWS::CloudTrail::Trail":"t"}}}}})") ==
      R"([{"id":"t","type":"AWS::CloudTrail::Trail"}])");
  CHECK(
      resources(
          R"({"service":{"detection":{"sequence":{"resources":[{"uid":"u","resourceType":"S3_BUCKET","region":"r"}]}}}})") ==
      R"([{"id":"u","type":"S3_BUCKET","region":"r"}])");
  CHECK(resources(R"({"resource":{"resourceType":"Instance"},"service":{}})") == "");
}

TEST_CASE("GuardDuty: an account with a quote in it cannot break the record") {
  Fields fields(guardduty(
      R"({"accountId":"1\"2","resource":{"instanceDetails":{"instanceId":"\"\u0041"}}})"));
  CHECK(fields["accountId"] == R"("1\"2")");
  CHECK(fields["resources"] ==
        R"([{"id":"arn:aws:ec2:eu-north-1:1\"2:instance/\"A","type":"AWS::EC2::Instance"}])");
}

TEST_CASE("GuardDuty: principal, address, sample") {
  CHECK(
      Fields(guardduty(
          R"({"resource":{"accessKeyDetails":{"userName":"u","userType":"IAMUser","principalId":"p"}}})"))
          ["principal"] == R"({"type":"IAMUser","userName":"u"})");
  CHECK(Fields(guardduty(
            R"({"resource":{"kubernetesDetails":{"kubernetesUserDetails":{"username":"k"}}}})"))
            ["principal"] == R"({"userName":"k"})");
  for (
      const char* action : {
          R"({"networkConnectionAction":{"remoteIpDetails":{"ipAddressV4":"9.9.9.9"}}})",
          R"({"actionType":"x","awsApiCallAction":{"remoteIpDetails":{"ipAddressV4":"9.9.9.9"}}})",
          R"({"kubernetesApiCallAction":{"remoteIpDetails":{"ipAddressV4":"9.9.9.9"}}})",
          R"({"rdsLoginAttemptAction":{"remoteIpDetails":{"ipAddressV4":"9.9.9.9"}}})",
          R"({"portProbeAction":{"portProbeDetails":[{"remoteIpDetails":{"ipAddressV4":""}},{"remoteIpDetails":{"ipAddressV4":"9.9.9.9"}}]}})",
      }) {
    CAPTURE(action);
    CHECK(Fields(guardduty(R"({"service":{"action":)" + std::string(action) + "}}"))["sourceIp"] ==
          R"("9.9.9.9")");
  }
  CHECK(
      Fields(guardduty(
          R"({"Service":{"Action":{"PortProbeAction":{"PortProbeDetails":[{"RemoteIpDetails":{"IpAddressV4":"9.9.9.9"}}]}}}})"))
          ["sourceIp"] == R"("9.9.9.9")");
  CHECK(Fields(guardduty(
            R"({"service":{"action":{"dnsRequestAction":{"domain":"d"}}}})"))["sourceIp"] == "");

  auto sample = [](std::string_view info) {
    return Fields(
        guardduty(R"({"service":{"additionalInfo":)" + std::string(info) + "}}"))["sample"];
  };
  CHECK(sample(R"({"sample":true})") == "true");
  CHECK(sample(R"({"value":"{\"x\":1,\"sample\":true}"})") == "true");
  CHECK(sample(R"({"Value":"{\"sample\":false}"})") == "");
  CHECK(sample(R"({"value":"a sample"})") == "");
  CHECK(sample("{}") == "");
}

TEST_CASE("Config: resource, with the qualifier as fallback") {
  CHECK(Fields(config(R"({"resourceType":"AWS::::Account","resourceId":"1"})"))["resources"] ==
        R"([{"id":"1","type":"AWS::::Account"}])");
  Fields fields(config(
      R"({"newEvaluationResult":{"evaluationResultIdentifier":{"evaluationResultQualifier":{"configRuleName":"n","resourceType":"t","resourceId":"i"}}}})"));
  CHECK(fields["resources"] == R"([{"id":"i","type":"t"}])");
  CHECK(fields["findingName"] == R"("n")");
}

TEST_CASE("a raw finding has the same fields as its event") {
  Fields raw_finding(kSlideAsff);
  Fields from_event(asff(kSlideAsff));
  CHECK(raw_finding.values == from_event.values);
  CHECK(raw_finding.normalized.envelope_time == R"("2022-01-19T09:20:38.543Z")");
}

TEST_CASE("the result is reused without traces of the finding before") {
  Parsed first(asff(kSlideAsff));
  Parsed second(R"({"a":1})");
  semper::Arena arena;
  semper::finding::Normalized normalized;
  normalize(first[0], {}, arena, normalized);
  normalize(second[0], {}, arena, normalized);
  for (std::size_t i = 0; i < normalized.fields.size(); ++i) {
    auto field = static_cast<semper::finding::Field>(i);
    bool given = field == semper::finding::Field::kSourceService ||
                 field == semper::finding::Field::kRawHash;
    CHECK(normalized[field].empty() == !given);
  }
  CHECK(normalized[semper::finding::Field::kSourceService] == R"("Unknown")");
  CHECK(normalized.envelope_time.empty());
}
