#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "policy_case.h"
#include "unit/source_dir.h"

namespace semper::policy {
namespace {

struct Case {
  std::string_view id;
  std::string_view json;
  std::string_view problems;  ///< as `summary` tells them
};

void check(std::initializer_list<Case> cases) {
  for (const Case& c : cases) {
    CAPTURE(c.json);
    Loaded loaded = load(c.id, c.json);
    CHECK(summary(loaded.diagnostics) == c.problems);
    CHECK(loaded.ok == (c.problems.find("error") == std::string_view::npos));
    for (const Diagnostic& diagnostic : loaded.diagnostics) {
      CHECK(diagnostic.file == "x.json");
      CHECK_FALSE(diagnostic.message.empty());
    }
  }
}

TEST_CASE("a file that is no JSON, or no policy") {
  check({
      {kFilter, "", "error json_syntax "},
      {kFilter, "{", "error json_syntax "},
      {kFilter, "{\"filtering\": \xff}", "error invalid_utf8 "},
      {kFilter, R"({"filtering": "\ud800"})", "error invalid_unicode "},
      {kFilter, "[]", "error policy_not_object "},
      {kFilter, "{}", "error missing_section "},
  });
  Loaded deep = load(kFilter, std::string(100'000, '['));
  CHECK(summary(deep.diagnostics) == "error pattern_too_deep ");
  Loaded large = load(kFilter, std::string((1 << 20) + 1, ' '));
  CHECK(summary(large.diagnostics) == "error policy_too_large ");
}

TEST_CASE("the id says what a policy is") {
  check({
      {"20_filtering/x", "{}", "error no_policy_path "},
      {"x", "{}", "error no_policy_path "},
      {"", "{}", "error no_policy_path "},
      {"20_filtering/cloudtrail_api_calls/disabled/x", "{}", "error no_policy_path "},
      {"20_filtering/cloudtrail_api_calls/.x", "{}", "error no_policy_path "},
      {"30_extension/\xff", "{}", "error invalid_file_name "},
  });
  Loaded near = load("20_filtering/cloudtrail_api_cals/x", "{}");
  CHECK(near.diagnostics.front().message.find("20_filtering/cloudtrail_api_calls") !=
        std::string::npos);
}

TEST_CASE("one section, and the folder's own") {
  check({
      {kFilter, R"({"filtering": {"findingPattern": {"a": ["b"]}}})", ""},
      {kFilter, R"({"Filtering": {"findingPattern": {"a": ["b"]}}})", ""},
      {kExtension, R"({"filtering": {"findingPattern": {"a": ["b"]}}})",
       "error wrong_section /filtering"},
      {kEventRule, R"({"extension": {}})", "error wrong_section /extension"},
      {kFilter, R"({"configure": {}, "filtering": {"findingPattern": {"a": ["b"]}}})",
       "error several_sections /filtering"},
      {kExtension,
       R"({"enrichment": {"findingPattern": {"a": ["b"]}, "extensionBlock": {"x": 1}}})", ""},
      {kExtension,
       R"({"enrichment": {"findingPattern": {"a": ["b"]}, "extensionBlock": {"x": 1}},
           "extension": {}})",
       "error duplicate_key /extension"},
  });
}

TEST_CASE("unknown keys: a warning at the top, an error inside") {
  check({
      {kFilter, R"({"available": true, "filtering": {"findingPattern": {"a": ["b"]}}})",
       "warning unknown_key /available"},
      {kFilter, R"({"filtering": {"findingPatern": {"a": ["b"]}}})",
       "error missing_key /filtering; error unknown_key /filtering/findingPatern"},
      {kExtension,
       R"({"extension": {"findingPattern": {"a": ["b"]}, "extensionBlock": {"x": 1}, "y": 1}})",
       "error unknown_key /extension/y"},
      {kConfigRule,
       R"({"configure": {"z": 1, "configRuleSettings": {"configRuleName": "a", "sourceOwner": "AWS",
           "sourceIdentifier": "B", "sourceDetail": []}}})",
       "error unknown_key /configure/z; error unknown_key "
       "/configure/configRuleSettings/sourceDetail"},
  });
  Loaded near = load(kFilter, R"({"filtering": {"findingPatern": {"a": ["b"]}}})");
  REQUIRE(near.diagnostics.size() == 2);
  CHECK(near.diagnostics[1].message.find("did you mean \"findingPattern\"?") != std::string::npos);
}

