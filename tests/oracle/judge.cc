#include "oracle/judge.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "json/document.h"
#include "json/event.h"
#include "oracle/naive.h"
#include "oracle/tree.h"
#include "pattern/parse.h"
#include "pattern/program.h"
#include "pattern/scope_program.h"

namespace semper::oracle {
namespace {

/// False: `text` is no JSON.
bool read(const std::string& text, bool is_event, json::Document& document) {
  json::ParseOptions options;
  if (is_event) {
    options.max_bytes = Limits{}.event_bytes;
    options.max_depth = Limits{}.event_depth;
    options.replace_lone_surrogates = true;
  }
  json::ParseError error;
  return json::Document::parse(text, options, document, error);
}

bool is_event(const std::string& text) {
  json::Document document;
  return read(text, true, document) && document.root().is_object();
}

std::optional<pattern::Pattern> parsed(const Subject& subject) {
  json::Document document;
  pattern::Pattern pattern;
  pattern::Issue error;
  std::vector<pattern::Issue> warnings;
  if (!read(subject.text, false, document) ||
      !pattern::parse(document.root(), subject.dialect, {}, pattern, error, warnings)) {
    return std::nullopt;
  }
  return pattern;
}

std::optional<pattern::PolicyScope> parsed_scope(const std::string& text) {
  json::Document document;
  pattern::PolicyScope scope;
  pattern::Issue error;
  std::vector<pattern::Issue> warnings;
  if (!read(text, false, document) ||
      !pattern::parse_scope(document.root(), {}, scope, error, warnings)) {
    return std::nullopt;
  }
  return scope;
}

bool contains(const std::vector<std::uint32_t>& numbers, std::uint32_t number) {
  return std::binary_search(numbers.begin(), numbers.end(), number);
}

std::string shown(const Subject& subject) {
  return subject.text +
         (subject.dialect == pattern::Dialect::kSemper ? "  (semper" : "  (eventbridge") +
         (subject.arrays == pattern::Arrays::kAll ? ", all)" : ", any)");
}

/// Whether program and oracle differ about subject `index` where the program holds all of them.
bool differ(const std::vector<Subject>& subjects, std::size_t index, const std::string& event) {
  json::Document document;
  json::EventDocument event_document;
  if (!is_event(event) || !read(event, true, document) || !event_document.parse(event)) {
    return false;
  }
  pattern::ProgramBuilder builder;
  std::optional<pattern::Pattern> wanted;
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    std::optional<pattern::Pattern> pattern = parsed(subjects[i]);
    if (!pattern) return false;
    builder.add(*pattern, subjects[i].arrays);
    if (i == index) wanted = std::move(pattern);
  }
  pattern::Matcher matcher(builder.build());
  std::vector<std::uint32_t> matched;
  matcher.match({event_document.root(), {}}, matched);
  return contains(matched, static_cast<std::uint32_t>(index)) !=
         naive_matches(*wanted, subjects[index].arrays, document.root());
}

/// The difference about subject `index`, told with as little as shows it.
std::string explained(std::vector<Subject> subjects, std::size_t index, std::string event,
                      bool program_says) {
  auto text = [&](std::string_view remark) {
    std::string out = "the program says ";
    out += program_says ? "match" : "no match";
    out += ", the oracle does not";
    out += remark;
    out += "\n  pattern ";
    out += shown(subjects[index]);
    for (std::size_t i = 0; i < subjects.size(); ++i) {
      if (i != index) out += "\n  beside  " + shown(subjects[i]);
    }
    return out + "\n  event   " + event;
  };
  if (!differ(subjects, index, event)) {
    subjects = {subjects[index]};
    index = 0;
    return text(" (after other events only)");
  }
  if (differ({subjects[index]}, 0, event)) {
    subjects = {subjects[index]};
    index = 0;
  }
  for (std::size_t i = subjects.size(); i-- > 0;) {
    if (i == index) continue;
    std::vector<Subject> fewer = subjects;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    std::size_t at = index - (i < index ? 1 : 0);
    if (!differ(fewer, at, event)) continue;
    subjects = std::move(fewer);
    index = at;
  }
  event = reduced(Tree::parse(event), [&](const Tree& smaller) {
            return differ(subjects, index, smaller.print());
          }).print();
  for (Subject& subject : subjects) {
    std::string smallest = subject.text;
    reduced(Tree::parse(subject.text), [&](const Tree& smaller) {
      subject.text = smaller.print();
      bool still = differ(subjects, index, event);
      if (still) smallest = subject.text;
      return still;
    });
    subject.text = smallest;
  }
  return text("");
}

/// The members of an event as if every second came from another document.
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

std::string judge(const std::vector<Subject>& subjects, const std::vector<std::string>& events,
                  Tally& tally) {
  std::vector<Subject> kept;
  std::vector<pattern::Pattern> patterns;
  pattern::ProgramBuilder builder;
  for (const Subject& subject : subjects) {
    std::optional<pattern::Pattern> pattern = parsed(subject);
    if (!pattern) {
      ++tally.refused;
      continue;
    }
    builder.add(*pattern, subject.arrays);
    patterns.push_back(std::move(*pattern));
    kept.push_back(subject);
  }
  pattern::Matcher matcher(builder.build());
  std::vector<std::uint32_t> matched;
  std::vector<std::uint32_t> matched_otherwise;
  std::vector<std::uint64_t> enabled((patterns.size() + 63) / 64);
  json::EventDocument event;
  json::EventDocument other;
  json::Document document;
  for (std::size_t e = 0; e < events.size(); ++e) {
    const std::string& text = events[e];
    if (!read(text, true, document) || !document.root().is_object() || !event.parse(text) ||
        !other.parse(text)) {
      return "no event: " + text;
    }
    matcher.match({event.root(), {}}, matched);
    tally.pairs += patterns.size();
    tally.matches += matched.size();
    for (std::uint32_t i = 0; i < patterns.size(); ++i) {
      bool program_says = contains(matched, i);
      if (program_says != naive_matches(patterns[i], kept[i].arrays, document.root())) {
        return explained(kept, i, text, program_says);
      }
    }

    std::vector<json::EventMember> members = members_of(event.root(), other.root());
    matcher.match({{}, members}, matched_otherwise);
    if (matched != matched_otherwise) return "members of two documents differ from one: " + text;

    for (std::size_t word = 0; word < enabled.size(); ++word) {
      enabled[word] = (e + 1) * 0x9E3779B97F4A7C15u ^ (word + 1) * 0xD6E8FEB86659FD93u;
    }
    matcher.match({event.root(), {}}, matched_otherwise, enabled);
    std::erase_if(matched, [&](std::uint32_t i) { return (enabled[i / 64] >> (i % 64) & 1) == 0; });
    if (matched != matched_otherwise) return "disabled patterns change others: " + text;
  }
  return {};
}

std::string judge_scopes(const std::vector<std::string>& scopes,
                         const std::vector<std::string>& contexts,
                         const std::vector<std::string>& account_ids, Tally& tally) {
  std::vector<pattern::PolicyScope> kept;
  std::vector<std::string> texts;
  pattern::ScopeProgram program;
  for (const std::string& text : scopes) {
    std::optional<pattern::PolicyScope> scope = parsed_scope(text);
    if (!scope) {
      ++tally.refused;
      continue;
    }
    program.add(*scope);
    kept.push_back(std::move(*scope));
    texts.push_back(text);
  }
  program.build();

  std::vector<pattern::Truth> truths;
  std::string difference;
  auto compare = [&](const json::Value* context, json::EventValue event, std::string_view id,
                     std::string_view context_text) {
    program.judge(event, id, truths);
    tally.pairs += kept.size();
    for (std::size_t i = 0; i < kept.size() && difference.empty(); ++i) {
      pattern::Truth wanted = naive_account_in_scope(kept[i], context, id);
      tally.matches += wanted == pattern::Truth::kTrue ? 1 : 0;
      if (truths[i] == wanted) continue;
      difference = "the program says " + std::to_string(static_cast<int>(truths[i])) +
                   ", the oracle " + std::to_string(static_cast<int>(wanted)) + "\n  scope   " +
                   texts[i] + "\n  account \"";
      difference += id;
      difference += "\"  context ";
      difference += context_text;
    }
  };
  for (const std::string& id : account_ids) {
    for (const std::string& text : contexts) {
      json::Document context;
      json::EventDocument event;
      if (!read(text, true, context) || !event.parse(text)) return "no context: " + text;
      compare(&context.root(), event.root(), id, text);
    }
    compare(nullptr, {}, id, "unknown");
  }
  return difference;
}

}  // namespace semper::oracle
