// Runs the vectors of the pattern and scope language (docs/pattern-language.md, section 14).
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "conformance/engine.h"
#include "json/document.h"
#include "json/event.h"
#include "oracle/judge.h"
#include "pattern/parse.h"
#include "unit/source_dir.h"

namespace semper::conformance {
namespace {

std::string decode_base64(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  unsigned value = 0;
  for (char c : text.substr(0, text.find('='))) {
    value = (value << 6) | static_cast<unsigned>(kAlphabet.find(c));
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>((value >> bits) & 0xff);
    }
  }
  return out;
}

/// One line of a vector file.
class Vector {
 public:
  Vector(std::string_view line, const json::Value& root) : line_(line), root_(root) {}

  std::string text(std::string_view key) const {
    const json::Value* value = root_.find(key);
    return value != nullptr ? std::string(value->text) : std::string();
  }
  bool flag(std::string_view key) const {
    const json::Value* value = root_.find(key);
    REQUIRE_MESSAGE((value != nullptr && value->is_bool()), "no ", key, " in ", line_);
    return value->boolean;
  }
  std::vector<std::string> strings(std::string_view key) const {
    std::vector<std::string> out;
    const json::Value* value = root_.find(key);
    REQUIRE(value != nullptr);
    for (const json::Value& element : value->elements()) out.emplace_back(element.text);
    return out;
  }
  /// The bytes of a pattern, event or scope.
  std::string json(const std::string& key) const {
    if (const json::Value* value = root_.find(key)) {
      return std::string(line_.substr(value->begin, value->end - value->begin));
    }
    if (const json::Value* value = root_.find(key + "_text")) return std::string(value->text);
    const json::Value* value = root_.find(key + "_b64");
    REQUIRE_MESSAGE(value != nullptr, "no ", key, " in ", line_);
    return decode_base64(value->text);
  }

 private:
  std::string_view line_;
  const json::Value& root_;
};

/// The code of the error, or "" where the text is good.
template <typename Parse>
std::string error_of(const std::string& text, Parse parse, std::vector<std::string>* warned) {
  json::Document document;
  json::ParseError parse_error;
  if (!json::Document::parse(text, {}, document, parse_error)) {
    return pattern::issue_of(parse_error).code;
  }
  pattern::Issue error;
  std::vector<pattern::Issue> warnings;
  bool good = parse(document.root(), error, warnings);
  if (warned != nullptr) {
    for (const pattern::Issue& warning : warnings) warned->push_back(warning.code);
  }
  if (good) return "";
  CHECK_FALSE(error.code.empty());
  CHECK_FALSE(error.message.empty());
  CHECK(error.offset <= text.size());
  return error.code;
}

std::string compile_pattern(const std::string& text, pattern::Dialect dialect,
                            pattern::Pattern& out, std::vector<std::string>* warned = nullptr) {
  return error_of(
      text,
      [&](const json::Value& root, pattern::Issue& error, std::vector<pattern::Issue>& warnings) {
        return pattern::parse(root, dialect, {}, out, error, warnings);
      },
      warned);
}

std::string compile_scope(const std::string& text, pattern::PolicyScope& out,
                          std::vector<std::string>* warned = nullptr) {
  return error_of(
      text,
      [&](const json::Value& root, pattern::Issue& error, std::vector<pattern::Issue>& warnings) {
        return pattern::parse_scope(root, {}, out, error, warnings);
      },
      warned);
}

std::string compile_list_scope(const std::string& text, pattern::ListScope& out,
                               std::vector<std::string>* warned = nullptr) {
  return error_of(
      text,
      [&](const json::Value& root, pattern::Issue& error, std::vector<pattern::Issue>& warnings) {
        return pattern::parse_list_scope(root, out, error, warnings);
      },
      warned);
}

std::vector<pattern::Dialect> dialects(const std::string& name) {
  if (name == "both") return {pattern::Dialect::kEventBridge, pattern::Dialect::kSemper};
  if (name == "eventbridge") return {pattern::Dialect::kEventBridge};
  REQUIRE(name == "semper");
  return {pattern::Dialect::kSemper};
}

class Runner {
 public:
  Runner() : engines_(all_engines()) {}

