#include <doctest/doctest.h>

#include "finding_samples.h"

using namespace samples;
using semper::Limits;
using semper::finding::Finding;
using semper::finding::Parser;
using semper::finding::Source;

namespace {

const char kRecord[] =
    R"({"eventVersion":"1.08","eventID":"e-1","eventTime":"2023-07-10T12:07:57Z",)"
    R"("eventSource":"iam.amazonaws.com","eventName":"DeleteRole","eventType":"AwsApiCall",)"
    R"("awsRegion":"us-east-1","recipientAccountId":"012345678912","userIdentity":{}})";
const char kGuardDuty[] =
    R"({"schemaVersion":"2.0","accountId":"111122223333","region":"eu-west-1","id":"abc",)"
    R"("arn":"arn:aws:guardduty:eu-west-1:111122223333:detector/d/finding/abc",)"
    R"("type":"Recon:EC2/PortProbeUnprotectedPort","resource":{},"service":{},"severity":2,)"
    R"("createdAt":"2024-01-01T00:00:00.000Z","updatedAt":"2024-01-02T00:00:00.000Z"})";
const char kGuardDutyPascal[] =
    R"({"SchemaVersion":"2.0","AccountId":"111122223333","Region":"eu-west-1","Id":"abc",)"
    R"("Type":"Recon:EC2/PortProbeUnprotectedPort","Resource":{},"Service":{},"Severity":2})";
const char kConfig[] =
    R"({"awsAccountId":"111122223333","awsRegion":"eu-west-1","configRuleName":"rule",)"
    R"("configRuleARN":"arn:rule","resourceType":"AWS::::Account","resourceId":"111122223333",)"
    R"("newEvaluationResult":{"complianceType":"NON_COMPLIANT"},)"
    R"("notificationCreationTime":"2022-03-02T00:09:06.001Z"})";

std::string event(std::string_view detail_type, std::string_view detail) {
  std::string text = R"({"detail-type":")";
  text += detail_type;
  text += R"(","account":"999999999999","region":"eu-north-1","detail":)";
  text += detail;
  return text + "}";
}

}  // namespace

TEST_CASE("the slides' CloudTrail event is one finding and comes out as it came") {
  Parsed parsed(kSlideCloudTrail);
  REQUIRE(parsed.size() == 1);
  const Finding& finding = parsed[0];
  CHECK(finding.source == Source::kCloudTrail);
  CHECK(finding.carries_finding);
  CHECK_FALSE(finding.raw_cloudtrail);
  CHECK(finding.account_id == "626708301729");
  CHECK(finding.region == "eu-central-1");
  CHECK(finding.event.whole.raw() == kSlideCloudTrail);
  CHECK(finding.body.find("eventName").text() == "DisableKey");
  CHECK(finding.notes.empty());
}

TEST_CASE("the slides' Security Hub event: detail becomes the one finding") {
  Parsed parsed(
      security_hub_event(std::string(R"({"findings":[)") + std::string(kSlideAsff) + "]}"));
  REQUIRE(parsed.size() == 1);
  CHECK(parsed[0].source == Source::kSecurityHub);
  CHECK(parsed[0].account_id == "626708301729");
  CHECK(parsed[0].body.raw() == kSlideAsff);
  // What comes out has the finding as `detail`, and is the same finding when it comes in again.
  Parsed wanted(security_hub_event(kSlideAsff));
  CHECK(raw(parsed[0]) == raw(wanted[0]));
  REQUIRE(wanted.size() == 1);
  CHECK(wanted[0].source == Source::kSecurityHub);
  CHECK(wanted[0].carries_finding);
  CHECK(wanted[0].body.raw() == kSlideAsff);
}