TEST_CASE("a key twice, anywhere in the file") {
  check({
      {kFilter,
       R"({"metaData": {"a": {"b": 1, "b": 2}}, "filtering": {"findingPattern": {"a": ["b"]}}})",
       "error duplicate_key /metaData/a/b"},
      {kFilter, R"({"filtering": {"findingPattern": {"a": ["b"]}}, "filtering": {}})",
       "error duplicate_key /filtering"},
      {kFilter, R"({"filtering": {"findingPattern": {"a": ["b"], "A": ["c"]}}})",
       "error duplicate_key /filtering/findingPattern/A"},
      {kFilter, R"({"filtering": {"findingPattern": {"a": [{"prefix": "b", "prefix": "c"}]}}})",
       "error duplicate_key /filtering/findingPattern/a/0/prefix"},
      {kEventRule,
       R"({"configure": {"eventSettings": {"eventName": "x", "eventPattern": {"a": ["b"], "a": ["c"]}}}})",
       "warning path_replaced /configure/eventSettings/eventPattern/a; "
       "error duplicate_key /configure/eventSettings/eventPattern/a"},
      {kEventRule,
       R"({"configure": {"eventSettings": {"eventName": "x", "eventPattern": {"a": ["b"]}}, "eventRuleSettings": {}}})",
       "error duplicate_key /configure/eventRuleSettings"},
  });
}

TEST_CASE("where a problem stands: line, column, offset, pointer") {
  std::string_view json =
      "\n"
      "{\n"
      "  \"filtering\": {\n"
      "    \"policyScope\": {\"accountScope\": {\"exlude\": \"*\"}},\n"
      "    \"findingPattern\": {\n"
      "      \"Title/Name\": [{\"containz\": \"x\"}]\n"
      "    }\n"
      "  },\n"
      "  \"lifecycle\": {\"mode\": \"off\"}\n"
      "}";
  Loaded loaded = load(kFilter, json);
  REQUIRE(loaded.diagnostics.size() == 3);

  const Diagnostic& scope = loaded.diagnostics[0];
  CHECK(scope.code == "scope_unknown_key");
  CHECK(scope.line == 4);
  CHECK(scope.column == 38);
  CHECK(scope.offset == json.find("\"exlude\""));
  CHECK(scope.pointer == "/filtering/policyScope/accountScope/exlude");

  const Diagnostic& pattern = loaded.diagnostics[1];
  CHECK(pattern.code == "unknown_comparator");
  CHECK(pattern.line == 6);
  CHECK(pattern.column == 23);
  CHECK(pattern.offset == json.find("\"containz\""));
  CHECK(pattern.pointer == "/filtering/findingPattern/Title~1Name/0/containz");

  const Diagnostic& mode = loaded.diagnostics[2];
  CHECK(mode.code == "invalid_value");
  CHECK(mode.line == 9);
  CHECK(mode.column == 25);
  CHECK(mode.pointer == "/lifecycle/mode");
  CHECK(to_string(mode) ==
        "x.json:9:25: error: \"off\" is no value for \"mode\"; write \"enforce\" or \"observe\" "
        "[invalid_value] at /lifecycle/mode");
}

TEST_CASE("what a key holds does not break the line of a diagnostic, nor steer a terminal") {
  Loaded loaded = load(kExtension, R"({"extension": {"ext\n\u001bBlock": {}}})");
  std::string lines;
  for (const Diagnostic& diagnostic : loaded.diagnostics) lines += to_string(diagnostic);
  CHECK(lines.find('\n') == std::string::npos);
  CHECK(lines.find('\x1b') == std::string::npos);
  CHECK(lines.find("ext\\u000a\\u001bBlock") != std::string::npos);
}

