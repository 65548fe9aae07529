// What extension policies fetch, set and send on, through the public API.
#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "json/event.h"
#include "semper/semper.hpp"

using namespace semper;

namespace {

constexpr std::string_view kEvent =
    R"({"version":"0","id":"1","detail-type":"AWS API Call via CloudTrail","source":"aws.kms","account":"111111111111",)"
    R"("time":"2026-01-01T00:00:00Z","region":"eu-central-1","detail":{"eventSource":"kms.amazonaws.com","eventID":"e1",)"
    R"("eventName":"DisableKey","awsRegion":"eu-central-1","recipientAccountId":"111111111111","eventTime":"2026-01-01T00:00:00Z",)"
    R"("sourceIPAddress":"198.51.100.7","resources":[{"ARN":"arn:a"},{"ARN":"arn:b"}]}})";

/// A list of two such events, as one text.
std::string twice() {
  std::string text = "[";
  text += kEvent;
  text += ',';
  text += kEvent;
  return text + "]";
}

/// Knows what it was given; a key "down" fails. Counts batches and keys.
class Table : public ContextProvider {
 public:
  explicit Table(std::map<std::string, std::string, std::less<>> rows) : rows_(std::move(rows)) {}
  std::string_view name() const override { return "table"; }
  KeyKind key_kind() const override { return KeyKind::kString; }
  void lookup(LookupCall& call) override {
    ++batches;
    for (std::size_t i = 0; i < call.size(); ++i) {
      keys.emplace_back(call.key(i));
      auto row = rows_.find(call.key(i));
      if (is_down) {
        call.fail(i, "the database is down");
      } else if (row == rows_.end()) {
        call.set_absent(i);
      } else if (is_stale) {
        call.set_stale_json(i, row->second, std::chrono::seconds(90));
      } else {
        call.set_json(i, row->second);
      }
    }
  }
  int batches = 0;
  bool is_down = false;
  bool is_stale = false;
  std::vector<std::string> keys;

 private:
  std::map<std::string, std::string, std::less<>> rows_;
};

using Policies = std::map<std::string, std::string>;

struct Case {
  Compiler compiler;
  Result<PolicySet> set = PolicySet();

  explicit Case(const Policies& policies,
                const std::map<std::string, std::shared_ptr<ContextProvider>>& providers = {}) {
    for (const auto& [id, text] : policies) {
      Status status = compiler.add_policy(id, text);
      for (const Diagnostic& diagnostic : compiler.diagnostics()) INFO(to_string(diagnostic));
      CHECK(status.ok());
    }
    for (const auto& [name, provider] : providers)
      REQUIRE(compiler.add_provider(name, provider).ok());
    set = compiler.compile();
  }
  std::string codes() const {
    std::string text;
    for (const Diagnostic& diagnostic : compiler.diagnostics()) text += diagnostic.code + " ";
    return text;
  }
};

std::string record_of(const PolicySet& set, std::string_view event = kEvent) {
  static std::deque<std::string> kept;
  Evaluator evaluator(set);
  return std::string(evaluator.evaluate(event).json(0));
}

bool has(std::string_view json, std::string_view part) {
  return json.find(part) != std::string_view::npos;
}

constexpr const char* kFetch =
    R"({"extension":{"findingPattern":{"detail":{"eventName":["DisableKey"]}},)"
    R"("contextBlock":[{"provider":"table","key":"${raw.detail.resources[*].ARN}","as":"cmdb"}]}})";

}  // namespace

TEST_CASE("answers appear under context, one per key, and templates and policies see them") {
  auto table = std::make_shared<Table>(std::map<std::string, std::string, std::less<>>{
      {"arn:a", R"({"owner":"ann"})"}, {"arn:b", R"({"owner":"ben"})"}});
  Case c(
      Policies{
          {"30_extension/fetch", kFetch},
          {"30_extension/tell",
           R"({"extension":{"findingPattern":{"context":{"cmdb":{"value":{"owner":["ben"]}}}},)"
           R"("extensionBlock":{"mail":{"to":"${context.cmdb[*].value.owner}"}}}})"},
          {"30_extension/not",
           R"({"extension":{"findingPattern":{"context":{"cmdb":{"value":{"owner":["eve"]}}}},)"
           R"("extensionBlock":{"never":{}}}})"}},
      {{"table", table}});
  REQUIRE(c.set.ok());
  std::string record = record_of(*c.set);
  CHECK(has(
      record,
      R"("context":{"cmdb":[{"key":"arn:a","value":{"owner":"ann"}},{"key":"arn:b","value":{"owner":"ben"}}]})"));
  CHECK(has(record, R"("extensions":{"mail":{"to":["ann","ben"]}})"));
  CHECK(has(record, R"("providers":{"cmdb":{"provider":"table","status":"fresh"}})"));
  CHECK_FALSE(has(record, "never"));
  CHECK(table->batches == 1);
}