TEST_CASE("EventBridge events are told by their detail-type") {
  struct {
    const char* detail_type;
    Source source;
  } cases[] = {
      {"AWS API Call via CloudTrail", Source::kCloudTrail},
      {"AWS Console Sign In via CloudTrail", Source::kCloudTrail},
      {"AWS Console Signin via CloudTrail", Source::kCloudTrail},
      {"AWS Service Event via CloudTrail", Source::kCloudTrail},
      {"AWS Insight via CloudTrail", Source::kCloudTrail},
      {"GuardDuty Finding", Source::kGuardDuty},
      {"Config Rules Compliance Change", Source::kConfig},
      {"Config Configuration Item Change", Source::kUnknown},
      {"Findings Imported V2", Source::kUnknown},
      {"AWS Health Event", Source::kUnknown},
  };
  for (const auto& c : cases) {
    CAPTURE(c.detail_type);
    Parsed parsed(event(c.detail_type, R"({"x":1})"));
    REQUIRE(parsed.size() == 1);
    CHECK(parsed[0].source == c.source);
    CHECK(parsed[0].carries_finding);
    CHECK(raw(parsed[0]) == parsed.text);
    CHECK(parsed[0].account_id == "999999999999");
    CHECK(parsed[0].region == "eu-north-1");
    CHECK(has_note(parsed[0].notes, "unknown_source") == (c.source == Source::kUnknown));
  }
}

TEST_CASE("an event whose detail is no object stays, as Unknown") {
  for (const char* detail : {"null", "[]", "\"x\"", "1"}) {
    Parsed parsed(event("AWS API Call via CloudTrail", detail));
    REQUIRE(parsed.size() == 1);
    CHECK(parsed[0].source == Source::kUnknown);
    CHECK(parsed[0].carries_finding);
    CHECK(raw(parsed[0]) == parsed.text);
  }
}

TEST_CASE("one Security Hub event with n findings gives n findings") {
  std::string detail = R"({"findings":[{"Id":"a","AwsAccountId":"111111111111"},{"Id":"b"},7]})";
  Parsed parsed(security_hub_event(detail));
  REQUIRE(parsed.size() == 3);
  CHECK(raw(parsed[0]) == security_hub_event(R"({"Id":"a","AwsAccountId":"111111111111"})"));
  CHECK(raw(parsed[1]) == security_hub_event(R"({"Id":"b"})"));
  CHECK(raw(parsed[2]) == security_hub_event("7"));
  CHECK(parsed[0].account_id == "111111111111");
  CHECK(parsed[1].account_id == "626708301729");
  CHECK(parsed[1].source == Source::kSecurityHub);
  CHECK(parsed[2].source == Source::kUnknown);
  CHECK(has_note(parsed[2].notes, "unknown_source"));
  CHECK(parsed[1].event.find("detail").raw() == R"({"Id":"b"})");
}

TEST_CASE("what a custom action has beside its findings is kept as detailRest") {
  Parsed parsed(security_hub_event(
      R"({"actionName":"fix","findings":[{"Id":"a"},{"Id":"b"}],"n":12345678901234567890123})",
      "Custom Action"));
  REQUIRE(parsed.size() == 2);
  std::string rest = R"({"actionName":"fix","n":12345678901234567890123})";
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(parsed[i].source == Source::kSecurityHub);
    CHECK(parsed[i].event.find("detailRest").raw() == rest);
  }
  std::string wanted = security_hub_event(R"({"Id":"b"})", "Custom Action");
  wanted.pop_back();
  CHECK(raw(parsed[1]) == wanted + R"(,"detailRest":)" + rest + "}");
}

TEST_CASE("Security Hub events without findings carry none, and are there all the same") {
  for (std::string text : {security_hub_event(R"({"findings":[]})"), security_hub_event("{}"),
                           security_hub_event(R"({"findings":null})"),
                           event("Security Hub Insight Results", R"({"insightResults":[{}]})")}) {
    CAPTURE(text);
    Parsed parsed(text);
    REQUIRE(parsed.size() == 1);
    CHECK(parsed[0].source == Source::kSecurityHub);
    CHECK_FALSE(parsed[0].carries_finding);
    CHECK(raw(parsed[0]) == text);
  }
  // Findings of a wrong type may be findings: they are not hidden.
  Parsed wrong(security_hub_event(R"({"findings":{"Id":"a"}})"));
  REQUIRE(wrong.size() == 1);
  CHECK(wrong[0].source == Source::kUnknown);
  CHECK(wrong[0].carries_finding);
}

