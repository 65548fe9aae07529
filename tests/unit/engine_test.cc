#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <initializer_list>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "semper/semper.hpp"

using namespace semper;

namespace {

constexpr std::string_view kConfigEvent =
    R"({"version":"0","id":"1","detail-type":"Config Rules Compliance Change","source":"aws.config",)"
    R"("account":"111111111111","time":"2026-01-01T00:00:00Z","region":"eu-central-1","resources":[],)"
    R"("detail":{"configRuleName":"semper-tags","awsAccountId":"111111111111","awsRegion":"eu-central-1",)"
    R"("resourceType":"AWS::EC2::Volume","resourceId":"vol-1","newEvaluationResult":{"complianceType":"NON_COMPLIANT"}}})";

/// Kept to the end: records are built from the event when they are asked for.
std::string_view cloudtrail(std::string_view event_name, std::string_view account = "111111111111",
                            std::string_view region = "eu-central-1") {
  std::string event =
      R"({"version":"0","id":"1","detail-type":"AWS API Call via CloudTrail","account":")";
  event += account;
  event += R"(","time":"2026-01-01T00:00:00Z","region":")";
  event += region;
  event += R"(","detail":{"eventSource":"kms.amazonaws.com","eventID":"e","eventName":")";
  event += event_name;
  event += R"(","awsRegion":")";
  event += region;
  event += R"(","recipientAccountId":")";
  event += account;
  event += "\"}}";
  static std::deque<std::string> kept;
  return kept.emplace_back(std::move(event));
}

/// The texts one after another. (gcc 12 warns of + on strings where there is nothing to warn of.)
std::string join(std::initializer_list<std::string_view> texts) {
  std::string all;
  for (std::string_view text : texts) all += text;
  return all;
}

std::string filter(std::string_view event_name, std::string_view rest = "") {
  return join(
      {R"({"metaData":{"title":"t"},"filtering":{"findingPattern":{"detail":{"eventName":[")",
       event_name, "\"]}}", rest, "}"});
}

PolicySet compile(const std::map<std::string, std::string>& policies,
                  std::shared_ptr<ContextProvider> provider = nullptr,
                  std::vector<std::string> regions = {}) {
  Compiler compiler;
  for (const auto& [id, text] : policies) {
    Status status = compiler.add_policy(id, text);
    for (const Diagnostic& diagnostic : compiler.diagnostics()) INFO(to_string(diagnostic));
    REQUIRE(status.ok());
  }
  compiler.set_account_provider(std::move(provider));
  compiler.set_default_regions(std::move(regions));
  Result<PolicySet> set = compiler.compile();
  REQUIRE(set.ok());
  return *set;
}

constexpr const char* kFilter = "20_filtering/cloudtrail_api_calls/f";

/// Answers as its script says; counts how often each key was asked for.
class ScriptedProvider : public ContextProvider {
 public:
  enum class Answer { kJson, kAbsent, kFail, kNothing, kGarbage, kThrow };
  explicit ScriptedProvider(
      Answer answer,
      std::string json = R"({"accountId":"111111111111","accountTags":{"env":"prod"}})")
      : answer_(answer), json_(std::move(json)) {}

  std::string_view name() const override { return "accounts"; }
  KeyKind key_kind() const override { return KeyKind::kAccountId; }
  void lookup(LookupCall& call) override {
    for (std::size_t i = 0; i < call.size(); ++i) {
      ++asked[std::string(call.key(i))];
      switch (answer_) {
        case Answer::kJson:
          call.set_json(i, json_);
          break;
        case Answer::kAbsent:
          call.set_absent(i);
          break;
        case Answer::kFail:
          call.fail(i, "the database is down");
          break;
        case Answer::kNothing:
          break;
        case Answer::kGarbage:
          call.set_json(i, "[1,2");
          break;
        case Answer::kThrow:
          throw std::runtime_error("boom");
      }
    }
  }

  std::map<std::string, int> asked;

