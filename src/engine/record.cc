#include "engine/record.h"

#include <array>

#include "base/text.h"
#include "json/writer.h"

namespace semper::engine {
namespace {

using finding::Field;

std::string_view severity_label(std::string_view severity) {
  // {"label":"HIGH","score":70}: the label is a name, without escapes.
  constexpr std::string_view kStart = "{\"label\":";
  if (!severity.starts_with(kStart)) return {};
  severity.remove_prefix(kStart.size());
  return severity.substr(0, severity.find_first_of(",}"));
}

std::string_view work_flow(const Outcome& outcome, const PolicySetState& set) {
  if (!outcome.chosen.work_flow.empty()) return outcome.chosen.work_flow;
  for (const PolicyHit& hit : outcome.hits) {
    std::string_view flow = set.policies[hit.policy].settings.work_flow;
    if (hit.effect == Effect::kDetect && !flow.empty()) return flow;
  }
  return {};
}

void write_notes(json::Writer& writer, const std::vector<Note>& notes) {
  if (notes.empty()) return;
  writer.key("notes").begin_array();
  for (const Note& note : notes) {
    writer.begin_object();
    writer.key("code").string(note.code);
    writer.key("message").string(note.message);
    writer.end_object();
  }
  writer.end_array();
}

void write_policies(json::Writer& writer, const Outcome& outcome, const PolicySetState& set) {
  writer.key("policies").begin_array();
  for (const PolicyHit& hit : outcome.hits) {
    const CompiledPolicy& policy = set.policies[hit.policy];
    writer.begin_object();
    writer.raw(policy.verdict_identity);
    writer.key("effect").string(to_string(hit.effect));
    if (!policy.verdict_reasons.empty()) writer.raw(policy.verdict_reasons);
    writer.end_object();
  }
  writer.end_array();
}

/// How sure the members of `context` are: the worst of their keys counts.
void write_providers(json::Writer& writer, const Outcome& outcome, const PolicySetState& set) {
  if (outcome.context.empty()) return;
  writer.key("providers").begin_object();
  for (const ContextPart& part : outcome.context) {
    const ContextSource& source = set.contexts[part.context];
    writer.quoted_key(source.name).begin_object();
    writer.key("provider").string(source.provider);
    writer.key("status").string(!part.missing.empty() ? "missing" : part.stale ? "stale" : "fresh");
    if (part.stale) writer.key("ageSeconds").number(part.age.count());
    if (!part.missing.empty()) writer.key("missing").begin_array().raw(part.missing).end_array();
    writer.end_object();
  }
  writer.end_object();
}

void write_verdict(json::Writer& writer, const Outcome& outcome, const PolicySetState& set) {
  writer.key("verdict").begin_object();
  writer.key("decision").string(to_string(outcome.decision));
  write_policies(writer, outcome, set);
  writer.key("policySet").string(set.fingerprint);
  writer.key("context").begin_object();
  if (outcome.account->stale) {
    writer.key("status").string("stale");
    writer.key("ageSeconds").number(outcome.account->age.count());
  } else if (outcome.account->known()) {
    writer.key("status").string("fresh");
  } else {
    writer.key("status").string("missing");
    writer.key("reason").string(outcome.account->missing_reason);
  }
  write_providers(writer, outcome, set);
  writer.end_object();
  write_notes(writer, outcome.notes);
  writer.end_object();
}

/// `before` + payload + `after`: everything about an invalid record but its bytes.
void frame_invalid(std::string& before, std::string& after, std::string_view payload_key,
                   RecordFormat format, const Note& reason, std::string_view fingerprint) {
  json::Writer head(before);
  if (format == RecordFormat::kSemper17) {
    head.begin_object().key("normalized").begin_object();
    head.key("sourceService").string("Unknown").end_object();
    head.key(payload_key);
    after += '}';
    return;
  }
  head.begin_object().key("finding").begin_object();
  head.key("sourceService").string("Unknown").key(payload_key);
  after += "},";
  json::Writer tail(after);
  tail.key("verdict").begin_object();
  tail.key("decision").string(to_string(Decision::kInvalid));
  tail.key("policies").begin_array().end_array();
  tail.key("policySet").string(fingerprint);
  write_notes(tail, {reason});
  tail.end_object();
  after += '}';
}

}  // namespace

void Outcome::reset() {
  decision = Decision::kRelevant;
  finding = nullptr;
  account = nullptr;
  hits.clear();
  notes.clear();
  extensions.clear();
  context.clear();
  chosen = {};
  route_count = 0;
  normalized_json.clear();
  time = {};
  head.clear();
  record.clear();
  notes_complete = false;
}

void append_normalized(std::string& out, const Outcome& outcome, const PolicySetState& set,
                       const finding::Normalized& normalized) {
  json::Writer writer(out);
  writer.begin_object();
  for (std::size_t i = 0; i < static_cast<std::size_t>(Field::kCount); ++i) {
    auto field = static_cast<Field>(i);
    if (!normalized[field].empty()) writer.key(field_name(field)).raw(normalized[field]);
    if (field == Field::kAccountId && !outcome.account->normalized.empty()) {
      writer.raw(outcome.account->normalized);
    }
  }
  std::string_view flow = work_flow(outcome, set);
  if (!flow.empty()) writer.key("customerWorkFlow").string(flow);
  writer.end_object();
}

void append_head(std::string& out, const Outcome& outcome) {
  json::Writer writer(out);
  writer.begin_object();
  writer.key("finding").begin_object();
  writer.key("sourceService").string(policy::source_service(outcome.finding->source));
  if (!outcome.time.empty()) writer.key("time").raw(outcome.time);
  writer.key("raw").raw({});
  if (outcome.finding->event.whole || !outcome.finding->event.members.empty()) {
    outcome.finding->event.append_compact(out);
  } else {
    outcome.finding->body.append_compact(out);
  }
  writer.end_object();

  writer.key("accountContext");
  if (outcome.account->known()) {
    writer.raw(outcome.account->json);
  } else {
    writer.begin_object();
    if (!outcome.account->id.empty()) writer.key("accountId").string(outcome.account->id);
    writer.end_object();
  }
  writer.key("normalized").raw(outcome.normalized_json);
}

void append_native_record(std::string& out, const Outcome& outcome, const PolicySetState& set) {
  if (outcome.head.empty()) {
    append_head(out, outcome);
  } else {
    out += outcome.head;
  }
  if (!outcome.extensions.empty()) {
    out += ",\"extensions\":{";
    out += outcome.extensions;
    out += '}';
  }
  if (!outcome.context.empty()) {
    out += ",\"context\":";
    append_context(out, outcome.context, set);
  }
  out += ',';
  json::Writer writer(out);
  write_verdict(writer, outcome, set);
  out += '}';
}

void append_semper17_record(std::string& out, const Outcome& outcome,
                            const finding::Normalized& normalized) {
  json::Writer writer(out);
  writer.begin_object();
  writer.key("normalized").begin_object();
  auto field = [&](Field name, std::string_view json) {
    if (!json.empty()) writer.key(field_name(name)).raw(json);
  };
  auto account = [&](std::string_view name) {
    json::EventValue value =
        outcome.account->known() ? outcome.account->context.root().find(name) : json::EventValue();
    if (value) writer.key(name).value(value);
  };
  field(Field::kRawHash, normalized[Field::kRawHash]);
  field(Field::kTime, normalized[Field::kTime]);
  account("ouId");
  account("ouName");
  account("ouNameWithPath");
  field(Field::kAccountId, normalized[Field::kAccountId]);
  account("accountName");
  account("accountTags");
  field(Field::kRegion, normalized[Field::kRegion]);
  field(Field::kSourceService, normalized[Field::kSourceService]);
  field(Field::kFindingName, normalized[Field::kFindingName]);
  field(Field::kSeverity, severity_label(normalized[Field::kSeverity]));
  writer.end_object();
  if (!outcome.extensions.empty()) {
    writer.key("extensions").raw("{");
    out += outcome.extensions;
    out += '}';
  }
  writer.key("raw").raw({});
  if (outcome.finding->event.whole || !outcome.finding->event.members.empty()) {
    outcome.finding->event.append_compact(out);
  } else {
    outcome.finding->body.append_compact(out);
  }
  writer.end_object();
}

void append_invalid_record(std::string& out, std::string_view bytes, RecordFormat format,
                           const Note& reason, const PolicySetState& set) {
  bool is_text = find_invalid_utf8(bytes) == std::string_view::npos;
  std::string after;
  frame_invalid(out, after, is_text ? "raw" : "rawBase64", format, reason, set.fingerprint);
  if (is_text) {
    json::append_quoted(out, bytes);
  } else {
    out += '"';
    append_base64(out, bytes);
    out += '"';
  }
  out += after;
}

InvalidRecordFrame invalid_record_frame(RecordFormat format, const Note& reason,
                                        std::string_view fingerprint) {
  InvalidRecordFrame frame;
  frame_invalid(frame.before, frame.after, "rawBase64", format, reason, fingerprint);
  frame.before += '"';
  frame.after.insert(frame.after.begin(), '"');
  return frame;
}

}  // namespace semper::engine
