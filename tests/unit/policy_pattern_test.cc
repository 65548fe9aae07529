#include <doctest/doctest.h>

#include "policy_case.h"

namespace semper::policy {
namespace {

Loaded load_filter(std::string_view pattern, std::string_view id = kFilter) {
  return load(id, R"({"filtering": {"findingPattern": )" + std::string(pattern) + "}}");
}

Loaded load_extension(std::string_view pattern) {
  return load(kExtension, R"({"extension": {"extensionBlock": {"x": 1}, "findingPattern": )" +
                              std::string(pattern) + "}}");
}

Loaded load_lifecycle(std::string_view lifecycle, std::string_view attested = "20260101") {
  return load(kFilter, R"({"filtering": {"findingPattern": {"a": "b"}}, "auditing": {)" +
                           (attested.empty()
                                ? std::string()
                                : R"("lastAttestationDate": ")" + std::string(attested) + "\"") +
                           R"(}, "lifecycle": )" + std::string(lifecycle) + "}");
}

TEST_CASE("what hides needs all elements of a list, what reveals needs any") {
  CHECK(load_filter(R"({"a": "b"})").policy.arrays == pattern::Arrays::kAll);
  CHECK(load_extension(R"({"a": "b"})").policy.arrays == pattern::Arrays::kAny);

  Loaded any = load(kFilter, R"({"filtering": {"findingPattern": {"a": "b"}, "arrays": "any"}})");
  CHECK(any.ok);
  CHECK(any.policy.arrays == pattern::Arrays::kAny);
  CHECK(summary(any.diagnostics) == "warning any_in_filter /filtering/arrays");
  Loaded all = load(kExtension, R"({"extension": {"findingPattern": {"a": "b"}, "arrays": "all",
                                    "extensionBlock": {"x": 1}}})");
  CHECK(all.policy.arrays == pattern::Arrays::kAll);
  CHECK(summary(all.diagnostics).empty());
  Loaded some = load(kFilter, R"({"filtering": {"findingPattern": {"a": "b"}, "arrays": "some"}})");
  CHECK(summary(some.diagnostics) == "error invalid_value /filtering/arrays");
}

TEST_CASE("the folder tells the source") {
  CHECK(load_filter(R"({"a": "b"})").policy.source == Source::kSecurityHub);
  CHECK(load_filter(R"({"detail": {"a": "b"}})", kCloudTrailFilter).policy.source ==
        Source::kCloudTrail);
  CHECK(load_filter(R"({"a": "b"})", "20_filtering/guardduty_findings/x").policy.source ==
        Source::kGuardDuty);
  CHECK(load_filter(R"({"a": "b"})", "20_filtering/config_findings/x").policy.source ==
        Source::kConfig);
  CHECK(load_extension(R"({"a": "b"})").policy.source == Source::kAny);
}

TEST_CASE("the keys at a pattern's top tell what it is matched against") {
  struct {
    std::string_view pattern;
    Subject subject;
  } cases[] = {
      {R"({"Severity": {"Label": ["HIGH"]}})", Subject::kFinding},
      {R"({"region": ["us-east-1"]})", Subject::kFinding},
      {R"({"detail": {"a": "b"}})", Subject::kEvent},
      {R"({"Detail-Type": ["x"], "source": ["y"]})", Subject::kEvent},
      {R"({"normalized": {"a": "b"}})", Subject::kProcessed},
      {R"({"ACCOUNTCONTEXT": {"a": "b"}, "raw": {"detail": {"a": "b"}}})", Subject::kProcessed},
      {R"({"$or": [{"raw": {"a": "b"}}, {"normalized": {"a": "b"}}]})", Subject::kProcessed},
      {R"({"source": ["x"], "$or": [{"detail": {"a": "b"}}, {"detail-type": ["c"]}]})",
       Subject::kEvent},
      {R"({"$or": [{"Title": ["a"]}, {"$or": [{"Id": ["b"]}, {"Id": ["c"]}]}]})",
       Subject::kFinding},
  };
  for (const auto& c : cases) {
    CAPTURE(c.pattern);
    for (const Loaded& loaded : {load_filter(c.pattern), load_extension(c.pattern)}) {
      CHECK(loaded.ok);
      CHECK(loaded.diagnostics.empty());
      CHECK(loaded.policy.subject == c.subject);
    }
  }
}

TEST_CASE("a pattern over two documents never matches and is refused") {
  struct {
    std::string_view pattern;
    std::string_view pointer;
  } cases[] = {
      {R"({"detail": {"a": "b"}, "normalized": {"a": "b"}})", "/normalized"},
      {R"({"raw": {"a": "b"}, "Title": ["x"]})", "/Title"},
      {R"({"region": ["x"], "accountContext": {"a": "b"}})", "/accountContext"},
      {R"({"detail-type": ["x"], "Title": ["x"]})", "/Title"},
      {R"({"$or": [{"detail": {"a": "b"}}, {"normalized": {"a": "b"}}]})", "/$or/1/normalized"},
      {R"({"detail": {"a": "b"}, "$or": [{"Raw": {"a": "b"}}, {"b": ["c"]}]})", "/$or/0/Raw"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.pattern);
    CHECK(summary(load_filter(c.pattern).diagnostics) ==
          "error mixed_subject /filtering/findingPattern" + std::string(c.pointer));
  }
}

