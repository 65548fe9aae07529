// The hard gate: once its buffers have grown, an evaluator allocates nothing.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "semper/semper.hpp"

namespace {
std::atomic<std::size_t> allocations = 0;
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

using namespace semper;

namespace {

class OneAccount : public ContextProvider {
 public:
  std::string_view name() const override { return "accounts"; }
  KeyKind key_kind() const override { return KeyKind::kAccountId; }
  void lookup(LookupCall& call) override {
    for (std::size_t i = 0; i < call.size(); ++i) {
      call.set_json(
          i,
          R"({"accountId":"111111111111","accountTags":{"owner":"me@example.com","env":"prod"}})");
    }
  }
};

PolicySet compile() {
  Compiler compiler;
  auto add = [&](const char* id, const char* text) { REQUIRE(compiler.add_policy(id, text).ok()); };
  add("20_filtering/cloudtrail_api_calls/accepted",
      R"({"filtering":{"findingPattern":{"detail":{"eventName":["Accepted"],)"
      R"("requestParameters":{"items":{"port":[{"numeric":[">",1]}],"net":[{"cidr":"10.0.0.0/8"}]}}}}},)"
      R"("policyScope":{"accountScope":{"exclude":"*","forceInclude":{"accountTags":{"env":"prod"}}}}})");
  add("20_filtering/cloudtrail_api_calls/other",
      R"({"filtering":{"findingPattern":{"detail":{"eventName":[{"wildcard":"Lis*t*"},{"regex-match":"Des.*s$"}]}}}})");
  add("30_extension/fan_out",
      R"({"extension":{"findingPattern":{"detail":{"eventName":["Relevant"]}},"extensionBlock":)"
      R"({"sqsFanOut":[{"sqsName":"q","who":"to ${normalized.accountTags.owner}"}]}}})");
  add("10_configure/event_rules/rule",
      R"({"configure":{"eventRuleSettings":{"eventName":"r","eventPattern":)"
      R"({"detail":{"eventName":["Relevant","Accepted"]}}}}})");
  compiler.set_account_provider(std::make_shared<OneAccount>());
  Result<PolicySet> set = compiler.compile();
  REQUIRE(set.ok());
  return *set;
}

std::string event(std::string_view name, std::string_view ports,
                  std::string_view address = "10.1.2.3") {
  std::string text =
      R"({"eventVersion":"1.08","eventID":"e","eventTime":"2026-01-01T00:00:00Z","eventSource":"ec2.amazonaws.com",)"
      R"("eventType":"AwsApiCall","awsRegion":"eu-central-1","recipientAccountId":"111111111111",)"
      R"("userIdentity":{"type":"Root","arn":"arn:aws:iam::111111111111:root"},"sourceIPAddress":")";
  text += address;
  text += R"(","eventName":")";
  text += name;
  text += R"(","requestParameters":{"policy":"{\"a\":1}","items":)";
  text += ports;
  return text + "}}";
}

std::size_t allocations_of(Evaluator& evaluator, const std::string& text, Decision decision) {
  for (int i = 0; i < 3; ++i) REQUIRE(evaluator.evaluate(text).decision(0) == decision);
  REQUIRE(!evaluator.evaluate(text).json(0).empty());
  std::size_t before = allocations;
  const Evaluation& records = evaluator.evaluate(text);
  if (decision == Decision::kRelevant) (void)records.json(0);
  return allocations - before;
}

}  // namespace

TEST_CASE("in the steady state no finding costs an allocation") {
  Evaluator evaluator(compile());
  constexpr std::string_view kOne = R"({"port":443,"net":"10.0.0.1"})";
  constexpr std::string_view kList =
      R"([{"port":443,"net":"10.0.0.1"},{"port":22,"net":"10.9.9.9"}])";
  CHECK(allocations_of(evaluator, event("Accepted", kOne), Decision::kDropped) == 0);
  CHECK(allocations_of(evaluator, event("Accepted", kList), Decision::kDropped) == 0);
  CHECK(allocations_of(evaluator, event("Nobody", kOne), Decision::kNoFinding) == 0);
  CHECK(allocations_of(evaluator, event("Relevant", kList), Decision::kRelevant) == 0);
  for (std::string_view address : {"2001:db8::1", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8", "é"}) {
    std::string text = event("Relevant", kList, address);
    CHECK(allocations_of(evaluator, text, Decision::kRelevant) == 0);
  }
}
