// All tiny patterns on all tiny events: what random tests meet rarely is met here for certain.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "oracle/judge.h"

using namespace semper;
using namespace semper::oracle;

namespace {

using Texts = std::vector<std::string>;

const Texts kItems = {R"(["x"])", R"([{"exists":false}])", R"([{"exists":true}])",
                      R"([{"anything-but":"x"}])", R"([{"exists":false},"x"])"};

/// {"a": items}, {"a": items, "b": items}, and both below a key that leads to objects or lists.
Texts patterns() {
  Texts inner;
  for (const std::string& a : kItems) {
    inner.push_back("{\"a\":" + a + "}");
    for (const std::string& b : kItems) inner.push_back("{\"a\":" + a + ",\"b\":" + b + "}");
  }
  Texts all = inner;
  for (const std::string& object : inner) all.push_back("{\"o\":" + object + "}");
  for (const std::string& a : kItems) {
    for (const std::string& b : kItems) {
      all.push_back("{\"$or\":[{\"a\":" + a + "},{\"b\":" + b + "}]}");
      all.push_back("{\"o\":{\"$or\":[{\"a\":" + a + "},{\"b\":" + b + "}]}}");
      all.push_back("{\"a\":" + a + ",\"o\":{\"b\":" + b + "}}");
    }
  }
  return all;
}

Texts events() {
  const Texts values = {R"("x")",       R"("y")",        "[]", "{}", R"(["x","y"])",
                        R"({"c":"x"})", R"([["x"],"y"])"};
  Texts objects = {"{}"};
  for (const std::string& a : values) {
    objects.push_back("{\"a\":" + a + "}");
    objects.push_back("{\"b\":" + a + "}");
    objects.push_back("{\"A\":\"x\",\"a\":" + a + "}");
    for (const std::string& b : values) objects.push_back("{\"a\":" + a + ",\"b\":" + b + "}");
  }
  Texts all = objects;
  const Texts small = {
      "{}", R"({"a":"x"})", R"({"a":"y"})", R"({"b":"x"})", R"({"a":"x","b":"y"})", R"("x")", "[]"};
  for (const std::string& object : objects) all.push_back("{\"o\":" + object + "}");
  for (const std::string& first : small) {
    for (const std::string& second : small) {
      all.push_back("{\"o\":[" + first + "," + second + "]}");
      all.push_back("{\"o\":[[" + first + "]," + second + "]}");
      all.push_back("{\"o\":" + first + ",\"o\":" + second + "}");
      all.push_back("{\"a\":\"x\",\"o\":[" + first + "," + second + "]}");
    }
  }
  all.push_back(R"({"o.a":"x","o":{"b":"y"}})");
  all.push_back(R"({"o.a":["x"],"o.b":{"c":1}})");
  return all;
}

void run(pattern::Dialect dialect, pattern::Arrays arrays) {
  Tally tally;
  judge(patterns(), events(), dialect, arrays, tally);
  MESSAGE(tally.pairs, " pairs, ", tally.matches, " match");
  CHECK(tally.pairs > 30000);
}

}  // namespace

TEST_CASE("small world: semper, any") {
  run(pattern::Dialect::kSemper, pattern::Arrays::kAny);
}
TEST_CASE("small world: semper, all") {
  run(pattern::Dialect::kSemper, pattern::Arrays::kAll);
}
TEST_CASE("small world: eventbridge") {
  run(pattern::Dialect::kEventBridge, pattern::Arrays::kAny);
}