  /// False: the kind is unknown.
  bool run(const Vector& vector) {
    std::string kind = vector.text("kind");
    if (kind == "match" || kind == "invalid" || kind == "event-error") {
      for (pattern::Dialect dialect : dialects(vector.text("dialect"))) {
        CAPTURE(static_cast<int>(dialect));
        if (kind == "match") match(vector, dialect);
        if (kind == "invalid") invalid(vector, dialect);
        if (kind == "event-error") event_error(vector, dialect);
      }
    } else if (kind == "scope") {
      scope(vector);
    } else if (kind == "scope-invalid") {
      pattern::PolicyScope out;
      CHECK(compile_scope(vector.json("scope"), out) == vector.text("error"));
    } else if (kind == "effective-list") {
      effective_list(vector);
    } else if (kind == "effective-list-invalid") {
      pattern::ListScope out;
      CHECK(compile_list_scope(vector.json("scope"), out) == vector.text("error"));
    } else {
      return false;
    }
    return true;
  }

 private:
  void match(const Vector& vector, pattern::Dialect dialect) {
    pattern::Pattern compiled;
    std::vector<std::string> warned;
    std::string error = compile_pattern(vector.json("pattern"), dialect, compiled, &warned);
    CHECK(error == "");
    check_warning(vector, warned);
    std::string arrays = vector.text("arrays");
    REQUIRE((arrays == "" || arrays == "any" || arrays == "all"));
    std::string event = vector.json("event");
    json::EventDocument document;
    CHECK(document.parse(event));
    if (!error.empty() || !document.root()) return;
    for (auto& engine : engines_) {
      CAPTURE(engine->name());
      CHECK(engine->matches(compiled,
                            arrays == "all" ? pattern::Arrays::kAll : pattern::Arrays::kAny,
                            event) == vector.flag("match"));
    }
  }

  void invalid(const Vector& vector, pattern::Dialect dialect) {
    pattern::Pattern compiled;
    CHECK(compile_pattern(vector.json("pattern"), dialect, compiled) == vector.text("error"));
  }

  void event_error(const Vector& vector, pattern::Dialect dialect) {
    pattern::Pattern compiled;
    CHECK(compile_pattern(vector.json("pattern"), dialect, compiled) == "");
    std::string event = vector.json("event");
    json::EventDocument document;
    std::string error;
    if (!document.parse(event)) {
      error = document.error().name();
    } else if (!document.root().is_object()) {
      error = "event_not_object";
    }
    CHECK(error == vector.text("error"));
  }

  void scope(const Vector& vector) {
    pattern::PolicyScope compiled;
    std::vector<std::string> warned;
    CHECK(compile_scope(vector.json("scope"), compiled, &warned) == "");
    check_warning(vector, warned);
    for (auto& engine : engines_) {
      CAPTURE(engine->name());
      bool holds = engine->account_in_scope(compiled, vector.json("account")) &&
                   compiled.regions.holds(vector.text("region"));
      CHECK(holds == vector.flag("in_scope"));
    }
  }

  void effective_list(const Vector& vector) {
    pattern::ListScope compiled;
    std::vector<std::string> warned;
    CHECK(compile_list_scope(vector.json("scope"), compiled, &warned) == "");
    check_warning(vector, warned);
    CHECK(compiled.effective(vector.strings("defaults")) == vector.strings("effective"));
  }

  /// Our own vectors may name the one warning they give.
  static void check_warning(const Vector& vector, const std::vector<std::string>& warned) {
    std::string wanted = vector.text("warning");
    if (!wanted.empty()) CHECK(warned == std::vector<std::string>{wanted});
  }