TEST_CASE("a file with countless problems does not take countless time") {
  std::string json = R"({"filtering": {"findingPattern": {"a": ["b"]})";
  for (int i = 0; i < 50'000; ++i) json += ",\"k" + std::to_string(i) + "\":1";
  Loaded loaded = load(kFilter, json + "}}");
  CHECK_FALSE(loaded.ok);
  REQUIRE(loaded.diagnostics.size() == 101);
  CHECK(loaded.diagnostics.back().code == "too_many_problems");
}

TEST_CASE("metadata is free: keys in any case, texts as text or list") {
  Loaded loaded = load(kFilter, R"({
    "metadata": {"Version": 1.18, "TITLE": ["t", "u"], "description": ["a", "b"], "domain": null,
                 "type": "filter", "Owner": {"NAME": "n", "Email": "e"}, "more": [{}]},
    "filtering": {"findingPattern": {"a": "b"}},
    "auditing": {"lastAttestationDate": "20260131", "auditor": {"Name": "x"}}})");
  REQUIRE(loaded.ok);
  CHECK(loaded.diagnostics.empty());
  CHECK(loaded.policy.title == "t\nu");
  CHECK(loaded.policy.attested_at == parse_time("2026-01-31"));
  CHECK(loaded.policy.hash.size() == 32);
  CHECK(loaded.policy.hash != load(kFilter, R"({"filtering": {}})").policy.hash);
  check({
      {kFilter, R"({"metaData": "x", "auditing": [], "filtering": {"findingPattern": {"a": "b"}}})",
       "warning wrong_type /metaData; warning wrong_type /auditing"},
      {kFilter,
       R"({"auditing": {"lastAttestationDate": "20260231"}, "filtering": {"findingPattern": {"a": "b"}}})",
       "warning invalid_time /auditing/lastAttestationDate"},
  });
}

TEST_CASE("scopes: comments among ids are fine, and said") {
  constexpr std::string_view kFormat =
      R"({"filtering": {"findingPattern": {"a": "b"}, "policyScope": )";
  auto problems = [&](std::string_view scope) {
    return summary(load(kFilter, std::string(kFormat) + std::string(scope) + "}}").diagnostics);
  };
  CHECK(problems(R"({"accountScope": {"exclude": {"accountId": ["123456789012"]}}})").empty());
  CHECK(problems(R"({"accountScope": {"exclude": ["*"]}})").empty());
  CHECK(problems(R"({"accountScope": {"exclude": {"accountId": [{"prefix": "12"}]}}})").empty());
  CHECK(
      problems(R"({"accountScope": {"exclude": {"accountTags": {"accountId": ["x"]}}}})").empty());
  CHECK(problems(R"({"accountScope": {"exclude": {"AccountId": ["AWS-MA", "123456789012"]}}})") ==
        "warning no_account_id /filtering/policyScope/accountScope/exclude/AccountId/0");
  CHECK(problems(R"({"accountScope": [{"exclude": "*", "forceInclude": [{"accountId": "1"}]}]})") ==
        "warning no_account_id /filtering/policyScope/accountScope/0/forceInclude/0/accountId");
  CHECK(problems(R"({"accountScope": {"exclude": {"accountId": [123456789012]}}})") ==
        "warning no_account_id /filtering/policyScope/accountScope/exclude/accountId/0");
  CHECK(problems(R"({"accountScope": []})") ==
        "error scope_empty_list /filtering/policyScope/accountScope");
}