TEST_CASE("a provider is asked once for each key of an event, whoever wants it") {
  auto table = std::make_shared<Table>(std::map<std::string, std::string, std::less<>>{
      {"arn:a", R"({"owner":"ann"})"}, {"arn:b", R"({"owner":"ben"})"}});
  Case c(
      Policies{
          {"30_extension/fetch", kFetch},
          {"30_extension/fetch_too",
           R"({"extension":{"findingPattern":{"detail":{"eventName":["DisableKey"]}},)"
           R"("contextBlock":{"provider":"table","key":"${raw.detail.resources[0].ARN}","as":"first"}}})"}},
      {{"table", table}});
  REQUIRE(c.set.ok());
  Evaluator evaluator(*c.set);
  std::string events = twice();
  const Evaluation& records = evaluator.evaluate(events);
  REQUIRE(records.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(has(records.json(i), R"("first":[{"key":"arn:a","value":{"owner":"ann"}}])"));
    CHECK(has(records.json(i), R"({"key":"arn:b","value":{"owner":"ben"}}])"));
  }
  CHECK(table->batches == 1);
  CHECK(table->keys == std::vector<std::string>{"arn:a", "arn:b"});
}

TEST_CASE("a finding asks for so many keys, and the verdict tells of the others") {
  auto table = std::make_shared<Table>(std::map<std::string, std::string, std::less<>>{});
  Compiler compiler;
  Limits limits;
  limits.context_keys = 1;
  REQUIRE(compiler.set_limits(limits).ok());
  REQUIRE(compiler.add_policy("30_extension/fetch", kFetch).ok());
  REQUIRE(compiler
              .add_policy("30_extension/tell",
                          R"({"extension":{"findingPattern":{"context":{"cmdb":{"value":)"
                          R"({"owner":["ben"]}}}},"extensionBlock":{"mail":{"to":"ben"}}}})")
              .ok());
  REQUIRE(compiler.add_provider("table", table).ok());
  Result<PolicySet> set = compiler.compile();
  REQUIRE(set);
  std::string record = record_of(*set);
  CHECK(table->keys == std::vector<std::string>{"arn:a"});
  CHECK(has(record, "too_many_keys"));
  CHECK(has(record, R"("effect":"undetermined")"));  // the other key may have told of ben
  CHECK(has(record, R"("decision":"relevant")"));
}

TEST_CASE("a number is a key as it is written") {
  auto table =
      std::make_shared<Table>(std::map<std::string, std::string, std::less<>>{{"0", R"({"a":1})"}});
  Case c(Policies{{"30_extension/fetch",
                   R"({"extension":{"findingPattern":{"detail":{"eventName":["DisableKey"]}},)"
                   R"("contextBlock":[{"provider":"table","key":"${raw.version}"}]}})"}},
         {{"table", table}});
  REQUIRE(c.set.ok());
  std::string event(kEvent);
  event.replace(event.find("\"0\""), 3, "0");
  CHECK(has(record_of(*c.set, event), R"("context":{"table":[{"key":"0","value":{"a":1}}]})"));
}