TEST_CASE("a raw CloudTrail record gets the envelope that EventBridge would send") {
  Parsed parsed(kRecord);
  REQUIRE(parsed.size() == 1);
  const Finding& finding = parsed[0];
  CHECK(finding.source == Source::kCloudTrail);
  CHECK(finding.raw_cloudtrail);
  CHECK(finding.account_id == "012345678912");
  CHECK(finding.body.raw() == kRecord);
  CHECK(raw(finding) ==
        std::string(R"({"version":"0","id":"e-1","detail-type":"AWS API Call via CloudTrail",)"
                    R"("source":"aws.iam","account":"012345678912",)"
                    R"("time":"2023-07-10T12:07:57Z","region":"us-east-1","resources":[],)"
                    R"("detail":)") +
            kRecord + "}");
}

TEST_CASE("the detail-type of a raw record follows its eventType") {
  struct {
    const char* members;
    const char* detail_type;
  } cases[] = {
      {R"("eventType":"AwsApiCall")", "AWS API Call via CloudTrail"},
      {R"("eventType":"AwsConsoleSignIn")", "AWS Console Sign In via CloudTrail"},
      {R"("eventType":"AwsConsoleSignin")", "AWS Console Sign In via CloudTrail"},
      {R"("eventType":"AwsServiceEvent")", "AWS Service Event via CloudTrail"},
      {R"("eventType":"AwsConsoleAction")", "AWS Console Action via CloudTrail"},
      {R"("eventType":"AwsCloudTrailInsight")", "AWS Insight via CloudTrail"},
      {R"("eventType":"AwsVpceEvent")", ""},
      {R"("eventType":null)", "AWS API Call via CloudTrail"},
      {R"("eventName":"ConsoleLogin")", "AWS Console Sign In via CloudTrail"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.members);
    Parsed parsed(std::string(R"({"eventVersion":"1.0","eventSource":"x","eventID":"i",)") +
                  c.members + "}");
    REQUIRE(parsed.size() == 1);
    CHECK(parsed[0].source == Source::kCloudTrail);
    CHECK(parsed[0].event.find("detail-type").text() == c.detail_type);
    // What the record does not say is absent.
    CHECK_FALSE(parsed[0].event.find("account"));
    CHECK_FALSE(parsed[0].event.find("region"));
    CHECK(parsed[0].event.find("source").text() == "aws.x");
  }
}

TEST_CASE("raw findings of the other sources are wrapped too") {
  Parsed hub(
      R"({"SchemaVersion":"2018-10-08","ProductArn":"arn:aws:securityhub:eu-west-3::product/p/q",)"
      R"("Id":"i","AwsAccountId":"111122223333","UpdatedAt":"u"})");
  REQUIRE(hub.size() == 1);
  CHECK(hub[0].source == Source::kSecurityHub);
  CHECK(hub[0].region == "eu-west-3");
  CHECK(
      raw(hub[0]) ==
      R"({"version":"0","detail-type":"Security Hub Findings - Imported","source":"aws.securityhub",)"
      R"("account":"111122223333","time":"u",)"
      R"("resources":["arn:aws:securityhub:eu-west-3::product/p/q/i"],"detail":)" +
          hub.text + "}");

  Parsed guardduty(kGuardDuty);
  CHECK(guardduty[0].source == Source::kGuardDuty);
  CHECK(raw(guardduty[0]) ==
        std::string(
            R"({"version":"0","detail-type":"GuardDuty Finding","source":"aws.guardduty",)"
            R"("account":"111122223333","time":"2024-01-02T00:00:00.000Z","region":"eu-west-1",)"
            R"("resources":[],"detail":)") +
            kGuardDuty + "}");

  Parsed pascal(kGuardDutyPascal);
  CHECK(pascal[0].source == Source::kGuardDuty);
  CHECK(pascal[0].account_id == "111122223333");
  CHECK(pascal[0].region == "eu-west-1");

  Parsed config(kConfig);
  CHECK(config[0].source == Source::kConfig);
  CHECK(raw(config[0]) ==
        std::string(R"({"version":"0","detail-type":"Config Rules Compliance Change",)"
                    R"("source":"aws.config","account":"111122223333",)"
                    R"("time":"2022-03-02T00:09:06.001Z","region":"eu-west-1","resources":[],)"
                    R"("detail":)") +
            kConfig + "}");
  for (const Parsed* parsed : {&hub, &guardduty, &pascal, &config}) {
    CHECK_FALSE((*parsed)[0].raw_cloudtrail);
    CHECK((*parsed)[0].carries_finding);
    CHECK((*parsed)[0].notes.empty());
  }
}