TEST_CASE("a CloudTrail filter whose fields stand outside detail is pointed out") {
  Loaded loaded = load_filter(R"({"eventName": ["DeleteRole"]})", kCloudTrailFilter);
  CHECK(loaded.ok);
  CHECK(loaded.policy.subject == Subject::kEvent);
  CHECK(summary(loaded.diagnostics) == "warning foreign_key /filtering/findingPattern/eventName");
  CHECK(load_filter(R"({"source": ["aws.kms"]})", kCloudTrailFilter).diagnostics.empty());
}

TEST_CASE("traps of the original's engine that show at load") {
  CHECK(summary(load_filter("{}").diagnostics) == "error empty_object /filtering/findingPattern");
  // Behind an alternative that matches.
  CHECK(summary(load_filter(R"({"a": ["b", {"like": "c"}]})").diagnostics) ==
        "error unknown_comparator /filtering/findingPattern/a/1/like");
  CHECK(load_filter(R"({"a": [{"exists": true, "anything-but": "X"}]})").ok);
  CHECK(load_filter(R"({"a": [{"anything-but": ["X", "Y"]}]})").ok);
}

TEST_CASE("a control id that is the beginning of others") {
  auto problems = [](std::string_view comparator) {
    return summary(load_filter(R"({"Title": [)" + std::string(comparator) + "]}").diagnostics);
  };
  constexpr std::string_view kWarning = "warning over_broad /filtering/findingPattern/Title/0/";
  CHECK(problems(R"({"contains": "Config.1"})") == std::string(kWarning) + "contains");
  CHECK(problems(R"({"Prefix": "PCI.IAM.6"})") == std::string(kWarning) + "Prefix");
  CHECK(problems(R"({"contains": ["Config.", "security-control/EC2.8"]})") ==
        std::string(kWarning) + "contains/1");
  CHECK(problems(R"("Config.1")").empty());
  CHECK(problems(R"({"prefix": "Config.1 "})").empty());
  CHECK(problems(R"({"contains": "Config."})").empty());
  CHECK(problems(R"({"prefix": "10.1"})").empty());
  CHECK(problems(R"({"suffix": "Config.1"})").empty());
  CHECK(summary(
            load_filter(R"({"$or": [{"a": ["b"]}, {"Id": [{"prefix": "S3.1"}]}]})").diagnostics) ==
        "warning over_broad /filtering/findingPattern/$or/1/Id/0/prefix");
}

TEST_CASE("the life of an acceptance") {
  constexpr UnixSeconds kDay = 86400;
  const UnixSeconds start = *parse_time("2026-01-01");
  using State = Lifecycle::State;

  SUBCASE("none: always in force") {
    CHECK(load_filter(R"({"a": "b"})").policy.lifecycle.state(0) == State::kActive);
  }
  SUBCASE("from validFrom on, until expiresAt") {
    Loaded loaded = load_lifecycle(
        R"({"validFrom": "2026-01-01", "expiresAt": "2026-01-31T01:00:00+01:00", "reason": "r", "ticket": "t"})");
    REQUIRE(loaded.ok);
    const Lifecycle& lifecycle = loaded.policy.lifecycle;
    CHECK(lifecycle.state(start - 1) == State::kNotYetValid);
    CHECK(lifecycle.state(start) == State::kActive);
    CHECK(lifecycle.state(start + 30 * kDay - 1) == State::kActive);
    CHECK(lifecycle.state(start + 30 * kDay) == State::kExpired);
    CHECK(lifecycle.reason == "r");
    CHECK(lifecycle.ticket == "t");
    CHECK_FALSE(lifecycle.observe);
  }
  SUBCASE("a date alone ends with the day before") {
    Loaded loaded = load_lifecycle(R"({"expiresAt": "2026-01-02"})");
    CHECK(loaded.policy.lifecycle.state(start + kDay - 1) == State::kActive);
    CHECK(loaded.policy.lifecycle.state(start + kDay) == State::kExpired);
  }
  SUBCASE("not later than the review") {
    Loaded loaded = load_lifecycle(R"({"reviewEveryDays": 90, "mode": "Observe"})");
    REQUIRE(loaded.ok);
    CHECK(loaded.policy.lifecycle.state(start + 90 * kDay) == State::kActive);
    CHECK(loaded.policy.lifecycle.state(start + 90 * kDay + 1) == State::kExpired);
    CHECK(loaded.policy.lifecycle.observe);
  }
  SUBCASE("whichever comes first") {
    CHECK(load_lifecycle(R"({"reviewEveryDays": 90, "expiresAt": "2026-02-01"})")
              .policy.lifecycle.expires_at == parse_time("2026-02-01"));
    CHECK(load_lifecycle(R"({"reviewEveryDays": 1, "expiresAt": "2026-02-01"})")
              .policy.lifecycle.expires_at == start + kDay + 1);
  }
}