 private:
  Answer answer_;
  std::string json_;
};

bool has(std::string_view json, std::string_view part) {
  return json.find(part) != std::string_view::npos;
}

constexpr std::string_view kProdOnly =
    R"(,"policyScope":{"accountScope":{"exclude":"*","forceInclude":{"accountTags":{"env":"prod"}}}}})";

TEST_CASE("a stale account context decides as a fresh one, and the verdict tells its age") {
  class Stale : public ContextProvider {
   public:
    std::string_view name() const override { return "accounts"; }
    KeyKind key_kind() const override { return KeyKind::kAccountId; }
    void lookup(LookupCall& call) override {
      std::string_view json = R"({"accountTags":{"env":"prod"}})";
      if (stale) {
        call.set_stale_json(0, json, std::chrono::seconds(90));
      } else {
        call.set_json(0, json);
      }
    }
    bool stale = true;
  };
  auto provider = std::make_shared<Stale>();
  Evaluator evaluator(compile({{kFilter, filter("DeleteKey", kProdOnly)}}, provider));
  const Evaluation& evaluation = evaluator.evaluate(cloudtrail("DeleteKey"));
  CHECK(evaluation.decision(0) == Decision::kDropped);
  CHECK(has(evaluation.json(0), R"("context":{"status":"stale","ageSeconds":90})"));
  provider->stale = false;
  evaluator.evaluate(cloudtrail("DeleteKey"));
  CHECK(has(evaluation.json(0), R"("context":{"status":"fresh"})"));
}

TEST_CASE("providers are named once, by what policies can write") {
  auto provider = std::make_shared<ScriptedProvider>(ScriptedProvider::Answer::kJson);
  Compiler compiler;
  CHECK(compiler.add_provider("cmdb", provider).ok());
  CHECK(compiler.add_provider("cmdb", provider).code() == StatusCode::kInvalidArgument);
  CHECK(compiler.add_provider("", provider).code() == StatusCode::kInvalidArgument);
  CHECK(compiler.add_provider("a.b", provider).code() == StatusCode::kInvalidArgument);
  CHECK(compiler.add_provider("none", nullptr).code() == StatusCode::kInvalidArgument);
  CHECK(compiler.add_provider("accounts", provider).ok());
  CHECK(compiler.add_policy(kFilter, filter("DeleteKey", kProdOnly)).ok());
  Evaluator evaluator(*compiler.compile());
  CHECK(evaluator.evaluate(cloudtrail("DeleteKey")).decision(0) == Decision::kDropped);
}

}  // namespace

TEST_CASE("without policies every finding is relevant") {
  Evaluator evaluator{PolicySet()};
  const Evaluation& records = evaluator.evaluate(cloudtrail("DisableKey"));
  REQUIRE(records.size() == 1);
  CHECK(records.decision(0) == Decision::kRelevant);
  CHECK(has(records.json(0), R"("verdict":{"decision":"relevant","policies":[])"));
}

TEST_CASE("a filter drops what it names, says so, and is counted") {
  Evaluator evaluator(compile({{kFilter, filter("DisableKey", "}")}}));
  CHECK(evaluator.evaluate(cloudtrail("DisableKey")).decision(0) == Decision::kDropped);
  CHECK(has(evaluator.evaluate(cloudtrail("DisableKey")).json(0), R"("effect":"drop")"));
  CHECK(evaluator.evaluate(cloudtrail("EnableKey")).decision(0) == Decision::kRelevant);
  CHECK(evaluator.evaluate("{").decision(0) == Decision::kInvalid);
  const Counters& counters = evaluator.counters();
  CHECK(counters.in == 4);
  CHECK(counters.dropped == 2);
  CHECK(counters.relevant == 1);
  CHECK(counters.invalid == 1);
  CHECK(evaluator.hits(0) == 2);
}

