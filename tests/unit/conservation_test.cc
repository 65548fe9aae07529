/// Nothing is lost: whatever goes in comes out exactly once, with every value as it came.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <sstream>
#include <string>

#include "semper/semper.hpp"
#include "unit/source_dir.h"
#include "unit/strict_json.h"

namespace {

constexpr int kRounds = 1000;

using strict_json::Node;
using Kind = Node::Kind;

const std::string kSource = semper::source_dir();

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Random {
  std::mt19937_64 engine;
  explicit Random(std::uint64_t seed) : engine(seed) {}
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(engine() % limit); }
  bool chance(std::size_t percent) { return below(100) < percent; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }
};

// ---- what goes in

std::vector<std::string> example_events() {
  std::vector<std::string> events;
  for (const auto& entry : std::filesystem::directory_iterator(kSource + "/examples/events")) {
    if (entry.path().extension() == ".json") events.push_back(contents(entry.path()));
  }
  std::sort(events.begin(), events.end());  // directories have no order; the seeds need one
  return events;
}

/// Real events, which lie beside the repository where it is developed; a part of each file.
std::vector<std::string> shared_events() {
  std::vector<std::string> events;
  std::error_code error;
  for (std::filesystem::directory_iterator it(kSource + "/../shared/data", error), end;
       !error && it != end; ++it) {
    if (it->path().extension() != ".jsonl") continue;
    std::ifstream file(it->path());
    std::string line;
    for (int i = 0; std::getline(file, line); ++i) {
      if (i % 37 == 0 && line.size() < 20'000) events.push_back(line);
    }
  }
  std::sort(events.begin(), events.end());
  return events;
}

void quote(std::string& out, const std::string& text) {
  out += '"';
  for (char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      constexpr char kHex[] = "0123456789abcdef";
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  out += '"';
}

void print(const Node& node, Random& random, std::string& out) {
  auto space = [&] {
    if (random.chance(10)) out += random.pick<std::string>({" ", "\n", "\t", "\r\n", "  \n "});
  };
  space();
  bool first = true;
  auto comma = [&] {
    if (!first) out += ',';
    first = false;
    space();
  };
  switch (node.kind) {
    case Kind::kLiteral:
    case Kind::kNumber:
      out += node.text;
      break;
    case Kind::kString:
      quote(out, node.text);
      break;
    case Kind::kArray:
      out += '[';
      for (const Node& element : node.elements) {
        comma();
        print(element, random, out);
      }
      out += ']';
      break;
    case Kind::kObject:
      out += '{';
      for (const auto& [key, value] : node.members) {
        comma();
        quote(out, key);
        space();
        out += ':';
        print(value, random, out);
      }
      out += '}';
      break;
  }
  space();
}

Node leaf(Kind kind, std::string text) {
  Node node;
  node.kind = kind;
  node.text = std::move(text);
  return node;
}

std::string digits(Random& random, std::size_t count) {
  std::string text(1, static_cast<char>('1' + random.below(9)));
  while (text.size() < count) text += static_cast<char>('0' + random.below(10));
  return text;
}

Node odd_value(Random& random) {
  switch (random.below(12)) {
    case 0:
      return leaf(Kind::kNumber, digits(random, 20 + random.below(400)));
    case 1:
      return leaf(Kind::kNumber, "-" + digits(random, 25) + "." + digits(random, 30) + "E+" +
                                     digits(random, 1 + random.below(7)));
    case 2:
      return leaf(Kind::kNumber, random.pick<std::string>({"-0", "0.10", "1e400", "1E-2",
                                                           "18446744073709551616", "5e0"}));
    case 3:
      return leaf(Kind::kLiteral, random.pick<std::string>({"true", "false", "null"}));
    case 4:
      return leaf(Kind::kString, "");
    case 5:
      return leaf(Kind::kString,
                  random.pick<std::string>({"\n\"\\/", "測試-🔒", std::string(1, '\0'), "{\"a\":1}",
                                            "\u2028 </script>", "null"}));
    case 6:
      return leaf(Kind::kString, std::string(random.below(3000), 'x'));
    case 7:
      return leaf(Kind::kArray, "");
    case 8:
      return leaf(Kind::kObject, "");
    case 9: {
      Node list = leaf(Kind::kArray, "");
      for (std::size_t i = random.below(4) + 1; i > 0; --i) {
        list.elements.push_back(leaf(Kind::kNumber, digits(random, 1 + random.below(30))));
      }
      return list;
    }
    case 10: {
      Node object = leaf(Kind::kObject, "");
      object.members.emplace_back("k", leaf(Kind::kNumber, digits(random, 22)));
      object.members.emplace_back("k", leaf(Kind::kString, "again"));
      object.members.emplace_back("", leaf(Kind::kLiteral, "null"));
      return object;
    }
    default: {
      Node deep = leaf(Kind::kNumber, "1");
      for (std::size_t i = random.below(300); i > 0; --i) {
        Node around = leaf(i % 2 == 0 ? Kind::kArray : Kind::kObject, "");
        if (i % 2 == 0) {
          around.elements.push_back(std::move(deep));
        } else {
          around.members.emplace_back("d", std::move(deep));
        }
        deep = std::move(around);
      }
      return deep;
    }
  }
}

std::vector<Node*> containers(Node& node) {
  std::vector<Node*> found;
  if (node.kind != Kind::kArray && node.kind != Kind::kObject) return found;
  found.push_back(&node);
  auto add = [&](Node& child) {
    std::vector<Node*> below = containers(child);
    found.insert(found.end(), below.begin(), below.end());
  };
  for (Node& element : node.elements) add(element);
  for (auto& member : node.members) add(member.second);
  return found;
}

/// One change at a random place; the root and its members are chosen more often, because there lie
/// the fields that the library knows.
void mutate(Node& root, Random& random) {
  std::vector<Node*> places = containers(root);
  if (places.empty()) return;
  Node& place = random.chance(30) ? *places.front() : *random.pick(places);
  if (place.kind == Kind::kArray) {
    auto& list = place.elements;
    std::size_t at = list.empty() ? 0 : random.below(list.size());
    auto where = list.begin() + static_cast<std::ptrdiff_t>(at);
    switch (list.empty() ? 0 : random.below(3)) {
      case 0:
        list.insert(where, odd_value(random));
        return;
      case 1:
        list.push_back(Node(list[at]));
        return;
      default:
        list.erase(where);
        return;
    }
  }
  auto& members = place.members;
  if (members.empty()) {
    members.emplace_back("new", odd_value(random));
    return;
  }
  std::size_t at = random.below(members.size());
  switch (random.below(6)) {
    case 0:
    case 1:
      members[at].second = odd_value(random);
      return;
    case 2:
      members.emplace_back(members[at].first, odd_value(random));
      return;
    case 3:
      members.emplace_back(members[at].first, Node(members[at].second));
      return;
    case 4:
      for (char& c : members[at].first) {
        if (c >= 'a' && c <= 'z' && random.chance(50)) c = static_cast<char>(c - 32);
      }
      return;
    default:
      members.erase(members.begin() + static_cast<std::ptrdiff_t>(at));
      return;
  }
}

void mutate_bytes(std::string& text, Random& random) {
  for (std::size_t i = random.below(4) + 1; i > 0 && !text.empty(); --i) {
    std::size_t at = random.below(text.size());
    switch (random.below(6)) {
      case 0:
        text[at] = static_cast<char>(random.below(256));
        break;
      case 1:
        text.resize(at);
        break;
      case 2:
        text.erase(at, random.below(20));
        break;
      case 3:
        text.insert(at, random.pick<std::string>({"\"", "{", "}", "[", "]", ",", ":", "\\", "\0",
                                                  "\xED\xA0\x80", "\xC0\xAF", "\\ud800", "1e9"}));
        break;
      case 4:
        text.insert(at, text.substr(at, random.below(60)));
        break;
      default:
        text.insert(at, std::string(random.below(2) == 0 ? 1500 : 40, '['));
    }
  }
}

// ---- what must come out

/// How often which value stands under which key, at whatever place. Elements of lists have no key,
/// nor has `detail`, because a list of findings is dissolved and each becomes a `detail`; a list in
/// such a list that holds none is no value.
using Values = std::map<std::string, long>;

void count(const Node& node, const std::string& key, long step, Values& values) {
  static const char* const kNames[] = {"", "number ", "string ", "empty list", "empty object"};
  bool empty_inner_list = key.empty() && node.kind == Kind::kArray;
  if (node.elements.empty() && node.members.empty() && !empty_inner_list) {
    values[key + " = " + kNames[static_cast<int>(node.kind)] + node.text] += step;
  }
  for (const Node& element : node.elements) count(element, "", step, values);
  for (const auto& [name, value] : node.members) {
    count(value, name == "detail" ? "" : name, step, values);
  }
}

/// The values of `input` that the raw parts hold less often; empty: nothing is lost.
std::string lost(const Node& input, const std::vector<Node>& raws) {
  Values values;
  count(input, "", -1, values);
  for (const Node& raw : raws) count(raw, "", 1, values);
  for (const auto& [value, balance] : values) {
    if (balance < 0) return value.substr(0, 300);
  }
  return {};
}

struct Fixture {
  semper::PolicySet policies;
  Fixture() {
    semper::Compiler compiler;
    REQUIRE(compiler.add_repository(kSource + "/examples/policies").ok());
    auto accounts = semper::open_account_file(kSource + "/examples/accounts.json");
    REQUIRE(accounts.ok());
    compiler.set_account_provider(*accounts);
    auto compiled = compiler.compile();
    REQUIRE(compiled.ok());
    policies = *compiled;
  }
};

std::uint64_t sum(const semper::Counters& counters) {
  return counters.relevant + counters.dropped + counters.no_finding + counters.invalid;
}

std::string decode_base64(const std::string& text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  for (char c : text) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<std::uint32_t>(kAlphabet.find(c));
    have += 6;
    if (have >= 8) {
      have -= 8;
      out += static_cast<char>(bits >> have & 0xFF);
    }
  }
  return out;
}

/// The raw parts of the records of one event, after all that holds for every event is checked.
std::vector<Node> checked_raws(semper::Evaluator& evaluator, const std::string& event) {
  semper::Counters before = evaluator.counters();
  const semper::Evaluation& records = evaluator.evaluate(event);
  const semper::Counters& after = evaluator.counters();
  CHECK(after.in - before.in == records.size());
  CHECK(after.in == sum(after));

  strict_json::Reader reader(event);
  bool valid = reader.read().has_value();
  std::vector<Node> raws;
  for (std::size_t i = 0; i < records.size(); ++i) {
    std::string json(records.json(i));
    CHECK(json.find('\n') == std::string::npos);
    auto record = strict_json::read(json);
    REQUIRE_MESSAGE(record.has_value(), json);
    CHECK(record->find("verdict")->find("decision")->text ==
          semper::to_string(records.decision(i)));
    const Node& finding = *record->find("finding");
    bool invalid = records.decision(i) == semper::Decision::kInvalid;
    CHECK(invalid == !(valid && reader.depth() <= 1024));
    if (invalid) {
      CHECK(records.size() == 1);
      const Node* text = finding.find("raw");
      CHECK((text ? text->text : decode_base64(finding.find("rawBase64")->text)) == event);
    } else {
      REQUIRE(finding.find("raw") != nullptr);
      raws.push_back(*finding.find("raw"));
    }
  }
  return raws;
}

/// The text that a notification or queue message carries, when it is JSON. A lone surrogate in it
/// cannot be text; as everywhere in events, U+FFFD stands for it.
std::optional<Node> message(const Node& node) {
  for (const auto& [key, value] : node.members) {
    std::string name = key;
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (name != "message" && name != "body") continue;
    if (value.kind == Kind::kObject) return value;
    if (value.kind != Kind::kString) continue;
    std::string text = value.text;
    for (std::size_t i = 0; i + 2 < text.size(); ++i) {
      bool surrogate = text[i] == '\xED' && static_cast<unsigned char>(text[i + 1]) >= 0xA0;
      if (surrogate) text.replace(i, 3, "\xEF\xBF\xBD");
    }
    return strict_json::read(text);
  }
  return std::nullopt;
}

void check_nothing_lost(semper::Evaluator& evaluator, const std::string& event) {
  std::vector<Node> raws = checked_raws(evaluator, event);
  auto input = strict_json::read(event);
  if (!input || raws.empty()) return;
  std::string missing = lost(*input, raws);
  // What carries a message is no part of the finding in it.
  if (auto inner = message(*input); inner && !missing.empty()) missing = lost(*inner, raws);
  CHECK_MESSAGE(missing.empty(), "lost: ", missing, "\nof: ", event);
}

Node event_node(const std::string& file) {
  return *strict_json::read(contents(kSource + "/examples/events/" + file));
}

}  // namespace

