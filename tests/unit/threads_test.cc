// Evaluators in several threads while policies are replaced. Run with ThreadSanitizer by
// script/test.
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "semper/semper.hpp"

using namespace semper;

namespace {

constexpr std::string_view kEvent =
    R"({"version":"0","id":"1","detail-type":"AWS API Call via CloudTrail","account":"111111111111",)"
    R"("time":"2026-01-01T00:00:00Z","region":"eu-central-1","detail":{"eventSource":"kms.amazonaws.com",)"
    R"("eventID":"e","eventName":"DisableKey","awsRegion":"eu-central-1","recipientAccountId":"111111111111"}})";

constexpr const char* kId = "20_filtering/cloudtrail_api_calls/f";

PolicySet compile(std::string_view event_name) {
  std::string policy = R"({"filtering":{"findingPattern":{"detail":{"eventName":[")";
  policy += event_name;
  policy += R"(",{"regex-match":"never.*"}]}}}})";
  Compiler compiler;
  Status added = compiler.add_policy(kId, policy);
  Result<PolicySet> set = compiler.compile();
  return added.ok() && set.ok() ? *set : PolicySet();
}

}  // namespace

TEST_CASE("evaluators share a slot while its policies are replaced") {
  const PolicySet drops = compile("DisableKey");
  const PolicySet keeps = compile("EnableKey");
  REQUIRE(drops.size() == 1);
  REQUIRE(keeps.size() == 1);
  PolicySlot slot(drops);
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::atomic<int> evaluated = 0;

  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Evaluator evaluator(slot);
      while (!stop) {
        const Evaluation& records = evaluator.evaluate(kEvent);
        std::string_view json = records.json(0);
        bool dropped = records.decision(0) == Decision::kDropped;
        std::string_view named = dropped ? drops.fingerprint() : keeps.fingerprint();
        if (json.find(named) == std::string_view::npos) ++wrong;
        ++evaluated;
      }
    });
  }
  for (int i = 0; i < 200 || evaluated < 2000; ++i) {
    slot.replace(i % 2 == 0 ? keeps : compile("DisableKey"));
    std::this_thread::yield();
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("each evaluator replaces its own set while others compile") {
  const PolicySet drops = compile("DisableKey");
  const PolicySet keeps = compile("EnableKey");
  REQUIRE(drops.fingerprint() != keeps.fingerprint());
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      Evaluator evaluator(drops);
      for (int i = 0; i < 300; ++i) {
        bool must_drop = (i + thread) % 2 == 0;
        // Shared with the other threads, or compiled while they run.
        bool is_own = i % 8 == 0;
        const PolicySet& shared = must_drop ? drops : keeps;
        evaluator.replace(is_own ? compile(must_drop ? "DisableKey" : "EnableKey") : shared);
        const Evaluation& records = evaluator.evaluate(kEvent);
        bool dropped = records.decision(0) == Decision::kDropped;
        bool is_named = records.json(0).find(shared.fingerprint()) != std::string_view::npos;
        if (dropped != must_drop || !is_named || evaluator.policies().size() != 1) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("a set that does not compile leaves the one in force") {
  const PolicySet drops = compile("DisableKey");
  PolicySlot slot(drops);
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::atomic<int> evaluated = 0;
  std::thread evaluating([&] {
    Evaluator evaluator(slot);
    while (!stop) {
      const Evaluation& records = evaluator.evaluate(kEvent);
      bool is_named = records.json(0).find(drops.fingerprint()) != std::string_view::npos;
      if (records.decision(0) != Decision::kDropped || !is_named) ++wrong;
      ++evaluated;
    }
  });
  int replaced = 0;
  for (int i = 0; i < 50 || evaluated < 500; ++i) {
    Compiler compiler;
    Status added = compiler.add_policy(
        kId, R"({"filtering":{"findingPattern":{"detail":{"eventName":[{"prefx":"D"}]}}}})");
    Result<PolicySet> set = compiler.compile();
    if (added.ok() && set.ok()) {
      slot.replace(*set);
      ++replaced;
    }
    if (set.status().code() != StatusCode::kInvalidPolicy) ++wrong;
  }
  stop = true;
  evaluating.join();
  CHECK(wrong == 0);
  CHECK(replaced == 0);
  CHECK(slot.version() == PolicySlot(drops).version());
  CHECK(slot.get().fingerprint() == drops.fingerprint());
}