TEST_CASE("what nobody knows about an account never drops a finding") {
  using Answer = ScriptedProvider::Answer;
  struct Case {
    Answer answer;
    Decision decision;
    std::string_view in_record;
  };
  const Case cases[] = {
      {Answer::kJson, Decision::kDropped, R"("context":{"status":"fresh"})"},
      {Answer::kAbsent, Decision::kRelevant, "knows no such account"},
      {Answer::kFail, Decision::kRelevant, "the database is down"},
      {Answer::kNothing, Decision::kRelevant, "no answer"},
      {Answer::kGarbage, Decision::kRelevant, "no JSON object"},
      {Answer::kThrow, Decision::kRelevant, "boom"},
  };
  for (const Case& c : cases) {
    auto provider = std::make_shared<ScriptedProvider>(c.answer);
    std::string policy = filter("DisableKey", kProdOnly);
    Evaluator evaluator(compile({{kFilter, policy}}, provider));
    const Evaluation& records = evaluator.evaluate(cloudtrail("DisableKey"));
    CAPTURE(std::string(records.json(0)));
    CHECK(records.decision(0) == c.decision);
    CHECK(has(records.json(0), c.in_record));
    bool undetermined = has(records.json(0), R"("effect":"undetermined")");
    CHECK(undetermined == (c.decision == Decision::kRelevant));
  }
}

TEST_CASE(
    "an account that is known and not in scope is no reason to drop, and nothing is undetermined") {
  auto provider = std::make_shared<ScriptedProvider>(ScriptedProvider::Answer::kJson,
                                                     R"({"accountTags":{"env":"dev"}})");
  Evaluator evaluator(compile({{kFilter, filter("DisableKey", kProdOnly)}}, provider));
  const Evaluation& records = evaluator.evaluate(cloudtrail("DisableKey"));
  CHECK(records.decision(0) == Decision::kRelevant);
  CHECK(records.hit_count(0) == 0);
}

TEST_CASE("the account id is known even where the account is not") {
  std::string scope =
      R"(,"policyScope":{"accountScope":{"exclude":"*","forceInclude":{"accountId":"111111111111"}}}})";
  Evaluator evaluator(compile({{kFilter, filter("DisableKey", scope)}}));
  CHECK(evaluator.evaluate(cloudtrail("DisableKey")).decision(0) == Decision::kDropped);
  const Evaluation& other = evaluator.evaluate(cloudtrail("DisableKey", "222222222222"));
  CHECK(other.decision(0) == Decision::kRelevant);
  CHECK(other.hit_count(0) == 0);
}

TEST_CASE("a pattern on the account context proves nothing while the context is missing") {
  std::string policy =
      R"({"filtering":{"findingPattern":{"accountContext":{"accountTags":{"env":[{"exists":false}]}}}}})";
  Evaluator evaluator(compile({{kFilter, policy}}));
  const Evaluation& records = evaluator.evaluate(cloudtrail("DisableKey"));
  CHECK(records.decision(0) == Decision::kRelevant);
  CHECK(has(records.json(0), R"("effect":"undetermined")"));
}

TEST_CASE("a provider is asked once for each account of an event") {
  auto provider = std::make_shared<ScriptedProvider>(ScriptedProvider::Answer::kJson);
  Evaluator evaluator(compile({{kFilter, filter("DisableKey", kProdOnly)}}, provider));
  std::string list =
      join({"[", cloudtrail("A"), ",", cloudtrail("B"), ",", cloudtrail("C", "222222222222"), "]"});
  CHECK(evaluator.evaluate(list).size() == 3);
  CHECK(provider->asked == std::map<std::string, int>{{"111111111111", 1}, {"222222222222", 1}});
}

