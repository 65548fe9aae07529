/// What the normalizers of the sources share: access to the finding, and the places to write to.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "finding/key_table.h"
#include "finding/normalize.h"
#include "json/event.h"

namespace semper::finding {

/// The work on one finding. Values are JSON texts; one with the content of the source is a view of
/// its bytes, escapes as written.
class Normalizer {
 public:
  Normalizer(const Finding& finding, const Detection& detection, Arena& arena,
             Normalized& normalized)
      : finding_(finding), detection_(detection), arena_(arena), out_(normalized) {}

  const Finding& finding() const { return finding_; }
  const Detection& detection() const { return detection_; }

  /// Empty JSON text: the field stays absent.
  void set(Field field, std::string_view json) {
    out_.fields[static_cast<std::size_t>(field)] = json;
  }
  std::string_view get(Field field) const { return out_[field]; }

  /// The JSON text of a string, quotes included; empty where it is absent, null, empty, or, with a
  /// note, of another type. `name` is the field's path in the finding.
  std::string_view text(json::EventValue value, std::string_view name) {
    if (!value) return {};
    if (!value.is_string()) return no_text(value, name);
    std::string_view raw = value.raw();
    return raw.size() == 2 ? std::string_view() : raw;
  }
  /// The value where it is an object; no value where it is absent, null or, with a note, of another
  /// type.
  json::EventValue object(json::EventValue value, std::string_view name);
  json::EventValue array(json::EventValue value, std::string_view name);
  /// A number, or a number in a string.
  std::optional<double> number(json::EventValue value, std::string_view name);

  /// In UTC with `Z`; where the text is no time, as it came, with a note. Empty for empty.
  std::string_view utc(std::string_view json_text);
  /// `text` (JSON text or empty) where it is an IP address, else empty.
  std::string_view address(std::string_view json_text);
  void set_severity(std::string_view label, double score);
  /// By a label alone, in any case; false where it is none.
  bool set_severity_label(std::string_view label);

  /// Text to be put together: add to `begin()`, then `keep()`. One at a time.
  json::Pieces& begin() {
    out_.pieces.clear();
    return out_.pieces;
  }
  std::string_view keep() {
    char* place = arena_.allocate(out_.pieces.size());
    out_.pieces.copy_to(place);
    return {place, out_.pieces.size()};
  }
  /// A string in JSON from contents of JSON strings.
  std::string_view joined(std::initializer_list<std::string_view> contents) {
    std::size_t size = 2;
    for (std::string_view content : contents) size += content.size();
    char* const place = arena_.allocate(size);
    place[0] = place[size - 1] = '"';
    char* end = place + 1;
    for (std::string_view content : contents) end = std::copy(content.begin(), content.end(), end);
    return {place, size};
  }
  /// 32 digits, as a string in JSON.
  std::string_view hash(std::string_view bytes);
  /// Memory for one text at a time that is no JSON yet.
  std::string& scratch() {
    out_.scratch.clear();
    return out_.scratch;
  }
  /// A string in JSON, quoted and escaped anew.
  std::string_view quoted(std::string_view decoded);

  void note(std::string_view code, std::string_view message) {
    out_.notes.push_back({code, arena_.copy(message)});
  }

 private:
  std::string_view no_text(json::EventValue value, std::string_view name);
  void note_wrong_type(json::EventValue value, std::string_view name, std::string_view wanted);

  const Finding& finding_;
  const Detection& detection_;
  Arena& arena_;
  Normalized& out_;
};

/// INFORMATIONAL, LOW, MEDIUM, HIGH, CRITICAL with their bands of the score 0–100.
struct SeverityBand {
  std::string_view label;
  double low;
  double high;            ///< inclusive
  std::string_view json;  ///< the field `severity` with the lowest score
};
/// nullptr where the label is none (any case) or the score is outside 0–100.
const SeverityBand* severity_band(std::string_view label);
const SeverityBand* severity_band(double score);

/// The content of a JSON string's text: without its quotes, escapes as written.
inline std::string_view content(std::string_view json_text) {
  return json_text.size() < 2 ? std::string_view() : json_text.substr(1, json_text.size() - 2);
}

/// Writes the list `resources`: `{id, type, region?}` each. Between construction and `finish` the
/// normalizer's scratch is taken.
class ResourceList {
 public:
  explicit ResourceList(Normalizer& normalizer) : pieces_(normalizer.begin()) {
    pieces_.open_array();
  }
  /// JSON texts; one without id is left out.
  void add(std::string_view id, std::string_view type, std::string_view region = {});
  bool empty() const { return empty_; }
  /// Sets the field, absent where the list is empty.
  void finish(Normalizer& normalizer);

 private:
  json::Pieces& pieces_;
  bool empty_ = true;
};

/// Sets `principal`; JSON texts, those that are empty are left out.
void set_principal(Normalizer& normalizer, std::string_view type, std::string_view arn,
                   std::string_view user_name, std::string_view account_id);

void normalize_cloudtrail(Normalizer& normalizer);
void normalize_security_hub(Normalizer& normalizer);
void normalize_guardduty(Normalizer& normalizer);
void normalize_config(Normalizer& normalizer);

/// Adds what `requestParameters` of a call to `service` (`ec2`) name.
void add_requested_resources(ResourceList& resources, std::string_view service,
                             std::string_view event_name, json::EventValue request_parameters);

}  // namespace semper::finding
