#include "finding/normalize.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <iterator>

#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"
#include "finding/normalizer.h"
#include "json/writer.h"
#include "pattern/address.h"

namespace semper::finding {
namespace {

using json::EventValue;
using json::Kind;
// clang-tidy does not see where a literal uses it.
using json::operator""_key;  // NOLINT(misc-unused-using-decls)

constexpr std::array<std::string_view, static_cast<std::size_t>(Field::kCount)> kFieldNames = {
    "id",          "rawHash",  "time",     "accountId",   "region",    "sourceService",
    "findingName", "title",    "severity", "resources",   "principal", "sourceIp",
    "compliance",  "controls", "workflow", "recordState", "sample",
};

/// As Security Hub documents them.
constexpr SeverityBand kBands[] = {
    {"INFORMATIONAL", 0, 0, R"({"label":"INFORMATIONAL","score":0})"},
    {"LOW", 1, 39, R"({"label":"LOW","score":1})"},
    {"MEDIUM", 40, 69, R"({"label":"MEDIUM","score":40})"},
    {"HIGH", 70, 89, R"({"label":"HIGH","score":70})"},
    {"CRITICAL", 90, 100, R"({"label":"CRITICAL","score":90})"},
};

bool is_given(EventValue value) {
  return value && value.kind() != Kind::kNull;
}

enum class EnvelopeKey : std::size_t { kDetailType, kId, kTime, kCount };
constexpr KeyTable<EnvelopeKey> kEnvelopeKeys({"detail-type", "id", "time"});

struct Envelope {
  EventValue detail_type;
  EventValue id;
  EventValue time;
};

Envelope read_envelope(const json::ObjectView& event) {
  // The members of what is put together are of several documents.
  if (!event.whole) return {event.find("detail-type"), event.find("id"), event.find("time")};
  Fields<EnvelopeKey> fields(kEnvelopeKeys, event.whole);
  return {fields[EnvelopeKey::kDetailType], fields[EnvelopeKey::kId], fields[EnvelopeKey::kTime]};
}

std::string_view source_service_json(Source source) {
  switch (source) {
    case Source::kCloudTrail:
      return R"("AwsCloudTrail")";
    case Source::kSecurityHub:
      return R"("AwsSecurityHub")";
    case Source::kGuardDuty:
      return R"("AwsGuardDuty")";
    case Source::kConfig:
      return R"("AwsConfig")";
    default:
      return R"("Unknown")";
  }
}

}  // namespace

std::string_view field_name(Field field) {
  return kFieldNames[static_cast<std::size_t>(field)];
}

const SeverityBand* severity_band(std::string_view label) {
  for (const SeverityBand& band : kBands) {
    if (band.label.size() != label.size()) continue;
    if (equals_ignore_ascii_case(band.label, label)) return &band;
  }
  return nullptr;
}

const SeverityBand* severity_band(double score) {
  if (!(score >= 0)) return nullptr;
  for (const SeverityBand& band : kBands) {
    // Whole numbers bound the bands: 39.5 is still LOW.
    if (std::floor(score) <= band.high) return &band;
  }
  return nullptr;
}

std::string_view Normalizer::no_text(EventValue value, std::string_view name) {
  if (is_given(value)) note_wrong_type(value, name, "a string");
  return {};
}

EventValue Normalizer::object(EventValue value, std::string_view name) {
  if (value.is_object()) return value;
  if (is_given(value)) note_wrong_type(value, name, "an object");
  return {};
}

EventValue Normalizer::array(EventValue value, std::string_view name) {
  if (value.is_array()) return value;
  if (is_given(value)) note_wrong_type(value, name, "a list");
  return {};
}

std::optional<double> Normalizer::number(EventValue value, std::string_view name) {
  if (!is_given(value)) return std::nullopt;
  if (value.is_number() || value.is_string()) {
    std::string_view digits = value.text();
    double number = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error == std::errc() && end == digits.data() + digits.size() && std::isfinite(number)) {
      return number;
    }
  }
  note_wrong_type(value, name, "a number");
  return std::nullopt;
}

void Normalizer::note_wrong_type(EventValue value, std::string_view name, std::string_view wanted) {
  fmt::memory_buffer message;
  fmt::format_to(std::back_inserter(message), "`{}` is {}, not {}", name,
                 json::kind_phrase(value.kind()), wanted);
  note("wrong_type", {message.data(), message.size()});
}

std::string_view Normalizer::utc(std::string_view json_text) {
  if (json_text.empty() || is_plain_utc(content(json_text))) return json_text;
  std::string& out = scratch();
  out += '"';
  if (append_utc(out, content(json_text))) {
    out += '"';
    return arena_.copy(out);
  }
  fmt::memory_buffer message;
  fmt::format_to(std::back_inserter(message), "{} is no time", json_text);
  note("unparsable_time", {message.data(), message.size()});
  return json_text;
}