TEST_CASE("a scope that many policies have is told about in each of them") {
  PolicyMemory memory;
  auto problems = [&](std::string_view scope, const Limits& limits) {
    std::string json = R"({"filtering": {"findingPattern": {"a": "b"}, "policyScope": )";
    json.append(scope).append("}}");
    Loaded loaded;
    load_policy(kFilter, "x.json", json, limits, loaded.policy, loaded.diagnostics, memory);
    return summary(loaded.diagnostics);
  };
  for (int i = 0; i < 3; ++i) {
    CHECK(problems(R"({"accountScope": {"exclude": {"accountId": ["AWS-MA"]}}})", {}) ==
          "warning no_account_id /filtering/policyScope/accountScope/exclude/accountId/0");
    CHECK(problems(R"({"accountScope": []})", {}) ==
          "error scope_empty_list /filtering/policyScope/accountScope");
    CHECK(problems(R"({"accountScope": {"exclude": "*"}})", {}).empty());
  }
  // Also where the problem is one too many to be shown.
  std::string flawed = R"({"filtering": {"policyScope": {"accountScope": {"exclude": 1}})";
  for (int i = 0; i < 120; ++i) flawed += ",\"unknown" + std::to_string(i) + "\": 1";
  Loaded full;
  load_policy(kFilter, "x.json", flawed + "}}", {}, full.policy, full.diagnostics, memory);
  CHECK(problems(R"({"accountScope": {"exclude": 1}})", {}) ==
        "error scope_type /filtering/policyScope/accountScope/exclude");
}

TEST_CASE("a scope beside the section still counts") {
  Loaded loaded = load(kFilter, R"({"policyScope": {"accountScope": {"exclude": "*"}},
                                    "filtering": {"findingPattern": {"a": "b"}}})");
  CHECK(summary(loaded.diagnostics) == "warning misplaced_key /policyScope");
  REQUIRE(loaded.ok);
  CHECK_FALSE(loaded.policy.scope->all_accounts);
  check({{kFilter,
          R"({"policyScope": {}, "filtering": {"policyScope": {}, "findingPattern": {"a": "b"}}})",
          "error duplicate_key /policyScope"}});
}

TEST_CASE("config rules") {
  Loaded loaded = load(kConfigRule, R"({"configure": {"configRuleSettings": {
      "configRuleName": "semper-mfa", "configRuleDescription": "d",
      "complianceResourceTypes": ["AWS::IAM::User"], "sourceOwner": "custom_lambda",
      "sourceIdentifier": "fn", "inputParameters ": " {\"a\" : \"1\"} ",
      "sourceDetails": [{"messageType": "M", "maximumExecutionFrequency": "F"}]}},
      "eventEnrichment": {"customerSeverity": "hIGH", "customerWorkFlow": "WF1"}})");
  CHECK(summary(loaded.diagnostics).empty());
  REQUIRE(loaded.ok);
  const ConfigRule& rule = loaded.policy.config_rule;
  CHECK(rule.name == "semper-mfa");
  CHECK(rule.source_owner == "CUSTOM_LAMBDA");
  CHECK(rule.source_identifier == "fn");
  CHECK(rule.input_parameters == R"({"a":"1"})");
  CHECK(rule.resource_types == std::vector<std::string>{"AWS::IAM::User"});
  REQUIRE(rule.source_details.size() == 1);
  CHECK(rule.source_details[0].message_type == "M");
  CHECK(loaded.policy.settings.severity == "HIGH");
  CHECK(loaded.policy.settings.work_flow == "WF1");

  check({
      {kConfigRule, R"({"configure": {}})", "error missing_key /configure"},
      {kConfigRule, R"({"configure": []})", "error wrong_type /configure"},
      {kConfigRule, R"({"configure": {"configRuleSettings": {}}})",
       "error missing_key /configure/configRuleSettings; "
       "error missing_key /configure/configRuleSettings; "
       "error missing_key /configure/configRuleSettings"},
      {kConfigRule,
       R"({"configure": {"configRuleSettings": {"configRuleName": "", "sourceOwner": "GCP", "sourceIdentifier": 7}}})",
       "error invalid_value /configure/configRuleSettings/configRuleName; "
       "error invalid_value /configure/configRuleSettings/sourceOwner; "
       "error wrong_type /configure/configRuleSettings/sourceIdentifier"},
      {kConfigRule,
       R"({"configure": {"configRuleSettings": {"configRuleName": "a", "sourceOwner": "AWS", "sourceIdentifier": "B",
           "complianceResourceTypes": "x", "sourceDetails": {}, "inputParameters": "a=1"}}})",
       "error wrong_type /configure/configRuleSettings/complianceResourceTypes; "
       "error wrong_type /configure/configRuleSettings/sourceDetails; "
       "error invalid_input_parameters /configure/configRuleSettings/inputParameters"},
      {kConfigRule,
       R"({"configure": {"configRuleSettings": {"configRuleName": "a", "sourceOwner": "AWS", "sourceIdentifier": "B",
           "inputParameters": "", "inputParameters ": "{}"}}})",
       "error duplicate_key /configure/configRuleSettings/inputParameters "},
      {kConfigRule,
       R"({"configure": {"eventRuleSettings": {"eventName": "x", "eventPattern": {"a": ["b"]}}}})",
       "error wrong_section /configure/eventRuleSettings"},
      {kFilter,
       R"({"filtering": {"findingPattern": {"a": "b"}}, "eventEnrichment": {"customerSeverity": "urgent"}})",
       "warning enrichment_ignored /eventEnrichment; "
       "error invalid_value /eventEnrichment/customerSeverity"},
  });
}

