// The text of a pattern, and events: the first byte says of which kind it is (s: semper, a: semper
// with the quantifier all, else eventbridge). The program must say what the oracle says.
#include <string>
#include <vector>

#include "fuzz/fuzz.h"
#include "json/document.h"
#include "oracle/judge.h"
#include "pattern/parse.h"

using namespace semper;
using namespace semper::fuzz;

namespace {

/// A pattern that does not compile has a problem with a name and a place.
bool is_accepted(const oracle::Subject& subject) {
  json::Document document;
  json::ParseError parse_error;
  pattern::Pattern pattern;
  pattern::Issue issue;
  std::vector<pattern::Issue> warnings;
  if (json::Document::parse(subject.text, {}, document, parse_error)) {
    if (pattern::parse(document.root(), subject.dialect, {}, pattern, issue, warnings)) return true;
  } else {
    issue = pattern::issue_of(parse_error);
  }
  require(!issue.code.empty() && !issue.message.empty(), "a problem without a name", subject.text);
  require(issue.offset <= subject.text.size(), "a place outside of the text", subject.text);
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> parts = parts_of(text_of(data, size));
  if (parts[0].empty()) return 0;
  oracle::Subject subject;
  char kind = parts[0][0];
  if (kind == 'a') subject.arrays = pattern::Arrays::kAll;
  if (kind != 'a' && kind != 's') subject.dialect = pattern::Dialect::kEventBridge;
  subject.text = parts[0].substr(1);
  if (!is_accepted(subject)) return 0;

  std::vector<std::string> events = {
      "{}", R"({"a":"x","b":[1,"y",null],"o":[{"a":"x"},{"b":"10.0.0.1"}],"A":{"a":["xy"]}})"};
  for (std::size_t i = 1; i < parts.size(); ++i) {
    json::ParseOptions options;
    options.replace_lone_surrogates = true;
    json::Document document;
    json::ParseError error;
    bool is_event =
        json::Document::parse(parts[i], options, document, error) && document.root().is_object();
    if (is_event) events.push_back(parts[i]);
  }
  const oracle::Subject others[] = {
      {R"({"a":["x",{"exists":false}]})"},
      {R"({"o":{"a":[{"prefix":"x"}],"b":[{"anything-but":1}]}})"},
      {R"({"b":[{"numeric":[">",0]}]})", pattern::Dialect::kEventBridge},
      {R"({"o":{"a":"x"}})", pattern::Dialect::kSemper, pattern::Arrays::kAll},
  };
  std::vector<oracle::Subject> subjects(std::begin(others), std::end(others));
  subjects.push_back(subject);
  oracle::Tally tally;
  std::string difference = oracle::judge(subjects, events, tally);
  require(difference.empty(), difference);
  return 0;
}