std::string_view Normalizer::address(std::string_view json_text) {
  std::string_view text = content(json_text);
  bool is_address = pattern::may_be_address(text) && pattern::parse_address(text);
  return is_address ? json_text : std::string_view();
}

void Normalizer::set_severity(std::string_view label, double score) {
  const SeverityBand* band = severity_band(label);
  if (band != nullptr && score == band->low) {
    set(Field::kSeverity, band->json);
    return;
  }
  char digits[20];
  char* end = std::to_chars(std::begin(digits), std::end(digits), std::lround(score)).ptr;
  begin()
      .open_object()
      .string_member("label"_key, label)
      .member("score"_key, {digits, static_cast<std::size_t>(end - digits)});
  out_.pieces.close_object();
  set(Field::kSeverity, keep());
}

bool Normalizer::set_severity_label(std::string_view label) {
  if (label.empty()) return false;
  std::string_view severity = severity_of_label(label);
  if (!severity.empty()) set(Field::kSeverity, severity);
  return !severity.empty();
}

std::string_view Normalizer::hash(std::string_view bytes) {
  constexpr std::size_t kSize = kHashHexSize + 2;
  char* text = arena_.allocate(kSize);
  text[0] = text[kSize - 1] = '"';
  write_hash_hex(text + 1, bytes);
  return {text, kSize};
}

std::string_view Normalizer::quoted(std::string_view decoded) {
  if (json::is_plain(decoded)) return joined({decoded});
  std::string_view text = arena_.copy(decoded);  // it may be in the scratch memory
  std::string& quoted = scratch();
  json::append_quoted(quoted, text);
  return arena_.copy(quoted);
}

void ResourceList::add(std::string_view id, std::string_view type, std::string_view region) {
  if (id.empty()) return;
  empty_ = false;
  pieces_.open_object().member("id"_key, id);
  pieces_.member_if("type"_key, type).member_if("region"_key, region).close_object();
}

void ResourceList::finish(Normalizer& normalizer) {
  pieces_.close_array();
  if (!empty_) normalizer.set(Field::kResources, normalizer.keep());
}

void set_principal(Normalizer& normalizer, std::string_view type, std::string_view arn,
                   std::string_view user_name, std::string_view account_id) {
  if (type.empty() && arn.empty() && user_name.empty() && account_id.empty()) return;
  json::Pieces& pieces = normalizer.begin().open_object();
  pieces.member_if("type"_key, type).member_if("arn"_key, arn);
  pieces.member_if("userName"_key, user_name).member_if("accountId"_key, account_id);
  pieces.close_object();
  normalizer.set(Field::kPrincipal, normalizer.keep());
}

void normalize(const Finding& finding, const Detection& detection, Arena& arena,
               Normalized& normalized) {
  normalized.fields.fill({});
  normalized.envelope_time = {};
  normalized.notes.clear();

  Normalizer normalizer(finding, detection, arena, normalized);
  normalizer.set(Field::kSourceService, source_service_json(finding.source));
  normalizer.set(Field::kRawHash, normalizer.hash(finding.body.raw()));
  if (!finding.account_id.empty()) {
    normalizer.set(Field::kAccountId, normalizer.quoted(finding.account_id));
  }
  if (!finding.region.empty()) normalizer.set(Field::kRegion, normalizer.quoted(finding.region));

  switch (finding.source) {
    case Source::kCloudTrail:
      normalize_cloudtrail(normalizer);
      break;
    case Source::kSecurityHub:
      normalize_security_hub(normalizer);
      break;
    case Source::kGuardDuty:
      normalize_guardduty(normalizer);
      break;
    case Source::kConfig:
      normalize_config(normalizer);
      break;
    default:
      break;
  }

  const Envelope envelope = read_envelope(finding.event);
  // A CloudTrail record of a kind that EventBridge does not send has an envelope without this.
  if (finding.source == Source::kUnknown && !envelope.detail_type.is_string()) return;
  if (EventValue time = envelope.time; is_given(time) && time.is_scalar()) {
    normalized.envelope_time = time.raw();
  }
  if (normalized[Field::kId].empty()) {
    normalizer.set(Field::kId, normalizer.text(envelope.id, "id"));
  }
  if (normalized[Field::kTime].empty()) {
    normalizer.set(Field::kTime, normalizer.utc(normalizer.text(envelope.time, "time")));
  }
}

std::string_view severity_of_label(std::string_view label) {
  const SeverityBand* band = severity_band(label);
  return band == nullptr ? std::string_view() : band->json;
}

}  // namespace semper::finding
