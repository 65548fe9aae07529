// What the vectors cannot say: scopes of unknown accounts, places and words of messages, limits and
// hostile input, and the building blocks.
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "json/document.h"
#include "oracle/naive.h"
#include "pattern/address.h"
#include "pattern/decimal.h"
#include "pattern/parse.h"
#include "pattern/regex.h"
#include "pattern/scope.h"

namespace semper::pattern {
namespace {

json::Document read(const std::string& text) {
  json::ParseOptions options;
  options.max_bytes = std::size_t{4} << 20;
  options.max_depth = 512;
  json::Document document;
  json::ParseError error;
  REQUIRE_MESSAGE(json::Document::parse(text, options, document, error), error.message);
  return document;
}

struct Parsed {
  bool good = false;
  Pattern pattern;
  Issue error;
  std::vector<Issue> warnings;
};

Parsed parse_text(const std::string& text, Dialect dialect = Dialect::kSemper) {
  json::Document document = read(text);
  Parsed parsed;
  parsed.good = parse(document.root(), dialect, {}, parsed.pattern, parsed.error, parsed.warnings);
  return parsed;
}

PolicyScope scope_of(const std::string& text) {
  json::Document document = read(text);
  PolicyScope scope;
  Issue error;
  std::vector<Issue> warnings;
  REQUIRE_MESSAGE(parse_scope(document.root(), {}, scope, error, warnings), error.message);
  return scope;
}

Truth unknown_account(const std::string& scope, std::string_view account_id) {
  return oracle::naive_account_in_scope(scope_of(scope), nullptr, account_id);
}

TEST_CASE("an account nobody knows is in or out of a scope only where its id alone decides") {
  constexpr std::string_view kId = "111111111111";
  CHECK(unknown_account("{}", kId) == Truth::kTrue);
  CHECK(unknown_account(R"({"accountScope":"*"})", kId) == Truth::kTrue);
  CHECK(unknown_account(R"({"accountScope":{}})", kId) == Truth::kTrue);
  CHECK(unknown_account(R"({"accountScope":{"exclude":"*"}})", kId) == Truth::kFalse);

  const std::string by_tag = R"({"accountScope":{"exclude":{"accountTags":{"env":"dev"}}}})";
  CHECK(unknown_account(by_tag, kId) == Truth::kUnknown);
  const std::string no_tag = R"({"accountScope":{"exclude":{"ouName":[{"exists":false}]}}})";
  CHECK(unknown_account(no_tag, kId) == Truth::kUnknown);

  const std::string by_id = R"({"accountScope":{"exclude":"*","forceInclude":{"ACCOUNTID":[")";
  CHECK(unknown_account(by_id + R"(111111111111"]}}})", kId) == Truth::kTrue);
  CHECK(unknown_account(by_id + R"(222222222222"]}}})", kId) == Truth::kFalse);
  CHECK(unknown_account(by_id + R"(111111111111"]}}})", "") == Truth::kUnknown);

  SUBCASE("AND and OR with what is unknown") {
    const std::string other_and_tag =
        R"({"accountScope":{"exclude":{"accountId":"222222222222","ouName":"x"}}})";
    CHECK(unknown_account(other_and_tag, kId) == Truth::kTrue);
    const std::string this_and_tag =
        R"({"accountScope":{"exclude":{"accountId":"111111111111","ouName":"x"}}})";
    CHECK(unknown_account(this_and_tag, kId) == Truth::kUnknown);
    const std::string this_or_tag =
        R"({"accountScope":{"exclude":{"$or":[{"accountId":"111111111111"},{"ouName":"x"}]}}})";
    CHECK(unknown_account(this_or_tag, kId) == Truth::kFalse);
    const std::string unknown_but_included =
        R"({"accountScope":{"exclude":{"ouName":"x"},"forceInclude":{"accountId":"111111111111"}}})";
    CHECK(unknown_account(unknown_but_included, kId) == Truth::kTrue);
    const std::string list = R"({"accountScope":[{"exclude":{"ouName":"x"}},{"exclude":"*"}]})";
    CHECK(unknown_account(list, kId) == Truth::kUnknown);
    const std::string list_with_all = R"({"accountScope":[{"exclude":{"ouName":"x"}},{}]})";
    CHECK(unknown_account(list_with_all, kId) == Truth::kTrue);
  }
}