TEST_CASE("failed is not absent, and the verdict tells both, and how old a stale answer is") {
  auto table = std::make_shared<Table>(
      std::map<std::string, std::string, std::less<>>{{"arn:a", R"({"owner":"ann"})"}});
  Policies policies = {
      {"30_extension/fetch", kFetch},
      {"30_extension/nobody",
       R"({"extension":{"findingPattern":{"context":{"cmdb":{"value":{"owner":[{"exists":false}]}}}},)"
       R"("extensionBlock":{"nobody":{}}}})"}};
  policies["30_extension/owned"] =
      R"({"extension":{"findingPattern":{"context":{"cmdb":{"value":{"owner":["bob"]}}},)"
      R"("normalized":{"findingName":["kms.amazonaws.com > DisableKey"]}},"extensionBlock":{"owned":{}}}})";
  policies["30_extension/either"] =
      R"({"extension":{"findingPattern":{"$or":[{"context":{"cmdb":{"value":{"owner":["bob"]}}}},)"
      R"({"normalized":{"findingName":["other"]}}]},"extensionBlock":{"either":{}}}})";
  policies["30_extension/unrelated"] =
      R"({"extension":{"findingPattern":{"context":{"cmdb":{"value":{"owner":["bob"]}}},)"
      R"("normalized":{"findingName":["other"]}},"extensionBlock":{"unrelated":{}}}})";
  Case c(policies, {{"table", table}});
  REQUIRE(c.set.ok());
  std::string record = record_of(*c.set);
  CHECK(has(record, R"("status":"missing","missing":[{"key":"arn:b","state":"absent")"));
  CHECK_FALSE(has(record, "undetermined"));

  table->is_stale = true;
  record = record_of(*c.set);
  CHECK(has(record, R"("ageSeconds":90)"));

  table->is_down = true;
  record = record_of(*c.set);
  CHECK(has(record, R"("decision":"relevant")"));
  CHECK(has(record, R"("state":"failed","reason":"the database is down")"));
  // Without answers the pattern holds, but nobody knows whether it would with them.
  CHECK(has(record, R"("effect":"undetermined")"));
  CHECK_FALSE(has(record, R"("nobody":{})"));
  // With answers these patterns might hold, unless the rest of them does not.
  CHECK(has(record, R"("id":"30_extension/owned")"));
  CHECK(has(record, R"("id":"30_extension/either")"));
  CHECK_FALSE(has(record, R"("id":"30_extension/unrelated")"));
  CHECK_FALSE(has(record, R"("extensions")"));

  Case without(policies);
  REQUIRE(without.set.ok());
  CHECK(has(record_of(*without.set), "no provider \\\"table\\\" is configured"));
}

TEST_CASE("dropped findings ask no provider") {
  auto table =
      std::make_shared<Table>(std::map<std::string, std::string, std::less<>>{{"arn:a", "{}"}});
  Case c(Policies{{"30_extension/fetch", kFetch},
                  {"20_filtering/cloudtrail_api_calls/all",
                   R"({"filtering":{"findingPattern":{"detail":{"eventName":["DisableKey"]}}}})"}},
         {{"table", table}});
  REQUIRE(c.set.ok());
  CHECK(has(record_of(*c.set), R"("decision":"dropped")"));
  CHECK(table->batches == 0);
}

TEST_CASE("context by way of context, in steps") {
  auto table = std::make_shared<Table>(std::map<std::string, std::string, std::less<>>{
      {"arn:a", R"({"host":"h1"})"}, {"arn:b", R"({"host":"h2"})"}});
  auto hosts = std::make_shared<Table>(
      std::map<std::string, std::string, std::less<>>{{"h2", R"({"room":"cellar"})"}});
  Case c(
      Policies{
          {"30_extension/fetch", kFetch},
          {"30_extension/a_host",
           R"({"extension":{"findingPattern":{"detail":{"eventName":["DisableKey"]}},)"
           R"("contextBlock":[{"provider":"hosts","key":"${context.CMDB[*].value.host}"}]}})"},
          {"30_extension/room",
           R"({"extension":{"findingPattern":{"context":{"hosts":{"value":{"room":["cellar"]}}}},)"
           R"("extensionBlock":{"wet":{}}}})"}},
      {{"table", table}, {"hosts", hosts}});
  REQUIRE(c.set.ok());
  CHECK(has(record_of(*c.set), R"("wet":{})"));
}

