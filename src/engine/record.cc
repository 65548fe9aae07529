#include "engine/record.h"

#include <iterator>

#include "base/text.h"
#include "json/writer.h"

namespace semper::engine {
namespace {

using finding::Field;
// clang-tidy does not see where a literal uses it.
using json::operator""_key;  // NOLINT(misc-unused-using-decls)

/// By Field; `field_name` has the same names.
constexpr json::Key kFieldKeys[] = {
    "id"_key,         "rawHash"_key,       "time"_key,        "accountId"_key,
    "region"_key,     "sourceService"_key, "findingName"_key, "title"_key,
    "severity"_key,   "resources"_key,     "principal"_key,   "sourceIp"_key,
    "compliance"_key, "controls"_key,      "workflow"_key,    "recordState"_key,
    "sample"_key,
};
static_assert(std::size(kFieldKeys) == static_cast<std::size_t>(Field::kCount));

/// How the record of a finding of this source begins.
std::string_view record_start(policy::Source source) {
  switch (source) {
    case policy::Source::kCloudTrail:
      return R"({"finding":{"sourceService":"AwsCloudTrail")";
    case policy::Source::kSecurityHub:
      return R"({"finding":{"sourceService":"AwsSecurityHub")";
    case policy::Source::kGuardDuty:
      return R"({"finding":{"sourceService":"AwsGuardDuty")";
    case policy::Source::kConfig:
      return R"({"finding":{"sourceService":"AwsConfig")";
    default:
      return R"({"finding":{"sourceService":"Unknown")";
  }
}

std::string_view verdict_start(Decision decision) {
  switch (decision) {
    case Decision::kRelevant:
      return R"(,"verdict":{"decision":"relevant","policies":[)";
    case Decision::kDropped:
      return R"(,"verdict":{"decision":"dropped","policies":[)";
    case Decision::kNoFinding:
      return R"(,"verdict":{"decision":"no_finding","policies":[)";
    case Decision::kInvalid:
      return R"(,"verdict":{"decision":"invalid","policies":[)";
  }
  return "";
}

/// `,"effect":"drop"`
std::string_view effect_member(Effect effect) {
  switch (effect) {
    case Effect::kDrop:
      return R"(,"effect":"drop")";
    case Effect::kExtend:
      return R"(,"effect":"extend")";
    case Effect::kDetect:
      return R"(,"effect":"detect")";
    case Effect::kWouldDrop:
      return R"(,"effect":"would_drop")";
    case Effect::kExpired:
      return R"(,"effect":"expired")";
    case Effect::kUndetermined:
      return R"(,"effect":"undetermined")";
  }
  return "";
}

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
  head.clear();
  record = {};
  is_normalized = false;
}

void RecordWriter::append_normalized(std::string& out, const Outcome& outcome,
                                     const PolicySetState& set) {
  pieces_.clear();
  add_normalized(outcome, set, AskedFields::all());
  pieces_.append_to(out);
}

/// As a string in JSON.
std::string_view RecordWriter::quoted(std::string_view text) {
  if (json::is_plain(text)) return arena_.join({"\"", text, "\""});
  scratch_.clear();
  json::append_quoted(scratch_, text);
  return arena_.copy(scratch_);
}

void RecordWriter::append_asked(std::string& out, const Outcome& outcome,
                                const PolicySetState& set) {
  pieces_.clear();
  add_normalized(outcome, set, set.asked_fields);
  pieces_.append_to(out);
}

void RecordWriter::add_normalized(const Outcome& outcome, const PolicySetState& set,
                                  const AskedFields& asked) {
  pieces_.open_object();
  for (std::size_t i = 0; i < std::size(kFieldKeys); ++i) {
    auto field = static_cast<Field>(i);
    if (asked.has(field)) pieces_.member_if(kFieldKeys[i], outcome.normalized[field]);
    if (field == Field::kAccountId && asked.has_account() && !outcome.account->normalized.empty()) {
      pieces_.value(outcome.account->normalized);
    }
  }
  std::string_view flow = asked.has_work_flow() ? work_flow(outcome, set) : std::string_view();
  if (!flow.empty()) pieces_.member("customerWorkFlow"_key, quoted(flow));
  pieces_.close_object();
}

void RecordWriter::append_head(std::string& out, Outcome& outcome, const PolicySetState& set) {
  pieces_.clear();
  add_head(outcome, set);
  pieces_.append_to(out);
}

void RecordWriter::add_head(Outcome& outcome, const PolicySetState& set) {
  pieces_.value(record_start(outcome.finding->source));
  std::string_view time = outcome.normalized.envelope_time;
  pieces_.member_if("time"_key, time.empty() ? outcome.normalized[Field::kTime] : time);
  pieces_.key("raw"_key);
  add_raw(*outcome.finding);
  pieces_.begin(R"(},"accountContext":)");
  if (outcome.account->known()) {
    pieces_.value(outcome.account->json);
  } else {
    pieces_.open_object();
    if (!outcome.account->id.empty()) {
      pieces_.member("accountId"_key, quoted(outcome.account->id));
    }
    pieces_.close_object();
  }
  pieces_.key("normalized"_key);
  outcome.normalized_begin = pieces_.size();
  add_normalized(outcome, set, AskedFields::all());
  outcome.normalized_end = pieces_.size();
}

void RecordWriter::add_raw(const finding::Finding& finding) {
  if (finding.event.whole || finding.event.members.empty()) {
    add_value(finding.event.whole ? finding.event.whole : finding.body);
    return;
  }
  pieces_.open_object();
  for (const json::EventMember& member : finding.event.members) {
    add_value(member.key);
    pieces_.colon();
    add_value(member.value);
  }
  pieces_.close_object();
}

/// As it came, but on one line.
void RecordWriter::add_value(json::EventValue value) {
  if (value.is_on_one_line()) {
    pieces_.value(value.raw());
    return;
  }
  scratch_.clear();
  value.append_compact(scratch_);
  pieces_.value(arena_.copy(scratch_));
}

std::string_view RecordWriter::write_native(std::string& memory, Outcome& outcome,
                                            const PolicySetState& set) {
  add_native(outcome, set);
  return pieces_.write_over(memory);
}

void RecordWriter::append_native(Buffer& out, Outcome& outcome, const PolicySetState& set) {
  add_native(outcome, set);
  pieces_.append_to(out);
}

void RecordWriter::add_native(Outcome& outcome, const PolicySetState& set) {
  pieces_.clear();
  if (outcome.head.empty()) {
    add_head(outcome, set);
  } else {
    pieces_.value(outcome.head);
  }
  if (!outcome.extensions.empty()) {
    pieces_.key("extensions"_key).open_object().value(outcome.extensions).close_object();
  }
  if (!outcome.context.empty()) {
    scratch_.clear();
    append_context(scratch_, outcome.context, set);
    pieces_.member("context"_key, arena_.copy(scratch_));
  }
  add_verdict(outcome, set);
  pieces_.close_object();
}

void RecordWriter::add_verdict(const Outcome& outcome, const PolicySetState& set) {
  pieces_.begin(verdict_start(outcome.decision));
  for (const PolicyHit& hit : outcome.hits) {
    const CompiledPolicy& policy = set.policies[hit.policy];
    pieces_.open_object().value(policy.verdict_identity).add(effect_member(hit.effect));
    if (!policy.verdict_reasons.empty()) pieces_.value(policy.verdict_reasons);
    pieces_.close_object();
  }
  pieces_.add(R"(],"policySet":")").add(set.fingerprint).begin(R"(","context":{)");
  const Account& account = *outcome.account;
  if (account.stale) {
    pieces_.string_member("status"_key, "stale");
    pieces_.member("ageSeconds"_key, arena_.copy(std::to_string(account.age.count())));
  } else if (account.known()) {
    pieces_.value(R"("status":"fresh")");
  } else {
    pieces_.string_member("status"_key, "missing");
    pieces_.member("reason"_key, quoted(account.missing_reason));
  }
  if (!outcome.context.empty()) {
    scratch_.clear();
    json::Writer writer(scratch_);
    write_providers(writer, outcome, set);
    pieces_.value(arena_.copy(scratch_));
  }
  pieces_.close_object();
  add_notes(outcome.notes);
  pieces_.close_object();
}

void RecordWriter::add_notes(const std::vector<Note>& notes) {
  if (notes.empty()) return;
  pieces_.key("notes"_key).open_array();
  for (const Note& note : notes) {
    pieces_.open_object().string_member("code"_key, note.code);
    pieces_.member("message"_key, quoted(note.message)).close_object();
  }
  pieces_.close_array();
}

void append_semper17_record(std::string& out, const Outcome& outcome) {
  const finding::NormalizedFields& normalized = outcome.normalized;
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