TEST_CASE("regions: defaults, exclusions, and a finding without one") {
  std::string scope =
      R"(,"policyScope":{"regionScope":{"exclude":"eu-west-1","forceInclude":"us-east-1"}}})";
  Evaluator evaluator(
      compile({{kFilter, filter("X", scope)}}, nullptr, {"eu-central-1", "eu-west-1"}));
  auto decision = [&](std::string_view region) {
    return evaluator.evaluate(cloudtrail("X", "111111111111", region)).decision(0);
  };
  CHECK(decision("eu-central-1") == Decision::kDropped);
  CHECK(decision("us-east-1") == Decision::kDropped);
  CHECK(decision("eu-west-1") == Decision::kRelevant);
  CHECK(decision("ap-south-1") == Decision::kRelevant);
  const Evaluation& none = evaluator.evaluate(
      R"({"detail-type":"AWS API Call via CloudTrail","detail":{"eventName":"X","eventSource":"y"}})");
  CHECK(none.decision(0) == Decision::kRelevant);
  CHECK(has(none.json(0), "undetermined"));
}

TEST_CASE("the life of an acceptance is judged by the injected clock") {
  std::string policy = filter(
      "X",
      R"(},"lifecycle":{"validFrom":"2026-01-01","expiresAt":"2026-02-01","reason":"r","ticket":"T-1"})");
  EvaluatorOptions options;
  std::int64_t now = 0;
  options.clock = [&now] { return now; };
  Evaluator evaluator(compile({{kFilter, policy}}), options);
  auto at = [&](std::int64_t time) {
    now = time;
    return std::string(evaluator.evaluate(cloudtrail("X")).json(0));
  };
  constexpr std::int64_t kJanuary = 1767225600;  // 2026-01-01T00:00:00Z
  constexpr std::int64_t kFebruary = kJanuary + 31 * 86400;
  CHECK(has(at(kJanuary - 1), "not_yet_valid"));
  CHECK(has(at(kJanuary - 1), R"("decision":"relevant")"));
  CHECK(has(at(kJanuary), R"("decision":"dropped")"));
  CHECK(has(at(kJanuary), R"("reason":"r","ticket":"T-1")"));
  CHECK(has(at(kFebruary - 1), R"("decision":"dropped")"));
  CHECK(has(at(kFebruary), R"("effect":"expired")"));
  CHECK(has(at(kFebruary), R"("decision":"relevant")"));
}

TEST_CASE("an acceptance that observes drops nothing and says what it would") {
  Evaluator evaluator(compile({{kFilter, filter("X", R"(},"lifecycle":{"mode":"observe"})")}}));
  const Evaluation& records = evaluator.evaluate(cloudtrail("X"));
  CHECK(records.decision(0) == Decision::kRelevant);
  CHECK(records.hit(0, 0).effect == Effect::kWouldDrop);
}

TEST_CASE("event rules decide about raw CloudTrail only") {
  std::string rule =
      R"({"metaData":{"title":"Key disabled"},"configure":{"eventRuleSettings":{"eventName":"r","eventPattern":)"
      R"({"detail":{"eventName":["DisableKey"]}}}},"eventEnrichment":{"customerSeverity":"high","customerWorkFlow":"WF1"}})";
  Evaluator evaluator(compile({{"10_configure/event_rules/r", rule}}));
  std::string record =
      R"({"eventVersion":"1.08","eventID":"e","eventSource":"kms.amazonaws.com","eventType":"AwsApiCall","eventName":"DisableKey"})";
  std::string json(evaluator.evaluate(record).json(0));
  CHECK(has(json, R"("effect":"detect")"));
  CHECK(has(json, R"("title":"Key disabled")"));
  CHECK(has(json, R"("label":"HIGH")"));
  CHECK(has(json, R"("customerWorkFlow":"WF1")"));
  record.replace(record.find("DisableKey"), 10, "EnableKeyX");
  CHECK(evaluator.evaluate(record).decision(0) == Decision::kNoFinding);
  CHECK(evaluator.evaluate(cloudtrail("EnableKey")).decision(0) == Decision::kRelevant);
}