TEST_CASE("lists and files: each element decides for itself") {
  std::string asff(kSlideAsff);
  std::string elements =
      std::string(kRecord) + "," + asff + "," + kGuardDutyPascal + "," + kConfig + ",{\"a\":1},5";
  for (std::string text : {"[" + elements + "]", R"({"Records":[)" + elements + "]}",
                           R"({"Findings":[)" + elements + R"(],"NextToken":"t"})",
                           R"({"findings":[)" + elements + "]}"}) {
    CAPTURE(text.substr(0, 12));
    Parsed parsed(text);
    REQUIRE(parsed.size() == 6);
    CHECK(parsed[0].source == Source::kCloudTrail);
    CHECK(parsed[0].raw_cloudtrail);
    CHECK(parsed[0].event.find("source").text() == "aws.iam");
    CHECK(parsed[1].source == Source::kSecurityHub);
    CHECK(parsed[1].event.find("resources").raw().starts_with(R"(["arn:aws:securityhub)"));
    CHECK(parsed[2].source == Source::kGuardDuty);
    CHECK(parsed[3].source == Source::kConfig);
    CHECK(parsed[4].source == Source::kUnknown);
    CHECK(raw(parsed[4]) == R"({"a":1})");
    CHECK(parsed[5].source == Source::kUnknown);
    CHECK(raw(parsed[5]) == "5");
  }
  // A list of files, as `jq -s` makes them.
  CHECK(Parsed(std::string(R"([{"Records":[)") + kRecord + "," + kRecord + R"(]},{"Records":[)" +
               kRecord + "]}]")
            .size() == 3);
}

TEST_CASE("only an empty list carries no finding") {
  CHECK(Parsed("[]").ok);
  CHECK(Parsed("[]").size() == 0);
  CHECK(Parsed(R"({"Records":[]})").size() == 0);
  CHECK(Parsed(R"({"Findings":[],"NextToken":null})").size() == 0);
  for (const char* text : {"{}", "null", "1", "\"x\"", "[[]]", R"({"Records":[],"x":1})",
                           R"({"Records":1})", R"({"detail-type":5})"}) {
    CAPTURE(text);
    Parsed parsed(text);
    CHECK(parsed.ok);
    REQUIRE(parsed.size() == 1);
    CHECK(parsed[0].source == Source::kUnknown);
    CHECK(has_note(parsed[0].notes, "unknown_source"));
    CHECK(raw(parsed[0]) == (std::string_view(text) == "[[]]" ? "[]" : text));
  }
}

TEST_CASE("what stands beside the list of a file is not lost") {
  Parsed parsed(std::string(R"({"summary":{"n":1},"Records":[)") + kRecord + R"(],"x":null})");
  REQUIRE(parsed.size() == 2);
  CHECK(parsed[0].source == Source::kCloudTrail);
  CHECK(parsed[1].source == Source::kUnknown);
  CHECK(raw(parsed[1]) == R"({"summary":{"n":1},"x":null})");
}

TEST_CASE("notifications, queue messages and lookup-events are unwrapped") {
  std::string event(kSlideCloudTrail);
  std::string notification = R"({"Type":"Notification","MessageId":"m","TopicArn":"t","Message":)" +
                             quoted(event) + R"(,"Timestamp":"x"})";
  std::string queued = R"({"messageId":"m","receiptHandle":"h","body":)" + quoted(event) +
                       R"(,"eventSource":"aws:sqs","awsRegion":"eu-west-1"})";
  std::string queued_notification =
      R"({"messageId":"m","receiptHandle":"h","body":)" + quoted(notification) + "}";
  std::string sns_record =
      R"({"EventSource":"aws:sns","EventVersion":"1.0","EventSubscriptionArn":"a","Sns":)" +
      notification + "}";
  for (const std::string& text :
       {notification, queued, queued_notification, sns_record,
        R"({"Records":[)" + queued_notification + "]}", R"({"Records":[)" + sns_record + "]}",
        R"({"Messages":[{"MessageId":"m","Body":)" + quoted(event) + "}]}",
        R"({"Message":)" + event + "}", R"({"body":)" + quoted("  " + event) + "}"}) {
    CAPTURE(text.substr(0, 60));
    Parsed parsed(text);
    REQUIRE(parsed.size() == 1);
    CHECK(parsed[0].source == Source::kCloudTrail);
    CHECK(parsed[0].account_id == "626708301729");
    CHECK(raw(parsed[0]) == raw(Parsed(event)[0]));
  }

  Parsed lookup(R"({"Events":[{"EventId":"e","EventName":"n","EventTime":1.5,"EventSource":"s",)"
                R"("CloudTrailEvent":)" +
                quoted(kRecord) + R"(}],"NextToken":"t"})");
  REQUIRE(lookup.size() == 1);
  CHECK(lookup[0].raw_cloudtrail);
  CHECK(lookup[0].body.raw() == kRecord);
}

TEST_CASE("several messages of one batch live side by side") {
  std::string batch = R"({"Records":[)";
  for (int i = 0; i < 200; ++i) {
    if (i > 0) batch += ',';
    batch += R"({"messageId":"m","body":)" +
             quoted(R"({"Records":[)" + std::string(kRecord) + "," + kGuardDuty + "]}") + "}";
  }
  batch += "]}";
  Parsed parsed(batch);
  REQUIRE(parsed.size() == 400);
  for (std::size_t i = 0; i < parsed.size(); i += 2) {
    REQUIRE(parsed[i].body.raw() == kRecord);
    REQUIRE(parsed[i].event.find("source").text() == "aws.iam");
    REQUIRE(parsed[i + 1].body.raw() == kGuardDuty);
  }
}

TEST_CASE("a wrapper with no JSON in it stays as it came") {
  for (const char* message : {R"("alarm!")", R"("{broken")", R"("[]")", R"("")", "5"}) {
    std::string text = std::string(R"({"TopicArn":"t","Message":)") + message + "}";
    CAPTURE(text);
    Parsed parsed(text);
    REQUIRE(parsed.size() == 1);
    CHECK(parsed[0].source == Source::kUnknown);
    CHECK(raw(parsed[0]) == text);
  }
  // A log line that happens to have such a key is no wrapper.
  Parsed log(R"({"level":"info","message":"{\"a\":1}"})");
  CHECK(raw(log[0]) == log.text);
}

TEST_CASE("each kind of wrapper comes off once") {
  std::string text(kRecord);
  for (int i = 0; i < 4; ++i) text = R"({"TopicArn":"t","Message":)" + quoted(text) + "}";
  Parsed parsed(text);
  REQUIRE(parsed.size() == 1);
  CHECK(parsed[0].source == Source::kUnknown);
  CHECK(raw(parsed[0]).starts_with(R"({"TopicArn":"t")"));
}

TEST_CASE("records that only look like CloudTrail are Unknown") {
  for (
      const char* text : {
          R"({"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-east-1","eventTime":"t","eventName":"ObjectCreated:Put","userIdentity":{},"s3":{}})",
          R"({"eventID":"1","eventName":"INSERT","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"r","dynamodb":{}})",
          R"({"EvaluationResultIdentifier":{},"ComplianceType":"COMPLIANT"})",
          R"({"configRuleName":"r","complianceType":"COMPLIANT"})",
          R"({"class_uid":2004,"metadata":{},"finding_info":{"uid":"u"},"severity":"High","resources":[],"time":1700000000000})",
      }) {
    CAPTURE(text);
    Parsed parsed(text);
    REQUIRE(parsed.size() == 1);
    CHECK(parsed[0].source == Source::kUnknown);
    CHECK(raw(parsed[0]) == text);
  }
}