TEST_CASE("who waits for whom: cycles, conflicts, names that nobody fetches") {
  Case cycle(Policies{
      {"30_extension/a",
       R"({"extension":{"findingPattern":{"context":{"y":{"value":{"v":["1"]}}}},)"
       R"("contextBlock":[{"provider":"p","key":"k","as":"x"}]}})"},
      {"30_extension/b",
       R"({"extension":{"findingPattern":{"detail":{"a":["1"]}},)"
       R"("contextBlock":[{"provider":"p","key":"${context.x[0].value.v}","as":"y"}]}})"}});
  CHECK_FALSE(cycle.set.ok());
  CHECK(cycle.codes() == "context_cycle ");
  CHECK(has(cycle.compiler.diagnostics()[0].message,
            R"("30_extension/a" waits for "30_extension/b" waits for "30_extension/a")"));

  Case conflict(Policies{
      {"30_extension/a", kFetch},
      {"30_extension/b", R"({"extension":{"findingPattern":{"detail":{"a":["1"]}},)"
                         R"("contextBlock":[{"provider":"other","key":"k","as":"cmdb"}]}})"}});
  CHECK(conflict.codes() == "context_conflict ");

  Case unknown(
      Policies{{"30_extension/a",
                R"({"extension":{"findingPattern":{"context":{"cdmb":{"value":{"v":["1"]}}}},)"
                R"("extensionBlock":{"x":{}}}})"}});
  CHECK(unknown.set.ok());
  CHECK(unknown.codes() == "unknown_context ");

  Case in_template(
      Policies{{"30_extension/a",
                R"({"extension":{"findingPattern":{"detail":{"a":["1"]}},)"
                R"("extensionBlock":{"x":{"y":["${context.cdmb[0].value.v:-none}"]}}}})"}});
  CHECK(in_template.set.ok());
  CHECK(in_template.codes() == "unknown_context ");

  auto other = make_callback_provider("other", KeyKind::kString, [](LookupCall&) {});
  Case unprovided(Policies{{"30_extension/a", kFetch}}, {{"other", other}});
  CHECK(unprovided.set.ok());
  CHECK(unprovided.codes() == "unknown_provider ");
  CHECK(has(unprovided.compiler.diagnostics()[0].message, R"("table", which is none)"));
  CHECK(Case(Policies{{"30_extension/a", kFetch}}, {{"table", other}}).codes().empty());
  CHECK(Case(Policies{{"30_extension/a", kFetch}}).codes().empty());  // as `semper check` has it

  Compiler compiler;
  CHECK_FALSE(compiler
                  .add_policy("20_filtering/cloudtrail_api_calls/a",
                              R"({"filtering":{"findingPattern":{"context":{"x":{"v":["1"]}}}}})")
                  .ok());
  CHECK(compiler.diagnostics()[0].code == "context_in_filter");
}

TEST_CASE("policies set normalized fields, never raw; of severities the highest stands") {
  Case c(Policies{
      {"30_extension/a",
       R"({"extension":{"findingPattern":{"detail":{"eventName":["DisableKey"]}},)"
       R"("set":{"severity":"LOW","workflow":"NOTIFIED","customerWorkFlow":"WF1"}}})"},
      {"30_extension/b",
       R"({"extension":{"findingPattern":{"detail":{"eventName":["DisableKey"]}},)"
       R"("set":{"severity":"high"},"extensionBlock":{"t":{"s":"${normalized.severity.label}"}}}})"}});
  REQUIRE(c.set.ok());
  std::string record = record_of(*c.set);
  CHECK(has(record, R"("severity":{"label":"HIGH","score":70})"));
  CHECK(has(record, R"("workflow":"NOTIFIED")"));
  CHECK(has(record, R"("customerWorkFlow":"WF1")"));
  CHECK(has(record, R"("t":{"s":"HIGH"})"));
  CHECK(has(record, "set_conflict"));
  CHECK(has(record, kEvent));
}

TEST_CASE("what is sent on comes out resolved and checked") {
  Case c(Policies{
      {"30_extension/send",
       R"({"extension":{"findingPattern":{"detail":{"eventName":["DisableKey"]}},"extensionBlock":{)"
       R"("sqsFanOut":[{"sqsName":"mail","subject":"${raw.detail.eventName}"},)"
       R"({"sqsUrl":"${raw.detail.eventName}"},{"sqsName":"${raw.detail.nothing}"}],)"
       R"("sendToSecurityHub":{"findingTitle":"Key disabled","findingSevertiy":70,)"
       R"("findingResource":{"id":"raw.detail.resources[0].ARN","type":"AwsKmsKey"}}}}})"}});
  REQUIRE(c.set.ok());
  Evaluator evaluator(*c.set);
  const Evaluation& records = evaluator.evaluate(kEvent);
  INFO(records.json(0));
  REQUIRE(records.route_count(0) == 2);
  Route mail = records.route(0, 0);
  CHECK(mail.type == RouteType::kSqs);
  CHECK(
      mail.target ==
      R"({"type":"sqs","policy":"30_extension/send","queueName":"mail","instructions":{"sqsName":"mail","subject":"DisableKey"}})");
  CHECK(mail.record == records.json(0));
  CHECK(has(records.json(0), R"(\"DisableKey\" names no queue)"));
  CHECK(has(records.json(0), "its queue has no name for this finding"));

  Route hub = records.route(0, 1);
  CHECK(hub.type == RouteType::kSecurityHub);
  CHECK(
      hub.target ==
      R"({"type":"securityhub","policy":"30_extension/send","accountId":"111111111111","region":"eu-central-1"})");
  std::string first(hub.record);
  json::EventDocument asff;
  REQUIRE(asff.parse(first));
  // Those that BatchImportFindings requires.
  for (const char* key :
       {"SchemaVersion", "Id", "ProductArn", "GeneratorId", "AwsAccountId", "Types", "CreatedAt",
        "UpdatedAt", "Severity", "Title", "Description", "Resources"}) {
    CAPTURE(key);
    CHECK(asff.root().find(key));
  }
  CHECK(has(
      first,
      R"("ProductArn":"arn:aws:securityhub:eu-central-1:111111111111:product/111111111111/default")"));
  CHECK(has(first, R"("Severity":{"Label":"HIGH","Normalized":70})"));
  CHECK(has(first, R"("Type":"AwsKmsKey","Id":"arn:a")"));
  CHECK(evaluator.evaluate(kEvent).route(0, 1).record == first);  // the same Id whenever it is sent
}

