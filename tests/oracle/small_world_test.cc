// All tiny patterns on all tiny events: what random tests meet rarely is met here for certain.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "oracle/judge.h"

using namespace semper;
using namespace semper::oracle;

namespace {

using Texts = std::vector<std::string>;

#if defined(__SANITIZE_ADDRESS__)
constexpr std::size_t kEveryOfEvents = 8;
#else
constexpr std::size_t kEveryOfEvents = 1;
#endif

const Texts kItems = {R"(["x"])", R"([{"exists":false}])", R"([{"exists":true}])",
                      R"([{"anything-but":"x"}])", R"([{"exists":false},"x"])"};

/// `text` with the parts in the places of the digits 1, 2, 3.
std::string with(std::string_view text, const Texts& parts) {
  std::string out;
  for (char c : text) {
    if (c >= '1' && c <= '3') {
      out += parts[static_cast<std::size_t>(c - '1')];
    } else {
      out += c;
    }
  }
  return out;
}

Texts patterns() {
  const Texts of_one = {R"({"a":1})", R"({"o":1})", R"({"o":{"a":1}})", R"({"o":{"o":{"a":1}}})"};
  const Texts of_two = {R"({"a":1,"b":2})",
                        R"({"o":{"a":1,"b":2}})",
                        R"({"a":1,"o":{"b":2}})",
                        R"({"o":1,"a":2})",
                        R"({"o":{"a":1,"o":{"b":2}}})",
                        R"({"$or":[{"a":1},{"b":2}]})",
                        R"({"o":{"$or":[{"a":1},{"b":2}]}})",
                        R"({"$or":[{"o":{"a":1}},{"o":{"b":2}}]})",
                        R"({"a":1,"$or":[{"a":2},{"b":["x"]}]})",
                        R"({"o":{"a":1,"$or":[{"a":2},{"b":["x"]}]}})",
                        R"({"$or":[{"o":1},{"o":{"a":2}}]})",
                        R"({"$or":[{"o":1,"a":["x"]},{"o":{"a":2,"b":["y"]}}]})"};
  Texts all;
  for (const std::string& first : kItems) {
    for (const std::string& text : of_one) all.push_back(with(text, {first}));
    for (const std::string& second : kItems) {
      for (const std::string& text : of_two) all.push_back(with(text, {first, second}));
    }
  }
  return all;
}

Texts events() {
  const Texts values = {R"("x")",       R"("y")",        "[]", "{}", R"(["x","y"])",
                        R"({"c":"x"})", R"([["x"],"y"])"};
  Texts objects = {"{}"};
  for (const std::string& first : values) {
    for (const char* text :
         {R"({"a":1})", R"({"b":1})", R"({"A":"x","a":1})", R"({"a":1,"a":"y"})"}) {
      objects.push_back(with(text, {first}));
    }
    for (const std::string& second : values)
      objects.push_back(with(R"({"a":1,"b":2})", {first, second}));
  }
  Texts all = objects;
  for (const std::string& object : objects) {
    all.push_back(with(R"({"o":1})", {object}));
    all.push_back(with(R"({"o":{"o":1}})", {object}));
  }
  const Texts elements = {
      "{}", R"({"a":"x"})", R"({"a":"y"})", R"({"b":"x"})", R"({"a":"x","b":"y"})", R"("x")", "[]"};
  const Texts of_elements = {R"({"o":[1,2]})",
                             R"({"o":[[1],2]})",
                             R"({"o":[[1,2]]})",
                             R"({"o":1,"o":2})",
                             R"({"o":1,"O":[2]})",
                             R"({"a":"x","o":[1,2]})",
                             R"({"o":{"a":"x","o":[1,2]}})",
                             R"({"o":[{"a":"x","o":[1]},2]})",
                             R"({"o":[{"o":1},{"o":[2]}]})",
                             R"({"o":[{"a":["x"],"o":[1,2]},{"a":"y","o":{"b":"x"}}]})"};
  for (const std::string& first : elements) {
    for (const std::string& second : elements) {
      for (const std::string& text : of_elements) all.push_back(with(text, {first, second}));
      for (const std::string& third : elements) {
        all.push_back(with(R"({"o":[1,2,3]})", {first, second, third}));
      }
    }
  }
  all.push_back(R"({"o.a":"x","o":{"b":"y"}})");
  all.push_back(R"({"o.a":["x"],"o.b":{"c":true}})");
  all.push_back(R"({"o.o":[{"a":"x"},{"b":"x"}],"o":{"a":"y"}})");
  return all;
}

}  // namespace

TEST_CASE("all tiny patterns on all tiny events") {
  std::vector<Subject> subjects;
  for (const std::string& text : patterns()) {
    subjects.push_back({text, pattern::Dialect::kSemper, pattern::Arrays::kAny});
    subjects.push_back({text, pattern::Dialect::kSemper, pattern::Arrays::kAll});
    subjects.push_back({text, pattern::Dialect::kEventBridge, pattern::Arrays::kAny});
  }
  Texts all = events();
  Texts some;
  for (std::size_t i = 0; i < all.size(); i += kEveryOfEvents) some.push_back(all[i]);
  Tally tally;
  CHECK(judge(subjects, some, tally) == "");
  CHECK(tally.refused == 0);
  CHECK(tally.pairs >= 800'000 / kEveryOfEvents);
  MESSAGE(tally.pairs, " pairs, ", 100 * tally.matches / tally.pairs, " % match");
}