TEST_CASE("raw is there for those who name it, also where the event came without an envelope") {
  std::string finding =
      R"({"SchemaVersion":"2018-10-08","Id":"f","ProductArn":"arn:aws:securityhub:eu-west-1::product/aws/x",)"
      R"("GeneratorId":"g","AwsAccountId":"111111111111","Title":"T","Types":["a"]})";
  auto provider = [] {
    return std::make_shared<ScriptedProvider>(ScriptedProvider::Answer::kJson);
  };
  auto extension = [](std::string_view pattern, std::string_view who) {
    return join({R"({"extension":{"findingPattern":)", pattern,
                 R"(,"extensionBlock":{"sqsFanOut":[{"sqsName":"q","who":")", who, R"("}]}}})"});
  };
  constexpr std::string_view kAny = R"({"normalized":{"accountId":["111111111111"]}})";
  for (const char* raw :
       {"${raw.detail.Title} ${raw.source}", "${finding.raw.detail.Title} ${raw.source}"}) {
    Evaluator evaluator(compile({{"30_extension/a", extension(kAny, raw)}}, provider()));
    CHECK(has(evaluator.evaluate(finding).json(0), R"("who":"T aws.securityhub")"));
  }
  constexpr std::string_view kRaw =
      R"({"$or":[{"raw":{"detail":{"Title":["T"]}}},{"normalized":{"id":["x"]}}]})";
  Evaluator by_pattern(
      compile({{"30_extension/a", extension(kRaw, "${normalized.title}")}}, provider()));
  CHECK(has(by_pattern.evaluate(finding).json(0), R"("who":"T")"));
  Evaluator without(
      compile({{"30_extension/a", extension(kAny, "${normalized.title}")}}, provider()));
  std::string list = join({"[", finding, ",", finding, "]"});
  const Evaluation& both = without.evaluate(list);
  REQUIRE(both.size() == 2);
  CHECK(has(both.json(0), R"("who":"T")"));
  CHECK(has(both.json(1), R"("who":"T")"));
}