TEST_CASE("an event of one finding comes out as it went in") {
  Fixture fixture;
  semper::Evaluator evaluator(fixture.policies);
  for (const char* file : {"slide-cloudtrail.json", "cloudtrail-api-call.json", "big-integer.json",
                           "cloudtrail-console-sign-in.json", "cloudtrail-service-event.json",
                           "guardduty-event.json", "config-compliance-change.json",
                           "securityhub-insight-results.json", "unknown-source.json"}) {
    CAPTURE(file);
    std::vector<Node> raws =
        checked_raws(evaluator, contents(kSource + "/examples/events/" + file));
    REQUIRE(raws.size() == 1);
    CHECK(raws[0] == event_node(file));
  }
}

TEST_CASE("each finding of an event comes out once, in its order") {
  Fixture fixture;
  semper::Evaluator evaluator(fixture.policies);
  Random random(1);
  struct Shape {
    const char* file;
    std::vector<std::string> path;  // to the list of findings
  };
  const Shape kShapes[] = {{"cloudtrail-records.json", {"Records"}},
                           {"guardduty-get-findings.json", {"Findings"}},
                           {"securityhub-imported.json", {"detail", "findings"}}};
  for (const Shape& shape : kShapes) {
    for (std::size_t size : {1u, 2u, 7u, 50u}) {
      CAPTURE(shape.file);
      CAPTURE(size);
      Node root = event_node(shape.file);
      Node* list = &root;
      for (const std::string& key : shape.path) list = const_cast<Node*>(list->find(key));
      std::vector<Node> given = list->elements;
      list->elements.clear();
      for (std::size_t i = 0; i < size; ++i) {
        Node finding = random.pick(given);
        finding.members.emplace_back("marker", leaf(Kind::kNumber, digits(random, 60)));
        finding.members.emplace_back("marker", leaf(Kind::kNumber, digits(random, 60)));
        list->elements.push_back(std::move(finding));
      }
      std::string text;
      print(root, random, text);
      std::vector<Node> raws = checked_raws(evaluator, text);
      REQUIRE(raws.size() == size);
      for (std::size_t i = 0; i < size; ++i) {
        REQUIRE(raws[i].find("detail") != nullptr);
        CHECK(*raws[i].find("detail") == list->elements[i]);
      }
    }
  }
}