  std::vector<std::unique_ptr<Engine>> engines_;
};

/// Calls `use` with every vector of a file.
template <typename Use>
void each_vector(const std::string& name, Use use) {
  std::ifstream file(source_dir() + "/tests/conformance/" + name);
  REQUIRE_MESSAGE(file.is_open(), name, " is missing");
  int count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    json::ParseOptions options;
    options.max_bytes = std::size_t{64} << 20;
    options.max_depth = 4096;
    json::Document document;
    json::ParseError error;
    REQUIRE_MESSAGE(json::Document::parse(line, options, document, error), name, ": ",
                    error.message);
    use(Vector(line, document.root()));
  }
  CHECK(count > 0);
}

void run_file(const std::string& name) {
  Runner runner;
  int count = 0;
  each_vector(name, [&](const Vector& vector) {
    std::string id = vector.text("id");
    std::string why = vector.text("why");
    CAPTURE(id);
    CAPTURE(why);
    CHECK_MESSAGE(runner.run(vector), "unknown kind");
    ++count;
  });
  std::printf("%s: %d vectors\n", name.c_str(), count);
}

constexpr const char* kFiles[] = {"vectors.jsonl", "vectors_semper.jsonl"};

#if defined(__SANITIZE_ADDRESS__)
constexpr std::size_t kEveryOfEvents = 16;
#else
constexpr std::size_t kEveryOfEvents = 1;
#endif

/// Large ones have their own event only: on every other pattern the plain evaluator takes too long.
constexpr std::size_t kLarge = 4096;

void add_distinct(std::vector<std::string>& texts, std::string text) {
  bool is_new = std::find(texts.begin(), texts.end(), text) == texts.end();
  if (is_new && text.size() < kLarge) texts.push_back(std::move(text));
}

TEST_CASE("the vectors that came with the specification") {
  run_file(kFiles[0]);
}

TEST_CASE("our own vectors") {
  run_file(kFiles[1]);
}

TEST_CASE("all patterns of the vectors in one program, on all their events") {
  std::vector<oracle::Subject> subjects;
  std::vector<std::string> events;
  for (const char* name : kFiles) {
    each_vector(name, [&](const Vector& vector) {
      if (vector.text("kind") != "match") return;
      std::string pattern = vector.json("pattern");
      if (pattern.size() >= kLarge) return;
      for (pattern::Dialect dialect : dialects(vector.text("dialect"))) {
        bool is_all = vector.text("arrays") == "all";
        subjects.push_back(
            {pattern, dialect, is_all ? pattern::Arrays::kAll : pattern::Arrays::kAny});
      }
      add_distinct(events, vector.json("event"));
    });
  }
  std::vector<std::string> some;
  for (std::size_t i = 0; i < events.size(); i += kEveryOfEvents) some.push_back(events[i]);
  oracle::Tally tally;
  CHECK(oracle::judge(subjects, some, tally) == "");
  CHECK(tally.refused == 0);
  MESSAGE(subjects.size(), " patterns, ", some.size(), " events, ", tally.matches, " matches");
}

TEST_CASE("all scopes of the vectors in one program, on all their accounts") {
  std::vector<std::string> scopes;
  std::vector<std::string> accounts;
  for (const char* name : kFiles) {
    each_vector(name, [&](const Vector& vector) {
      if (vector.text("kind") != "scope") return;
      scopes.push_back(vector.json("scope"));
      add_distinct(accounts, vector.json("account"));
    });
  }
  oracle::Tally tally;
  const std::vector<std::string> ids = {"", "111111111111", "123456789012"};
  CHECK(oracle::judge_scopes(scopes, accounts, ids, tally) == "");
  for (const std::string& scope : scopes) {
    CHECK(oracle::judge_scopes({scope}, accounts, ids, tally) == "");
  }
  CHECK(tally.refused == 0);
  CHECK(tally.matches > 0);
}

}  // namespace
}  // namespace semper::conformance