TEST_CASE("an event that names no account is not sent to Security Hub, and is told why") {
  Case c(Policies{
      {"30_extension/send",
       R"({"extension":{"findingPattern":{"detail":{"eventName":["DisableKey"]}},"extensionBlock":{)"
       R"("sendToSecurityHub":{}}}})"}});
  REQUIRE(c.set.ok());
  Evaluator evaluator(*c.set);
  const Evaluation& records = evaluator.evaluate(
      R"({"detail-type":"AWS API Call via CloudTrail","detail":{"eventName":"DisableKey","eventSource":"kms.amazonaws.com"}})");
  CHECK(records.route_count(0) == 0);
  CHECK(has(records.json(0), "the finding names no account of 12 digits"));
  const Evaluation& timeless = evaluator.evaluate(
      R"({"detail-type":"AWS API Call via CloudTrail","account":"111111111111","region":"eu-central-1","time":"soon",)"
      R"("detail":{"eventName":"DisableKey","eventSource":"kms.amazonaws.com","eventTime":"soon"}})");
  CHECK(timeless.route_count(0) == 0);
  CHECK(has(timeless.json(0), R"(the finding's time \"soon\" is none)"));
}

TEST_CASE("what is blank or too long for Security Hub is mended") {
  Case c(Policies{
      {"30_extension/send",
       R"({"extension":{"findingPattern":{"detail":{"eventName":["DisableKey"]}},"extensionBlock":{"sendToSecurityHub":{)"
       R"("findingTitle":"${raw.detail.blank}","findingDescription":"${raw.detail.long}",)"
       R"("findingResource":{"id":"${raw.detail.blank}","type":"${raw.detail.long}"}}}}})"}});
  REQUIRE(c.set.ok());
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "ä";
  std::string event =
      R"({"detail-type":"AWS API Call via CloudTrail","account":"111111111111","region":"eu-central-1","time":"2026-01-01T00:00:00Z",)"
      R"("detail":{"eventName":"DisableKey","eventSource":"kms.amazonaws.com","blank":" \t","long":")" +
      text + R"("}})";
  Evaluator evaluator(*c.set);
  const Evaluation& records = evaluator.evaluate(event);
  INFO(records.json(0));
  REQUIRE(records.route_count(0) == 1);
  std::string_view asff = records.route(0, 0).record;
  CHECK(has(asff, R"("Title":"SEMPER Finding")"));
  CHECK(has(asff, R"("Id":"AWS::::Account:111111111111")"));
  CHECK(has(asff, R"("Description":")" + text.substr(0, 2 * 1024) + R"(")"));
  CHECK(has(asff, R"("Type":")" + text.substr(0, 2 * 256) + R"(")"));
}

TEST_CASE("queues, severities and statuses are checked when the policy loads") {
  for (const char* block :
       {R"({"sqsFanOut":{"sqsName":"no queue"}})", R"({"sqsFanOut":{"sqsUrl":"ftp://x/y/z"}})",
        R"({"sendToSecurityHub":{"findingSeverity":101}})",
        R"({"sendToSecurityHub":{"findingComplianceStatus":"BAD"}})"}) {
    CAPTURE(block);
    Compiler compiler;
    std::string policy =
        R"({"extension":{"findingPattern":{"detail":{"a":["1"]}},"extensionBlock":)";
    policy += block;
    CHECK(compiler.add_policy("30_extension/a", policy + "}}").ok());
    REQUIRE(compiler.diagnostics().size() == 1);
    CHECK(compiler.diagnostics()[0].code == "unroutable");
  }
}