TEST_CASE("the finding tells the account id where the context does not") {
  PolicyScope scope =
      scope_of(R"({"accountScope":{"exclude":"*","forceInclude":{"accountId":"111111111111"}}})");
  json::Document without = read(R"({"ouName":"x"})");
  CHECK(oracle::naive_account_in_scope(scope, &without.root(), "111111111111") == Truth::kTrue);
  CHECK(oracle::naive_account_in_scope(scope, &without.root(), "222222222222") == Truth::kFalse);
  CHECK(oracle::naive_account_in_scope(scope, &without.root(), "") == Truth::kFalse);
  json::Document with = read(R"({"AccountId":"111111111111"})");
  CHECK(oracle::naive_account_in_scope(scope, &with.root(), "") == Truth::kTrue);
}

TEST_CASE("an error points at its place and says how to mend it") {
  auto error = [](const std::string& text, const std::string& at, Dialect dialect) {
    Parsed parsed = parse_text(text, dialect);
    CHECK_FALSE(parsed.good);
    CHECK(parsed.error.offset == text.find(at));
    return parsed.error.message;
  };
  auto mentions = [](const std::string& message, const std::string& part) {
    CAPTURE(message);
    CHECK(message.find(part) != std::string::npos);
  };
  mentions(error(R"({"a":[{"prefx":"x"}]})", "\"prefx", Dialect::kSemper), "\"prefix\"");
  mentions(error(R"({"a":[{"Prefix":"x"}]})", "\"Prefix", Dialect::kEventBridge), "\"prefix\"");
  mentions(error(R"({"a":[{"contains":"x"}]})", "\"contains", Dialect::kEventBridge), "semper");
  mentions(error(R"({"a":"x"})", "\"x\"", Dialect::kEventBridge), "list");
  mentions(error(R"({"a":{"prefix":"x"}})", "\"prefix", Dialect::kSemper), R"([{"prefix": …}])");
  mentions(error(R"({"a":["x",{"prefix":5}]})", "5", Dialect::kSemper), "a string");
  mentions(error(R"({"a":[{"numeric":[">",5,"<",5]}]})", "[\">", Dialect::kSemper), "\"=\"");
  mentions(error("{\"a\":[{\"regex-match\":\"a(?=b)\"}]}", "\"a(", Dialect::kSemper),
           "look-around");
  mentions(error(R"({"a":[{"wildcard":"a**"}]})", "\"a**", Dialect::kSemper), "at 2");
  mentions(error(R"({"a":[1],"A":[2]})", "\"A\"", Dialect::kSemper), "\"A\" occurs twice");
}

TEST_CASE("a slip in a scope's key is told with the key that was meant") {
  json::Document document = read(R"({"accountScope":{"forceIncldue":{"a":"x"}}})");
  PolicyScope scope;
  Issue error;
  std::vector<Issue> warnings;
  CHECK_FALSE(parse_scope(document.root(), {}, scope, error, warnings));
  CHECK(error.message.find("\"forceInclude\"") != std::string::npos);
  CHECK(document.pointer_at(error.offset) == "/accountScope/forceIncldue");
}

TEST_CASE("a pattern inside a larger document has limits of its own") {
  auto nested = [](int depth) {
    std::string open;
    for (int i = 1; i < depth; ++i) open += "{\"a\":";
    return open + "[1]" + std::string(static_cast<std::size_t>(depth - 1), '}');
  };
  CHECK(parse_text(nested(128)).good);
  Parsed deep = parse_text(nested(129));
  CHECK(deep.error.code == "pattern_too_deep");
  CHECK(deep.error.offset == nested(129).find("[1]"));

  Parsed large = parse_text("{\"a\":[\"" + std::string(1048576, 'x') + "\"]}");
  CHECK(large.error.code == "pattern_too_large");
  CHECK(large.error.message == "pattern has 1048586 bytes, the limit is 1048576");
}