TEST_CASE("event rules hold strict EventBridge patterns") {
  Loaded loaded = load(kEventRule, R"({"configure": {"eventSettings": {"eventName": "key",
      "eventPattern": { "detail": {"eventName": ["A", "B"]} }}}})");
  REQUIRE(loaded.ok);
  CHECK(loaded.policy.kind == Kind::kEventRule);
  CHECK(loaded.policy.event_rule.name == "semper-key");
  CHECK(loaded.policy.event_rule.pattern_text == R"({"detail":{"eventName":["A","B"]}})");
  CHECK(loaded.policy.finding_pattern.dialect == pattern::Dialect::kEventBridge);
  CHECK(loaded.policy.subject == Subject::kEvent);
  CHECK(loaded.policy.arrays == pattern::Arrays::kAny);
  check({
      {kEventRule,
       R"({"configure": {"eventSettings": {"eventName": "x", "eventPattern": {"a": "b"}}}})",
       "error leaf_not_list /configure/eventSettings/eventPattern/a"},
      {kEventRule,
       R"({"configure": {"eventSettings": {"eventName": "x", "eventPattern": {"a": [{"contains": "b"}]}}}})",
       "error unknown_comparator /configure/eventSettings/eventPattern/a/0/contains"},
      {kEventRule, R"({"configure": {"eventSettings": {"eventName": "x"}}})",
       "error missing_key /configure/eventSettings"},
  });
}

