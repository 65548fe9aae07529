#include <doctest/doctest.h>

#include <map>
#include <string>

#include "semper/plan.hpp"

namespace {

using semper::PlanFormat;
using semper::Planner;
using semper::StatusCode;

constexpr const char* kEventRule = R"({"configure": {"eventRuleSettings": {
  "eventName": "a", "eventPattern": {"source": ["aws.ec2"]}}}})";
constexpr const char* kStandard = R"({"configure": {"shStandardSettings": [{
  "standardName": "S", "standardIdentifier": "standards/s/v/1", "targetState": "ENABLED",
  "policyScope": {"accountScope": {"exclude": {"accountTags": {"t": "x"}}}}}]}})";
constexpr const char* kEventId = "10_configure/event_rules/a";
constexpr const char* kStandardId = "10_configure/securityhub/20_standards/s";

std::map<std::string, std::string> write(Planner& planner, PlanFormat format) {
  std::map<std::string, std::string> files;
  semper::Status status = planner.write(format, [&](std::string_view path, std::string_view bytes) {
    files[std::string(path)] += bytes;
    return true;
  });
  CHECK(status.ok());
  return files;
}

}  // namespace

TEST_CASE("a plan does not depend on the order in which things were added") {
  Planner one;
  CHECK(one.add_policy(kEventId, kEventRule).ok());
  CHECK(one.add_policy(kStandardId, kStandard).ok());
  CHECK(one.add_accounts(R"([{"accountId": "111111111111"}])").ok());
  CHECK(one.add_unknown_account("222222222222").ok());
  one.set_regions({"eu-central-1", "us-east-1"});
  Planner other;
  other.set_regions({"us-east-1", "eu-central-1"});
  CHECK(other.add_unknown_account("222222222222").ok());
  CHECK(other.add_accounts(R"({"111111111111": {}})").ok());
  CHECK(other.add_policy(kStandardId, kStandard).ok());
  CHECK(other.add_policy(kEventId, kEventRule).ok());
  std::string first = write(one, PlanFormat::kJson)["plan.json"];
  CHECK(first == write(other, PlanFormat::kJson)["plan.json"]);
  CHECK(first.find(R"("undetermined":["10_configure/securityhub/20_standards/s"])") !=
        std::string::npos);
  // And may be asked for again.
  CHECK(first == write(one, PlanFormat::kJson)["plan.json"]);
  CHECK(write(one, PlanFormat::kTerraform).size() == 4);
  CHECK(one.diagnostics().size() == 1);
}

TEST_CASE("a sink that says stop is not called again") {
  Planner planner;
  CHECK(planner.add_policy(kEventId, kEventRule).ok());
  CHECK(planner.add_accounts(R"([{"accountId": "111111111111"}])").ok());
  planner.set_regions({"eu-central-1", "us-east-1"});
  int calls = 0;
  auto stop = [&](std::string_view, std::string_view) {
    ++calls;
    return false;
  };
  CHECK(planner.write(PlanFormat::kCloudFormation, stop).ok());
  CHECK(calls == 1);
}

TEST_CASE("nothing is written where something is wrong") {
  Planner planner;
  auto never = [](std::string_view, std::string_view) {
    CHECK(false);
    return true;
  };
  CHECK(planner.write(PlanFormat::kJson, never).code() == StatusCode::kInvalidArgument);
  planner.set_regions({"eu-central-1"});
  CHECK(planner.add_policy(kEventId, "{").code() == StatusCode::kInvalidPolicy);
  CHECK(planner.write(PlanFormat::kJson, never).code() == StatusCode::kInvalidPolicy);
  CHECK(planner.diagnostics().front().code == "json_syntax");
  CHECK(planner.add_accounts("{").code() == StatusCode::kInvalidArgument);
  CHECK(planner.add_accounts(R"([{"accountId": "1"}])").code() == StatusCode::kInvalidArgument);
  CHECK(planner.add_unknown_account("../../x").code() == StatusCode::kInvalidArgument);
  CHECK(planner.add_control_ids("[]").code() == StatusCode::kInvalidArgument);
  CHECK(planner.write_difference("{}", never).code() == StatusCode::kInvalidPolicy);
  CHECK(planner.matrix(semper::MatrixRows::kStandards, {"ou"}, semper::MatrixFormat::kText)
            .status()
            .code() == StatusCode::kInvalidPolicy);
}

TEST_CASE("a plan without accounts is said to be one") {
  Planner planner;
  CHECK(planner.add_policy(kEventId, kEventRule).ok());
  planner.set_regions({"eu-central-1"});
  CHECK(write(planner, PlanFormat::kJson)["plan.json"].find(R"("states":[)") != std::string::npos);
  REQUIRE(planner.diagnostics().size() == 1);
  CHECK(planner.diagnostics()[0].code == "no_accounts");
}