TEST_CASE("account and region: fallbacks, letters of any case, wrong types") {
  SUBCASE("CloudTrail falls back to the envelope") {
    Parsed parsed(
        event("AWS API Call via CloudTrail", R"({"awsRegion":null,"recipientAccountId":""})"));
    CHECK(parsed[0].account_id == "999999999999");
    CHECK(parsed[0].region == "eu-north-1");
    CHECK(parsed[0].notes.empty());
  }
  SUBCASE("the exact key beats another spelling, which is better than none") {
    Parsed parsed(event("GuardDuty Finding",
                        R"({"AccountId":"1","accountId":"2","ACCOUNTID":"3","REGION":"r"})"));
    CHECK(parsed[0].account_id == "2");
    CHECK(parsed[0].region == "r");
  }
  SUBCASE("a number with twelve digits is an account, any other has lost zeros") {
    Parsed whole(event("Config Rules Compliance Change", R"({"awsAccountId":123456789012})"));
    CHECK(whole[0].account_id == "123456789012");
    CHECK(has_note(whole[0].notes, "wrong_type"));
    Parsed cut(event("Config Rules Compliance Change", R"({"awsAccountId":12345678912})"));
    CHECK(cut[0].account_id == "999999999999");
    CHECK(has_note(cut[0].notes, "wrong_type"));
  }
  SUBCASE("leading zeros stay") {
    Parsed parsed(event("Config Rules Compliance Change", R"({"awsAccountId":"012345678912"})"));
    CHECK(parsed[0].account_id == "012345678912");
  }
  SUBCASE("Security Hub's region: Region, the first resource's, the product's, the envelope's") {
    auto region = [](std::string_view finding) {
      Parsed parsed(
          security_hub_event(std::string(R"({"findings":[)") + std::string(finding) + "]}"));
      return std::string(parsed[0].region);
    };
    CHECK(region(R"({"Region":"a","Resources":[{"Region":"b"}]})") == "a");
    CHECK(
        region(
            R"({"ProductArn":"arn:aws:securityhub:c::product/x","Resources":[{"Region":"b"}]})") ==
        "b");
    CHECK(region(R"({"ProductArn":"arn:aws:securityhub:c::product/x","Resources":[{}]})") == "c");
    CHECK(region(R"({"ProductArn":"arn:aws::securityhub"})") == "eu-central-1");
    CHECK(region(R"({"ProductArn":5,"Region":[],"Resources":{}})") == "eu-central-1");
  }
  SUBCASE("escapes are decoded") {
    Parsed parsed(event("GuardDuty Finding", R"({"\u0061ccountId":"\u0031\"2"})"));
    CHECK(parsed[0].account_id == "1\"2");
  }
}