TEST_CASE("Security Hub sections") {
  Loaded controls = load(kControls, R"({"configure": {"shControlSettings": [{"controlId": "IAM.7",
      "parameters": {"A": {"ValueType": "CUSTOM", "Value": {"Integer": 90}}}, "updateReason": "r"}]}})");
  REQUIRE(controls.ok);
  REQUIRE(controls.policy.control_parameters.size() == 1);
  CHECK(controls.policy.control_parameters[0].parameters ==
        R"({"A":{"ValueType":"CUSTOM","Value":{"Integer":90}}})");

  Loaded standards = load(kStandards, R"({"configure": {"shStandardSettings": [
      {"standardName": "n", "standardArn": "arn:${region}", "targetState": "disabled",
       "policyScope": {"accountScope": {"exclude": "*"}}},
      {"standardIdentifier": "i"}]}})");
  REQUIRE(standards.ok);
  REQUIRE(standards.policy.standards.size() == 2);
  CHECK(standards.policy.standards[0].identifier == "arn:${region}");
  CHECK_FALSE(standards.policy.standards[0].enabled);
  CHECK_FALSE(standards.policy.standards[0].scope.all_accounts);
  CHECK(standards.policy.standards[1].enabled);

  Loaded switches = load(kSwitches, R"({"configure": {
      "shStandardControlSettings": {"standardIdentifier": "s", "disabledControls": [
        {"standardId": "4.*", "disableReason": "r", "policyScope": {"regionScope": "us-east-1"}}]},
      "shUseCaseSettings": {"disableReason": "u", "disabledStandardControls": [
        {"standardIdentifier": "t", "standardId": ["[IAM.6] comment", "IAM.6"]}]}}})");
  REQUIRE(switches.ok);
  REQUIRE(switches.policy.control_switches.size() == 2);
  const ControlSwitch& wildcard = switches.policy.control_switches[0];
  CHECK(wildcard.standard_identifier == "s");
  CHECK(wildcard.control_ids == std::vector<std::string>{"4.*"});
  CHECK(wildcard.disable_reason == "r");
  CHECK(wildcard.scope.has_value());
  const ControlSwitch& use_case = switches.policy.control_switches[1];
  CHECK(use_case.standard_identifier == "t");
  CHECK(use_case.control_ids == std::vector<std::string>{"[IAM.6] comment", "IAM.6"});
  CHECK(use_case.disable_reason == "u");
  CHECK_FALSE(use_case.scope.has_value());

  check({
      {kControls, R"({"configure": {"shControlSettings": {}}})",
       "error wrong_type /configure/shControlSettings"},
      {kControls,
       R"({"configure": {"shControlSettings": [{"parameters": {"A": {"Value": 1, "x": 1}}}]}})",
       "error missing_key /configure/shControlSettings/0; "
       "error missing_key /configure/shControlSettings/0/parameters/A; "
       "error unknown_key /configure/shControlSettings/0/parameters/A/x"},
      {kStandards,
       R"({"configure": {"shStandardSettings": [{"targetState": "ON", "policyScope": 1}]}})",
       "error missing_key /configure/shStandardSettings/0; "
       "error invalid_value /configure/shStandardSettings/0/targetState; "
       "error scope_type /configure/shStandardSettings/0/policyScope"},
      {kSwitches,
       R"({"configure": {"shStandardControlSettings": {"disabledControls": [{"standardId": [1]}]}}})",
       "error missing_key /configure/shStandardControlSettings; "
       "error wrong_type /configure/shStandardControlSettings/disabledControls/0/standardId/0"},
      {kSwitches, R"({"configure": {"shControlSettings": []}})",
       "error wrong_section /configure/shControlSettings"},
  });
}

TEST_CASE("one place of generation 1.7 holds every Security Hub section") {
  Loaded loaded = load("10_configure/securityhub_controls/x", R"({"configure": {
      "shStandardControlSettings": {"standardIdentifier": "s", "disabledControls": []}}})");
  REQUIRE(loaded.ok);
  CHECK(loaded.policy.kind == Kind::kControlSwitches);
}

TEST_CASE("whatever the bytes, loading ends with a policy or with a reason") {
  std::vector<std::pair<std::string, std::string>> seeds;
  const std::filesystem::path root = source_dir() + "/tests/data/policies/generation_1.7";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    std::string id = entry.path().lexically_relative(root).replace_extension().string();
    seeds.emplace_back(id, std::string(std::istreambuf_iterator<char>(file), {}));
  }
  REQUIRE(seeds.size() == 6);
  std::mt19937 random(7);
  constexpr std::string_view kBytes = "{}[]\",:$\\ 0a.*\xff\x80";
  for (int round = 0; round < 3000; ++round) {
    auto [id, json] = seeds[random() % seeds.size()];
    for (std::size_t changes = random() % 4 + 1; changes > 0; --changes) {
      std::size_t at = random() % json.size();
      switch (random() % 3) {
        case 0:
          json[at] = kBytes[random() % kBytes.size()];
          break;
        case 1:
          json.insert(at, json.substr(random() % json.size(), random() % 40));
          break;
        default:
          json.erase(at, random() % 20);
      }
    }
    CAPTURE(json);
    Loaded loaded = load(id, json);
    bool has_error = summary(loaded.diagnostics).find("error ") != std::string::npos;
    REQUIRE(loaded.ok != has_error);
  }
}

}  // namespace
}  // namespace semper::policy