TEST_CASE("each normalized field is there for the template or pattern that alone asks for it") {
  constexpr std::string_view kFinding =
      R"({"SchemaVersion":"2018-10-08","Id":"f","ProductArn":"arn:aws:securityhub:eu-west-1::product/aws/x",)"
      R"("GeneratorId":"security-control/IAM.6","AwsAccountId":"111111111111","Region":"eu-west-1","Title":"T\u0041\"",)"
      R"("UpdatedAt":"2026-01-31T10:00:00+02:00","Severity":{"Label":"HIGH"},"Sample":true,"RecordState":"ACTIVE",)"
      R"("Resources":[{"Type":"AwsIamUser","Id":"arn:aws:iam::111111111111:user/u","Details":{"AwsIamUser":{"UserName":"u"}}}],)"
      R"("Action":{"AwsApiCallAction":{"RemoteIpDetails":{"IpAddressV4":"1.2.3.4"}}},"Workflow":{"Status":"NEW"},)"
      R"("Compliance":{"Status":"FAILED","SecurityControlId":"IAM.6","AssociatedStandards":[{"StandardsId":"standards/cis"}]}})";
  auto provider = std::make_shared<ScriptedProvider>(
      ScriptedProvider::Answer::kJson,
      R"({"accountId":"111111111111","accountName":"n","accountTags":{"env":"prod"},"ouId":"ou-1"})");
  auto extension = [](std::string_view pattern, std::string_view value) {
    return join({R"({"extension":{"findingPattern":)", pattern,
                 R"(,"extensionBlock":{"note":{"value":")", value, R"("}}}})"});
  };
  auto value_of = [&](const std::string& policy) {
    Evaluator evaluator(compile({{"30_extension/a", policy}}, provider));
    std::string record(evaluator.evaluate(kFinding).json(0));
    std::size_t begin = record.find(R"("extensions":{"note":{"value":)");
    if (begin == std::string::npos) return std::string("no extension");
    begin = record.find("value", begin) + 7;
    return record.substr(begin, record.find("}},\"verdict\"") - begin);
  };
  constexpr std::string_view kAll = R"({"Id":["f"]})";
  std::string all = value_of(extension(kAll, "${normalized}"));
  Evaluator plain(compile({}, provider));
  CHECK(all == plain.evaluate(kFinding).normalized(0));

  struct {
    std::string_view path;
    std::string_view json;
  } fields[] = {
      {"id", R"("arn:aws:securityhub:eu-west-1::product/aws/x/f")"},
      {"rawHash", ""},
      {"time", R"("2026-01-31T08:00:00Z")"},
      {"accountId", R"("111111111111")"},
      {"accountName", R"("n")"},
      {"accountTags.env", R"("prod")"},
      {"ouId", R"("ou-1")"},
      {"region", R"("eu-west-1")"},
      {"sourceService", R"("AwsSecurityHub")"},
      {"findingName", R"("IAM.6")"},
      {"title", R"("T\u0041\"")"},
      {"severity.label", R"("HIGH")"},
      {"SEVERITY.score", "70"},
      {"resources[0].type", R"("AwsIamUser")"},
      {"principal.userName", R"("u")"},
      {"sourceIp", R"("1.2.3.4")"},
      {"compliance.standards[0]", R"("standards/cis")"},
      {"controls[0]", R"("IAM.6")"},
      {"workflow", R"("NEW")"},
      {"recordState", R"("ACTIVE")"},
      {"sample", "true"},
  };
  for (const auto& [path, json] : fields) {
    CAPTURE(path);
    std::string value = value_of(extension(kAll, join({"${normalized.", path, "}"})));
    if (!json.empty()) CHECK(value == json);
    CHECK(has(all, value));
    // The same by a pattern: alone, and where somebody asks for `raw`, which is another way.
    std::string pattern = R"([{"exists":true}])";
    std::string keys(path);
    while (keys.find('[') != std::string::npos) keys.erase(keys.find('['), 3);
    for (std::size_t dot; (dot = keys.rfind('.')) != std::string::npos; keys.resize(dot)) {
      pattern = join({"{\"", keys.substr(dot + 1), "\":", pattern, "}"});
    }
    pattern = join({R"({"normalized":{")", keys, "\":", pattern, "}}"});
    CHECK(value_of(extension(pattern, "yes")) == R"("yes")");
    CHECK(value_of(extension(pattern, "yes ${raw.source}")) == R"("yes aws.securityhub")");
    CHECK(value_of(extension(join({R"({"$or":[)", pattern, R"(,{"raw":{"x":["y"]}}]})"}), "yes")) ==
          R"("yes")");
  }
  CHECK(value_of(extension(R"({"normalized":{"customerWorkFlow":[{"exists":false}]}})", "yes")) ==
        R"("yes")");
}

TEST_CASE("a Config finding has title and severity from the policy that asks for its rule") {
  std::string rule =
      R"({"metaData":{"title":"Tags"},"configure":{"configRuleSettings":{"configRuleName":"tags","configRuleDescription":"d",)"
      R"("complianceResourceTypes":["AWS::EC2::Volume"],"sourceOwner":"AWS","sourceIdentifier":"REQUIRED_TAGS",)"
      R"("sourceDetails":[{"messageType":"ConfigurationItemChangeNotification"}]}},"eventEnrichment":{"customerSeverity":"Low"}})";
  Evaluator evaluator(compile({{"10_configure/config_rules/tags", rule}}));
  std::string json(evaluator.evaluate(kConfigEvent).json(0));
  CAPTURE(json);
  CHECK(has(json, R"("effect":"detect")"));
  CHECK(has(json, R"("label":"LOW")"));
}

