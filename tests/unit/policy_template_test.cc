#include <doctest/doctest.h>

#include "json/document.h"
#include "json/event.h"
#include "policy/template.h"
#include "policy_case.h"

namespace semper::policy {
namespace {

constexpr std::string_view kProcessed = R"({
  "finding": {"sourceService": "AwsCloudTrail", "raw": {
    "detail-type": "AWS API Call via CloudTrail",
    "resources": ["arn:1","arn:2"],
    "detail": {"requestParameters": {"keyId": "k-1", "days": 7, "big": 123456789012345678901234567890},
               "responseElements": null, "readOnly": false, "quote": "say \"hi\" \u00e9 \ud83d\ude00",
               "list": [{"id": "a"}, {"id": null}, {"other": 1}, {"id": "b"}], "empty": [], "text": "",
               "odd.key": {"[x]": "odd"}}}},
  "accountContext": {"accountTags": {"account_owner": "me@example.com", "Cost Center": "42", "a:b": "colon"}},
  "normalized": {"severity": {"label":"HIGH","score":70}},
  "context": {"cmdb": {"service": "billing"}}
})";

struct Rendered {
  bool present = false;
  std::string json;
  std::vector<std::string> unanswered;
};

TemplateValue parse(std::string_view text, bool is_bare_path = false) {
  json::Document document;
  json::ParseError parse_error;
  REQUIRE(json::Document::parse(std::string(text), {}, document, parse_error));
  const json::Value* root = &document.root();
  TemplateValue value;
  pattern::Issue error;
  bool ok = parse_template(*root, {&root, is_bare_path ? 1u : 0u}, value, error);
  CAPTURE(text);
  CAPTURE(error.message);
  REQUIRE(ok);
  return value;
}

Rendered render(std::string_view text, bool is_bare_path = false) {
  TemplateValue value = parse(text, is_bare_path);
  json::EventDocument processed;
  REQUIRE(processed.parse(kProcessed));
  Rendered rendered;
  std::vector<json::EventMember> parts;
  for (json::EventValue::Member member : processed.root().members()) {
    parts.push_back({member.key(), member.value()});
  }
  for (json::EventValue::Member member : processed.root().find("finding").members()) {
    if (member.key().text() == "raw") parts.push_back({member.key(), member.value()});
  }
  std::vector<std::string_view> unanswered;
  rendered.present = render(value, {{}, parts}, rendered.json, unanswered);
  rendered.unanswered.assign(unanswered.begin(), unanswered.end());
  return rendered;
}

std::string error_of(std::string_view text, bool is_bare_path = false) {
  json::Document document;
  json::ParseError parse_error;
  REQUIRE(json::Document::parse(std::string(text), {}, document, parse_error));
  const json::Value* root = &document.root();
  TemplateValue value;
  pattern::Issue error;
  if (parse_template(*root, {&root, is_bare_path ? 1u : 0u}, value, error)) return {};
  CHECK(error.code == "bad_reference");
  return error.message;
}