TEST_CASE("too many findings: the event stays in one piece") {
  Limits limits;
  limits.event_findings = 3;
  Parser parser(limits);
  std::string three = R"([1,2,3])";
  REQUIRE(parser.parse(three));
  CHECK(parser.findings().size() == 3);
  std::string four = R"({"Records":[1,2,3,4]})";
  REQUIRE(parser.parse(four));
  REQUIRE(parser.findings().size() == 1);
  CHECK(parser.findings()[0].source == Source::kUnknown);
  CHECK(has_note(parser.findings()[0].notes, "too_many_findings"));
  CHECK(raw(parser.findings()[0]) == four);
}

TEST_CASE("too many messages: the batch stays in one piece") {
  std::string batch = R"({"Records":[{"body":"{}"})";
  for (int i = 1; i < 10'001; ++i) batch += R"(,{"body":"{}"})";
  Parsed parsed(batch + "]}");
  REQUIRE(parsed.size() == 1);
  CHECK(has_note(parsed[0].notes, "too_many_findings"));
  CHECK(raw(parsed[0]) == parsed.text);
}

TEST_CASE("a large envelope is not multiplied by many findings") {
  Limits limits;
  limits.event_bytes = 10'000;
  Parser parser(limits);
  std::string detail =
      R"({"findings":[{},{},{},{},{},{},{},{},{},{}],"pad":")" + std::string(2000, 'x') + R"("})";
  std::string text = security_hub_event(detail);
  REQUIRE(parser.parse(text));
  REQUIRE(parser.findings().size() == 1);
  CHECK(parser.findings()[0].source == Source::kUnknown);
  CHECK(has_note(parser.findings()[0].notes, "too_many_findings"));
  CHECK(raw(parser.findings()[0]) == text);
}

TEST_CASE("what is no JSON or beyond a limit is refused with the reason") {
  Parser parser;
  CHECK_FALSE(parser.parse("{\"a\":"));
  CHECK(parser.error().name() == "event_json_syntax");
  CHECK(parser.findings().empty());
  std::string deep(2000, '[');
  CHECK_FALSE(parser.parse(deep + std::string(2000, ']')));
  CHECK(parser.error().name() == "event_too_deep");
  CHECK(parser.parse(kSlideCloudTrail));
  CHECK(parser.findings().size() == 1);
}