TEST_CASE("issues of texts that are no documents") {
  auto code = [](const std::string& text) {
    json::Document document;
    json::ParseError error;
    CHECK_FALSE(json::Document::parse(text, {}, document, error));
    Issue issue = issue_of(error);
    CHECK_FALSE(issue.message.empty());
    return issue.code;
  };
  CHECK(code("{") == "json_syntax");
  CHECK(code("\"\xff\"") == "invalid_utf8");
  CHECK(code("\"\\ud800\"") == "invalid_unicode");
  CHECK(code(std::string(129, '[')) == "pattern_too_deep");
  CHECK(code(std::string(1048577, ' ')) == "pattern_too_large");
}

std::string repeat(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += (i > 0 ? "," : "") + text;
  return out;
}

TEST_CASE("hostile patterns cost neither time nor memory out of proportion") {
  auto begin = std::chrono::steady_clock::now();

  // A long key above a thousand branches of many fields: the key is kept once.
  std::string fields;
  for (int i = 0; i < 200; ++i) fields += "\"f" + std::to_string(i) + "\":[1],";
  std::string product;
  for (int i = 0; i < 3; ++i) {
    product += R"("g)" + std::to_string(i) + R"(":{"$or":[)" + repeat(R"({"a":[1]})", 10) + "]}" +
               (i < 2 ? "," : "");
  }
  Parsed wide = parse_text("{\"" + std::string(500000, 'k') + "\":{" + fields + product + "}}");
  REQUIRE(wide.good);
  Expansion expansion = expand(wide.pattern);
  CHECK(expansion.branches.size() == 1000);
  CHECK(expansion.branches[999].size() == 203);
  CHECK(expansion.path(expansion.branches[0][0].path)[0].size() == 500000);

  // Two to the sixtieth branches are refused at the eleventh doubling.
  std::string doublings;
  for (int i = 0; i < 60; ++i) {
    doublings +=
        (i > 0 ? ",\"k" : "\"k") + std::to_string(i) + R"(":{"$or":[{"a":[1]},{"b":[1]}]})";
  }
  CHECK(parse_text("{" + doublings + "}").error.code == "too_many_branches");

  // The same key a hundred thousand times in a thousand branches.
  Parsed repeated =
      parse_text("{" + product + "," + repeat(R"("a":[1])", 100000) + "}", Dialect::kEventBridge);
  REQUIRE(repeated.good);
  CHECK(expand(repeated.pattern).branches.size() == 1000);
  CHECK(repeated.warnings.size() == 99999);

  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(30));
}

TEST_CASE("regular expressions have a budget together") {
  auto expressions = [](int count, const std::string& rest) {
    std::string items;
    for (int i = 0; i < count; ++i) {
      items += (i > 0 ? "," : "") + (R"({"regex-match":")" + std::to_string(i)) + rest + "\"}";
    }
    return "{\"a\":[" + items + "]}";
  };
  CHECK(parse_text(expressions(1000, "-[0-9a-f]{8}$")).good);
  CHECK(parse_text(expressions(50, "a{999}")).good);
  CHECK(parse_text(expressions(1000, "a{999}")).error.code == "regex_too_complex");
  CHECK(parse_text(expressions(1000, R"(\\pL{20})")).error.code == "regex_too_complex");

  // Those of other patterns in the same memory count for the sum only.
  auto memory = std::make_shared<TreeMemory>();
  json::Document document = read(expressions(90, "a{999}"));
  std::size_t sound = 0;
  for (int i = 0; i < 200; ++i) {
    Parsed parsed;
    if (parse(document.root(), Dialect::kSemper, {}, parsed.pattern, parsed.error, parsed.warnings,
              memory)) {
      ++sound;
    } else {
      CHECK(parsed.error.code == "regex_too_complex");
    }
  }
  CHECK(sound > 50);
  CHECK(sound < 200);
}

