/// Templates in extension blocks: JSON whose strings may hold references into the finding.
///
///   "${normalized.accountTags.account_owner}"   a reference; roots: normalized, accountContext,
///                                               finding, raw, context
///   "${a.b[0].c}" "${a[*].id}" "${a["odd.key"]}"  index, all elements (joined by ", " inside text),
///                                               a key that is no plain name
///   "${a.b:-none}"                              a default where the finding has no value
///   "$${"                                       a literal "${"
///
/// Keys are found as policies find them: exactly, else without regard to case.
/// A string that is one reference and nothing else becomes the value itself, with its type.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"
#include "json/event.h"
#include "pattern/parse.h"

namespace semper::policy {

struct Step {
  enum class Kind : std::uint8_t { kKey, kIndex, kAll };
  Kind kind = Kind::kKey;
  std::string key;
  std::uint32_t index = 0;
};

struct Reference {
  std::string text;  ///< as written, for the verdict
  std::vector<Step> path;
  std::optional<std::string> fallback;
};

/// Literal text, or a reference.
struct TemplatePart {
  std::string text;
  std::optional<Reference> reference;
};

struct TemplateMember;

struct TemplateValue {
  json::Kind kind = json::Kind::kNull;
  std::string literal;              ///< kNull, kBool, kNumber: the JSON text
  std::vector<TemplatePart> parts;  ///< kString
  std::vector<TemplateValue> elements;
  std::vector<TemplateMember> members;
  bool has_references = false;  ///< here or below
};

struct TemplateMember {
  std::string key;
  TemplateValue value;
};

/// Reads a template. `bare_path`: a string that is a dotted path with a known root counts as a
/// reference (findingResource.id). False: `error` tells the bad reference.
bool parse_template(const json::Value& value, TemplateValue& result, pattern::Issue& error);
bool parse_reference(std::string_view path, Reference& reference, std::string& error);

/// Appends the template as JSON, references answered from `processed` (the processed finding as one
/// object). A member whose string cannot be answered is left out, an element too, and the reference
/// is appended to `unanswered`. Returns false where the value itself is left out.
bool render(const TemplateValue& value, json::EventValue processed, std::string& out,
            std::vector<std::string>& unanswered);

}  // namespace semper::policy