TEST_CASE("references: a value with its type, or inside text") {
  struct {
    std::string_view text;
    std::string_view json;
  } cases[] = {
      {R"("plain")", R"("plain")"},
      {R"({"b": [1, 2.50, true, null, {}], "a": "x"})", R"({"b":[1,2.50,true,null,{}],"a":"x"})"},
      {R"("${normalized.severity.score}")", "70"},
      {R"("${raw.detail.requestParameters.big}")", "123456789012345678901234567890"},
      {R"("${raw.detail.readOnly}")", "false"},
      {R"("${raw.detail.text}")", R"("")"},
      {R"("${raw.resources}")", R"(["arn:1","arn:2"])"},
      {R"("${normalized.severity}")", R"({"label":"HIGH","score":70})"},
      {R"("score ${normalized.severity.score}/100")", R"("score 70/100")"},
      {R"("${raw.detail.readOnly}!")", R"("false!")"},
      {R"("<${raw.detail.quote}>")", R"("<say \"hi\" \u00e9 \ud83d\ude00>")"},
      {R"("${normalized.severity.label}: ${context.cmdb.service}")", R"("HIGH: billing")"},
      // raw is finding.raw
      {R"("${finding.raw.detail.requestParameters.keyId}")", R"("k-1")"},
      {R"("${raw.detail.requestParameters.keyId}")", R"("k-1")"},
      // keys in any case, and keys that are no plain names
      {R"("${RAW.Detail.RequestParameters.KEYID}")", R"("k-1")"},
      {R"("${raw.detail-type}")", R"("AWS API Call via CloudTrail")"},
      {R"("${accountContext.accountTags.a:b}")", R"("colon")"},
      {R"("${accountContext.accountTags[\"Cost Center\"]}")", R"("42")"},
      {R"("${raw.detail[\"odd.key\"][\"[x]\"]}")", R"("odd")"},
      // lists
      {R"("${raw.resources[1]}")", R"("arn:2")"},
      {R"("${raw.detail.list[*].id}")", R"(["a","b"])"},
      {R"("ids: ${raw.detail.list[*].id}")", R"("ids: a, b")"},
      // defaults; null and nothing count alike, the empty string is a value
      {R"("${raw.detail.missing:-none}")", R"("none")"},
      {R"("${raw.detail.responseElements:-none}")", R"("none")"},
      {R"("${raw.detail.text:-none}")", R"("")"},
      {R"("<${raw.resources[9].x:-}>")", R"("<>")"},
      {R"("${normalized.severity.label:-none}")", R"("HIGH")"},
      // what is no reference
      {R"("$${normalized.x} costs $5 {a}")", R"("${normalized.x} costs $5 {a}")"},
      {R"("$$${a}")", R"("$${a}")"},
      {R"("raw.detail.requestParameters.keyId")", R"("raw.detail.requestParameters.keyId")"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    Rendered rendered = render(c.text);
    CHECK(rendered.present);
    CHECK(rendered.json == c.json);
    CHECK(rendered.unanswered.empty());
  }
}

TEST_CASE("what the finding cannot answer is left out and listed") {
  using Lines = std::vector<std::string>;
  Rendered whole = render(R"("${normalized.owner}")");
  CHECK_FALSE(whole.present);
  CHECK(whole.json.empty());
  CHECK(whole.unanswered == Lines{"normalized.owner"});

  Rendered block = render(R"({"a": "to ${context.x.y} and ${normalized.severity.label}",
      "b": ["${raw.detail.responseElements}", "${normalized.severity.label}", {"c": "${raw.resources[2]}"}],
      "d": 1, "e": "${raw.detail.empty[*].id}", "f": "${raw.detail.text[0]}"})");
  CHECK(block.present);
  CHECK(block.json == R"({"b":["HIGH",{}],"d":1})");
  CHECK(block.unanswered == Lines{"context.x.y", "raw.detail.responseElements", "raw.resources[2]",
                                  "raw.detail.empty[*].id", "raw.detail.text[0]"});
}

TEST_CASE("a bare path counts where it may stand, if it begins at a known root") {
  CHECK(render(R"("raw.detail.requestParameters.keyId")", true).json == R"("k-1")");
  CHECK(render(R"("raw.resources[0]")", true).json == R"("arn:1")");
  CHECK(render(R"("arn:aws:s3:::raw.detail")", true).json == R"("arn:aws:s3:::raw.detail")");
  CHECK(render(R"("raw")", true).json == R"("raw")");
  CHECK(render(R"("${normalized.severity.label}")", true).json == R"("HIGH")");
  CHECK(render(R"("raw.missing")", true).unanswered == std::vector<std::string>{"raw.missing"});
  CHECK_FALSE(error_of(R"("raw..detail")", true).empty());

  Loaded loaded = load(kExtension, R"({"extension": {"findingPattern": {"a": "b"}, "extensionBlock":
      {"sendToSecurityHub": {"findingTitle": "raw.id", "findingResource": {"id": "raw.detail.keyId"}}}}})");
  REQUIRE(loaded.ok);
  const TemplateValue& block = loaded.policy.extensions[0].value;
  REQUIRE(block.has_references);
  CHECK(block.members[0].value.literal == R"("raw.id")");
  CHECK(block.members[1].value.members[0].value.parts[0].reference.has_value());
}

TEST_CASE("references that are refused, and why") {
  struct {
    std::string_view text;
    std::string_view why;
  } cases[] = {
      {R"("${normalised.x}")", "did you mean \"normalized\"?"},
      {R"("${}")", "begin with normalized"},
      {R"("${AWS::Region}")", "begin with normalized"},
      {R"("${normalized.}")", "a key is missing"},
      {R"("${normalized..x}")", "a key is missing"},
      {R"("${normalized.x")", "it ends too early"},
      {R"("${normalized.x:-y")", "it ends too early"},
      {R"("${normalized.x:-${normalized.y}}")", "without references"},
      {R"("${normalized.a b}")", "unexpected \" \""},
      {R"("${normalized.a$b}")", "unexpected \"$\""},
      {R"("${normalized.x[}")", "wants an index"},
      {R"("${normalized.x[-1]}")", "wants an index"},
      {R"("${normalized.x[99999999999]}")", "wants an index"},
      {R"("${normalized.x[1}")", "\"]\" is missing"},
      {R"("${normalized.x[\"a]}")", "a quote is not closed"},
      {R"({"a": ["fine", {"b": "${x.y}"}]})", "begin with normalized"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    std::string error = error_of(c.text);
    CAPTURE(error);
    CHECK(error.find(c.why) != std::string::npos);
  }
  Loaded loaded = load(kExtension,
                       "{\"extension\": {\"findingPattern\": {\"a\": \"b\"},\n"
                       "  \"extensionBlock\": {\"x\": {\"y\": \"${nowhere.x}\"}}}}");
  REQUIRE(loaded.diagnostics.size() == 1);
  CHECK(loaded.diagnostics[0].line == 2);
  CHECK(loaded.diagnostics[0].column == 33);
  CHECK(loaded.diagnostics[0].pointer == "/extension/extensionBlock/x/y");
}

TEST_CASE("parse_reference") {
  Reference reference;
  std::string error;
  REQUIRE(parse_reference("Raw.a[2][*]:-b", reference, error));
  CHECK(reference.text == "Raw.a[2][*]");
  REQUIRE(reference.path.size() == 4);
  CHECK(reference.path[0].key == "raw");
  CHECK(reference.path[1].key == "a");
  CHECK(reference.path[2].index == 2);
  CHECK(reference.path[3].kind == Step::Kind::kAll);
  CHECK(reference.fallback == "b");
  CHECK_FALSE(parse_reference("raw.a}", reference, error));
  CHECK_FALSE(error.empty());
}

}  // namespace
}  // namespace semper::policy