TEST_CASE("no value of a changed event is lost") {
  Fixture fixture;
  semper::Evaluator evaluator(fixture.policies);
  std::vector<std::string> events = example_events();
  std::vector<std::string> real = shared_events();
  if (real.empty()) MESSAGE("without the real events, which are not here");
  events.insert(events.end(), real.begin(), real.end());
  Random random(2);
  for (int round = 0; round < kRounds; ++round) {
    CAPTURE(round);
    Node root = *strict_json::read(random.pick(events));
    for (std::size_t i = random.below(5); i > 0; --i) mutate(root, random);
    std::string text;
    print(root, random, text);
    check_nothing_lost(evaluator, text);
  }
  CHECK(evaluator.counters().invalid == 0);
}

TEST_CASE("no byte of a broken event is lost") {
  Fixture fixture;
  semper::Evaluator evaluator(fixture.policies);
  std::vector<std::string> events = example_events();
  Random random(3);
  for (int round = 0; round < kRounds; ++round) {
    CAPTURE(round);
    std::string text = random.pick(events);
    mutate_bytes(text, random);
    check_nothing_lost(evaluator, text);
  }
  CHECK(evaluator.counters().invalid > 0);
  CHECK(evaluator.counters().relevant > 0);
}

TEST_CASE("extremes are one record") {
  Fixture fixture;
  semper::Evaluator evaluator(fixture.policies);
  std::string deep = std::string(10'000, '[') + std::string(10'000, ']');
  std::string number = R"({"detail-type":"AWS API Call via CloudTrail","detail":{"n":)" +
                       std::string(200'000, '9') + "}}";
  std::string twice = R"({"a":1,"a":2,"A":3})";
  for (const std::string& event :
       {std::string(), std::string(" \n"), std::string("\0", 1), std::string("\xFF\xFE"), deep,
        std::string("5"), std::string("\"text\""), std::string("null"), std::string("{}"), number,
        twice, std::string("{\"a\":\"\\ud800\"}"), std::string("\xEF\xBB\xBF{}")}) {
    CAPTURE(event.substr(0, 40));
    std::uint64_t before = evaluator.counters().in;
    check_nothing_lost(evaluator, event);
    CHECK(evaluator.counters().in == before + 1);
  }
}