TEST_CASE("a lifecycle that cannot be") {
  struct {
    std::string_view lifecycle;
    std::string_view problems;
  } cases[] = {
      {R"([])", "error wrong_type /lifecycle"},
      {R"({"expires": "2026-01-01"})", "error unknown_key /lifecycle/expires"},
      {R"({"expiresAt": "next year", "validFrom": 2026})",
       "error invalid_time /lifecycle/expiresAt; error invalid_time /lifecycle/validFrom"},
      {R"({"expiresAt": "2026-02-30"})", "error invalid_time /lifecycle/expiresAt"},
      {R"({"validFrom": "2026-02-01", "expiresAt": "2026-02-01"})",
       "error never_in_force /lifecycle/expiresAt"},
      {R"({"reviewEveryDays": 0})", "error invalid_value /lifecycle/reviewEveryDays"},
      {R"({"reviewEveryDays": 1.5})", "error invalid_value /lifecycle/reviewEveryDays"},
      {R"({"reviewEveryDays": "90"})", "error invalid_value /lifecycle/reviewEveryDays"},
      {R"({"reviewEveryDays": 99999999999999999999})",
       "error invalid_value /lifecycle/reviewEveryDays"},
      {R"({"mode": "off", "reason": 1})",
       "error invalid_value /lifecycle/mode; error wrong_type /lifecycle/reason"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.lifecycle);
    CHECK(summary(load_lifecycle(c.lifecycle).diagnostics) == c.problems);
  }
  CHECK(summary(load_lifecycle(R"({"reviewEveryDays": 90})", "").diagnostics) ==
        "error review_without_attestation /lifecycle/reviewEveryDays");
  CHECK(summary(load_lifecycle(R"({"reviewEveryDays": 90})", "soon").diagnostics) ==
        "warning invalid_time /auditing/lastAttestationDate; "
        "error review_without_attestation /lifecycle/reviewEveryDays");
  Loaded extension = load(kExtension, R"({"lifecycle": {"mode": "observe"}, "extension":
      {"findingPattern": {"a": "b"}, "extensionBlock": {"x": 1}}})");
  CHECK(summary(extension.diagnostics) == "warning lifecycle_ignored /lifecycle");
}

TEST_CASE("extension blocks") {
  auto problems = [](std::string_view blocks) {
    return summary(
        load(kExtension, R"({"extension": {"findingPattern": {"a": "b"}, "extensionBlock": )" +
                             std::string(blocks) + "}}")
            .diagnostics);
  };
  const std::string kBlock = "/extension/extensionBlock";
  CHECK(
      problems(
          R"({"sqsFanOut": [{"sqsName": "a", "delivery": "mail"}, {"sqsUrl": "https://sqs.eu-central-1.amazonaws.com/111111111111/b"}]})")
          .empty());
  CHECK(problems(R"({"sqsFanOut": {"sqsName": "a"}})").empty());
  CHECK(problems(R"({"anything": "goes", "else": [1, {"b": null}]})").empty());
  CHECK(problems(R"({"sendToSecurityHub": {"findingTitle": "t", "findingDescription": "d",
      "findingSevertiy": 20, "findingComplianceStatus": "FAILED",
      "findingResource": {"id": "x", "type": "AwsAccount"}}})")
            .empty());
  CHECK(problems(R"({"sendToSecurityHub": [{"findingSeverity": "${normalized.severity.score}"}]})")
            .empty());

  CHECK(problems("[]") == "error wrong_type " + kBlock);
  CHECK(problems("{}") == "warning empty_extension " + kBlock);
  CHECK(problems(R"({"sqsFanOut": [{"recipient": "a"}]})") ==
        "error missing_key " + kBlock + "/sqsFanOut/0");
  CHECK(problems(R"({"sqsFanOut": [{"sqsName": "a", "sqsUrl": "b"}]})") ==
        "error conflicting_keys " + kBlock + "/sqsFanOut/0/sqsUrl");
  CHECK(problems(R"({"sqsFanOut": "a"})") == "error wrong_type " + kBlock + "/sqsFanOut");
  CHECK(problems(R"({"sqsFanOut": {"sqsName": 1}})") ==
        "error wrong_type " + kBlock + "/sqsFanOut/sqsName");
  CHECK(problems(R"({"sendToSecurityHub": {"findingSeverity": "high", "findingSevertiy": 1}})") ==
        "error wrong_type " + kBlock + "/sendToSecurityHub/findingSeverity; error duplicate_key " +
            kBlock + "/sendToSecurityHub/findingSevertiy");
  CHECK(problems(R"({"sendToSecurityHub": {"findingResource": {"type": "x"}, "title": "x"}})") ==
        "error missing_key " + kBlock + "/sendToSecurityHub/findingResource; error unknown_key " +
            kBlock + "/sendToSecurityHub/title");
  // Each block on its own, so that one run shows both.
  CHECK(problems(R"({"a": {"b": "${nowhere.x}"}, "c": "${normalized.}"})") ==
        "error bad_reference " + kBlock + "/a/b; error bad_reference " + kBlock + "/c");
}

}  // namespace
}  // namespace semper::policy
