#include "oracle/judge.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "json/document.h"
#include "json/event.h"
#include "oracle/naive.h"
#include "pattern/parse.h"
#include "pattern/program.h"
#include "pattern/scope_program.h"

namespace semper::oracle {
namespace {

json::Document read(const std::string& text) {
  json::ParseOptions options;
  options.max_bytes = Limits{}.event_bytes;
  options.max_depth = Limits{}.event_depth;
  options.replace_lone_surrogates = true;
  json::Document document;
  json::ParseError error;
  REQUIRE_MESSAGE(json::Document::parse(text, options, document, error), text, error.message);
  return document;
}

/// The members of an event, as if each half came from another document.
std::vector<json::EventMember> members_of(json::EventValue first, json::EventValue second) {
  std::vector<json::EventMember> members;
  for (json::EventValue::Member member : first.members()) {
    members.push_back({member.key(), member.value()});
  }
  std::size_t i = 0;
  for (json::EventValue::Member member : second.members()) {
    if (i % 2 == 1) members[i] = {member.key(), member.value()};
    ++i;
  }
  return members;
}

}  // namespace

void judge(const std::vector<std::string>& patterns, const std::vector<std::string>& events,
           pattern::Dialect dialect, pattern::Arrays arrays, Tally& tally) {
  std::vector<pattern::Pattern> compiled;
  std::vector<std::string> texts;
  pattern::ProgramBuilder builder;
  for (const std::string& text : patterns) {
    json::Document source = read(text);
    pattern::Pattern pattern;
    pattern::Issue error;
    std::vector<pattern::Issue> warnings;
    if (!pattern::parse(source.root(), dialect, {}, pattern, error, warnings)) continue;
    builder.add(pattern, arrays);
    compiled.push_back(std::move(pattern));
    texts.push_back(text);
  }
  pattern::Matcher matcher(builder.build());
  std::vector<std::uint32_t> matched;
  std::vector<std::uint32_t> matched_members;
  json::EventDocument event;
  json::EventDocument other;
  for (const std::string& text : events) {
    REQUIRE(event.parse(text));
    REQUIRE(other.parse(text));
    json::Document document = read(text);
    matcher.match({event.root(), {}}, matched);
    std::vector<json::EventMember> members = members_of(event.root(), other.root());
    matcher.match({{}, members}, matched_members);
    CHECK_MESSAGE(matched == matched_members, "one document, or several: ", text);
    std::size_t next = 0;
    for (std::uint32_t i = 0; i < compiled.size(); ++i) {
      bool is_matched = next < matched.size() && matched[next] == i;
      next += is_matched ? 1 : 0;
      bool expected = pattern::naive_matches(compiled[i], arrays, document.root());
      tally.matches += expected ? 1 : 0;
      if (is_matched == expected) continue;
      FAIL_CHECK("compiled says ", is_matched, ", the oracle ", expected, "\n  pattern ", texts[i],
                 "\n  event   ", text, "\n  ",
                 dialect == pattern::Dialect::kSemper ? "semper" : "eventbridge",
                 arrays == pattern::Arrays::kAll ? ", all" : ", any");
    }
    CHECK(next == matched.size());
    tally.pairs += compiled.size();
  }
}

void judge_scopes(const std::vector<std::string>& scopes, const std::vector<std::string>& contexts,
                  const std::vector<std::string>& account_ids, Tally& tally) {
  std::vector<pattern::PolicyScope> compiled;
  std::vector<std::string> texts;
  pattern::ScopeProgram program;
  for (const std::string& text : scopes) {
    json::Document source = read(text);
    pattern::PolicyScope scope;
    pattern::Issue error;
    std::vector<pattern::Issue> warnings;
    if (!pattern::parse_scope(source.root(), {}, scope, error, warnings)) continue;
    program.add(scope);
    compiled.push_back(std::move(scope));
    texts.push_back(text);
  }
  program.build();
  std::vector<pattern::Truth> truths;
  auto compare = [&](const json::Value* context, std::string_view id, std::string_view shown) {
    for (std::size_t i = 0; i < compiled.size(); ++i) {
      pattern::Truth expected = pattern::naive_account_in_scope(compiled[i], context, id);
      tally.matches += expected == pattern::Truth::kTrue ? 1 : 0;
      CHECK_MESSAGE(truths[i] == expected, "scope ", texts[i], "\n  account ", id, " ", shown);
    }
    tally.pairs += compiled.size();
  };
  for (const std::string& id : account_ids) {
    for (const std::string& text : contexts) {
      json::Document context = read(text);
      json::EventDocument event;
      REQUIRE(event.parse(text));
      program.judge(event.root(), id, truths);
      compare(&context.root(), id, text);
    }
    program.judge({}, id, truths);
    compare(nullptr, id, "without context");
  }
}

}  // namespace semper::oracle
