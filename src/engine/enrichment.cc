#include "engine/enrichment.h"

#include <algorithm>

#include "base/limits.h"
#include "json/writer.h"

namespace semper::engine {
namespace {

ContextPart& part_of(std::uint32_t context, std::vector<ContextPart>& parts) {
  auto found = std::find_if(parts.begin(), parts.end(),
                            [context](const auto& part) { return part.context == context; });
  if (found != parts.end()) return *found;
  parts.emplace_back().context = context;
  return parts.back();
}

void append_missing(std::string& out, std::string_view key, std::string_view state,
                    std::string_view reason) {
  if (!out.empty()) out += ',';
  json::Writer writer(out);
  writer.begin_object().key("key").string(key).key("state").string(state);
  writer.key("reason").string(reason).end_object();
}

}  // namespace

void Enrichment::begin(const PolicySetState& set) {
  questions_.clear();
  if (set_ != &set) {
    set_ = &set;
    lookups_.clear();
    lookup_of_.clear();
    // Contexts of one provider share a lookup: a key is asked for once, whoever wants it.
    for (std::size_t i = 0; i < set.contexts.size(); ++i) {
      std::size_t first = 0;
      while (set.contexts[first].provider != set.contexts[i].provider) ++first;
      if (first == i) {
        lookup_of_.push_back(lookups_.size());
        lookups_.push_back(std::make_unique<context::Lookup>());
      } else {
        lookup_of_.push_back(lookup_of_[first]);
      }
    }
  }
  for (auto& lookup : lookups_) lookup->clear();
}

void Enrichment::add(const CompiledQuery& query, const json::ObjectView& processed, Arena& arena,
                     std::vector<ContextPart>& parts, std::vector<finding::Note>& notes) {
  auto part = static_cast<std::size_t>(&part_of(query.context, parts) - parts.data());
  rendered_ = "[";
  unanswered_.clear();
  bool rendered = policy::render(query.key, processed, rendered_, unanswered_);
  rendered_ += ']';
  // A finding without the value asks for nothing: that is no problem worth a note.
  if (!rendered || !document_.parse(rendered_)) return;
  auto add_scalar = [&](json::EventValue value) {
    if (value.is_array() || value.is_object()) return;
    std::string_view key = value.is_string() ? value.string(scratch_) : value.raw();
    add_key(key, arena, parts, part, notes);
  };
  for (json::EventValue value : document_.root().elements()) {
    add_scalar(value);
    for (json::EventValue element : value.elements()) add_scalar(element);
  }
}

void Enrichment::add_key(std::string_view key, Arena& arena, std::vector<ContextPart>& parts,
                         std::size_t part, std::vector<finding::Note>& notes) {
  std::vector<std::string_view>& keys = parts[part].keys;
  if (key.empty() || std::find(keys.begin(), keys.end(), key) != keys.end()) return;
  if (keys.size() >= set_->limits.context_keys) {
    bool is_said = std::any_of(notes.begin(), notes.end(), [](const finding::Note& note) {
      return note.code == "too_many_keys";
    });
    if (!is_said) {
      notes.push_back({"too_many_keys", arena.copy("the finding gives more keys for context." +
                                                   set_->contexts[parts[part].context].name +
                                                   " than are asked for")});
    }
    parts[part].failed = true;  // what those keys would have told is unknown
    return;
  }
  std::string_view kept = arena.copy(key);
  keys.push_back(kept);
  context::Lookup& lookup = *lookups_[lookup_of_[parts[part].context]];
  questions_.push_back({&parts, part, lookup.add(kept), kept});
}

void Enrichment::ask(const PolicySetState& set) {
  if (questions_.empty()) return;
  std::vector<bool> asked(lookups_.size(), false);
  for (const Question& question : questions_) {
    const ContextPart& part = (*question.parts)[question.part];
    std::size_t index = lookup_of_[part.context];
    ContextProvider* provider = set.provider(set.contexts[part.context].provider);
    if (provider != nullptr && !asked[index]) lookups_[index]->ask(*provider);
    asked[index] = true;
    if (provider != nullptr) {
      take(question, lookups_[index]->answer(question.answer));
    } else {
      ContextPart& missing = (*question.parts)[question.part];
      missing.failed = true;
      append_missing(missing.missing, question.key, "failed",
                     "no provider \"" + set.contexts[part.context].provider + "\" is configured");
    }
  }
}

void Enrichment::take(const Question& question, const context::Answer& answer) {
  ContextPart& part = (*question.parts)[question.part];
  if (!answer.known()) {
    bool is_absent = answer.state == context::Answer::State::kAbsent;
    part.failed |= !is_absent;
    append_missing(part.missing, question.key, is_absent ? "absent" : "failed", answer.reason);
    return;
  }
  if (answer.state == context::Answer::State::kStale) {
    part.stale = true;
    part.age = std::max(part.age, answer.age);
  }
  if (!part.found.empty()) part.found += ',';
  json::Writer writer(part.found);
  writer.begin_object().key("key").string(question.key);
  writer.key("value").raw(answer.json).end_object();
}

void append_context(std::string& out, const std::vector<ContextPart>& parts,
                    const PolicySetState& set) {
  json::Writer writer(out);
  writer.begin_object();
  for (const ContextPart& part : parts) {
    writer.quoted_key(set.contexts[part.context].name).begin_array();
    if (!part.found.empty()) writer.raw(part.found);
    writer.end_array();
  }
  writer.end_object();
}

}  // namespace semper::engine