TEST_CASE("decimals compare by value whatever their size") {
  auto decimal = [](std::string_view text) { return *Decimal::parse(text); };
  CHECK(decimal("1e1000000") > decimal("9e999999"));
  CHECK(decimal("-1e1000000") < decimal("-9e999999"));
  CHECK(decimal("1e-1000000") > decimal("0"));
  CHECK(decimal("-0.0e5") == decimal("0"));
  CHECK(decimal("120e-1") == decimal("12"));
  CHECK(decimal("0.0012") == decimal("12e-4"));
  CHECK(decimal("1.2") < decimal("1.21"));
  CHECK(decimal("-1.2") > decimal("-1.21"));
  CHECK(decimal("1E+0002") == decimal("100"));
  CHECK(decimal("-1") < decimal("0"));
  CHECK_FALSE(Decimal::parse("1e1000001"));
  CHECK_FALSE(Decimal::parse("1e-99999999999999999999"));
  CHECK_FALSE(Decimal::parse(std::string(1025, '1')));
}

TEST_CASE("addresses and ranges") {
  CHECK(parse_address("::ffff:10.0.0.1") == parse_address("10.0.0.1"));
  CHECK_FALSE(parse_address("10.0.0.1/32"));
  CHECK_FALSE(parse_address(std::string(100000, ':')));
  CHECK_FALSE(parse_address(""));
  CHECK_FALSE(parse_address(":"));
  CHECK(parse_address("::")->is_address());
  AddressError error = AddressError::kNone;
  CHECK_FALSE(parse_address_or_range("10.0.0.0/033", &error));
  CHECK(error == AddressError::kMask);
  CHECK_FALSE(parse_address_or_range("host/8", &error));
  CHECK(error == AddressError::kSyntax);
  CHECK(parse_address_or_range("::ffff:10.0.0.0/104", &error) ==
        parse_address_or_range("10.255.255.255/8"));
  CHECK(error == AddressError::kNone);
}

TEST_CASE("a look at the beginning never takes an address for something else") {
  for (const char* text :
       {"10.0.0.1", "255.255.255.255/32", "1.2.3.4", "::", "::1", "::ffff:1.2.3.4", "abcd::/16",
        "ABCD:ef01::", "1:2:3:4:5:6:7:8", "fe80::1/10"}) {
    CAPTURE(text);
    REQUIRE(parse_address_or_range(text));
    CHECK(may_be_address(text));
  }
  for (const char* text : {"", "ec2.amazonaws.com", "arn:aws:s3:::b", "2024-05-01T10:13:27Z"}) {
    CAPTURE(text);
    CHECK_FALSE(may_be_address(text));
  }
}

TEST_CASE("host bits go, whatever the length of the range") {
  for (const char* pair : {"255.255.255.255/0 0.0.0.0/0", "255.255.255.255/9 255.128.0.0/9",
                           "255.255.255.255/24 255.255.255.0/24", "ffff:ffff::/17 ffff:8000::/17",
                           "ffff:ffff::/128 ffff:ffff::/128"}) {
    std::string_view both = pair;
    std::size_t space = both.find(' ');
    CHECK(parse_address_or_range(both.substr(0, space)) ==
          parse_address_or_range(both.substr(space + 1)));
  }
}

TEST_CASE("regular expressions take linear time") {
  Regex regex;
  std::string message;
  REQUIRE(Regex::compile("(a*)*b|(a|aa)+$", {}, regex, message) == Regex::Status::kOk);
  auto begin = std::chrono::steady_clock::now();
  CHECK(regex.matches(std::string(1000000, 'a')));
  CHECK_FALSE(regex.matches(std::string(1000000, 'a') + "c"));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
}

TEST_CASE("an array of many elements costs no more than its length") {
  std::string elements = repeat(R"({"x":1,"y":0})", 20000);
  json::Document event = read("{\"l\":[" + elements + "],\"m\":[" + elements + "]}");
  Parsed parsed = parse_text(R"({"l":{"x":[1]},"m":{"x":[1],"z":[{"exists":true}]}})");
  REQUIRE(parsed.good);
  auto begin = std::chrono::steady_clock::now();
  CHECK_FALSE(oracle::naive_matches(parsed.pattern, Arrays::kAny, event.root()));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
}

}  // namespace
}  // namespace semper::pattern