TEST_CASE("extensions of several policies under one identifier become one list") {
  auto extension = [](std::string_view queue) {
    return join({R"({"extension":{"findingPattern":{"detail":{"eventName":"X"}},)",
                 R"("extensionBlock":{"sqsFanOut":[{"sqsName":")", queue,
                 R"(","who":"${normalized.accountId}","gone":"${normalized.nothing}"}]}}})"});
  };
  Evaluator evaluator(
      compile({{"30_extension/a", extension("one")}, {"30_extension/b", extension("two")}}));
  std::string json(evaluator.evaluate(cloudtrail("X")).json(0));
  CAPTURE(json);
  CHECK(has(
      json,
      R"("extensions":{"sqsFanOut":[{"sqsName":"one","who":"111111111111"},{"sqsName":"two","who":"111111111111"}]})"));
  CHECK(has(json, "unanswered_reference"));
}

TEST_CASE(
    "a slot hands new policies to evaluators that run; what does not compile changes nothing") {
  PolicySlot slot(compile({{kFilter, filter("X", "}")}}));
  Evaluator evaluator(slot);
  std::string first(slot.get().fingerprint());
  CHECK(evaluator.evaluate(cloudtrail("X")).decision(0) == Decision::kDropped);
  CHECK(has(evaluator.evaluate(cloudtrail("X")).json(0), first));

  Compiler broken;
  CHECK(!broken.add_policy(kFilter, filter("X", "},\"oops")).ok());
  CHECK(!broken.compile().ok());
  CHECK(evaluator.evaluate(cloudtrail("X")).decision(0) == Decision::kDropped);

  slot.replace(compile({{kFilter, filter("Y", "}")}}));
  std::string second(slot.get().fingerprint());
  CHECK(second != first);
  const Evaluation& records = evaluator.evaluate(cloudtrail("X"));
  CHECK(records.decision(0) == Decision::kRelevant);
  CHECK(has(records.json(0), second));
}

TEST_CASE("two policies with one id do not compile") {
  Compiler compiler;
  CHECK(compiler.add_policy(kFilter, filter("X", "}")).ok());
  CHECK(compiler.add_policy(kFilter, filter("Y", "}")).ok());
  CHECK(!compiler.compile().ok());
  REQUIRE(compiler.diagnostics().size() == 1);
  CHECK(compiler.diagnostics()[0].code == "duplicate_policy");
}

TEST_CASE("the order in which policies are added makes no difference") {
  std::vector<std::pair<std::string, std::string>> policies;
  for (int i = 0; i < 40; ++i) {
    std::string id = std::string(kFilter) + std::to_string(i);
    policies.emplace_back(id, filter(i % 3 == 0 ? "DisableKey" : "EnableKey", "}"));
  }
  auto set_of = [&] {
    Compiler compiler;
    for (const auto& [id, text] : policies) REQUIRE(compiler.add_policy(id, text).ok());
    Result<PolicySet> set = compiler.compile();
    REQUIRE(set.ok());
    return *set;
  };
  PolicySet forward = set_of();
  std::reverse(policies.begin(), policies.end());
  PolicySet backward = set_of();
  CHECK(forward.fingerprint() == backward.fingerprint());
  Evaluator a(forward);
  Evaluator b(backward);
  for (std::string_view name : {"DisableKey", "EnableKey", "Other"}) {
    CHECK(a.evaluate(cloudtrail(name)).json(0) == b.evaluate(cloudtrail(name)).json(0));
  }
  CHECK(has(a.evaluate(cloudtrail("DisableKey")).json(0), "cloudtrail_api_calls/f0\""));
  CHECK(!has(a.evaluate(cloudtrail("DisableKey")).json(0), "cloudtrail_api_calls/f1\""));
}

TEST_CASE("a scope is read anew once the limits are others") {
  std::string text = filter("X", "}");
  text.insert(text.find("\"findingPattern"),
              R"("policyScope":{"accountScope":{"exclude":{"a":{"b":{"c":["d"]}}}}},)");
  Compiler compiler;
  CHECK(compiler.add_policy(kFilter, text).ok());
  Limits limits;
  limits.branch_fields = 1;
  limits.pattern_depth = 4;
  REQUIRE(compiler.set_limits(limits).ok());
  CHECK(!compiler.add_policy(join({kFilter, "2"}), text).ok());
}
