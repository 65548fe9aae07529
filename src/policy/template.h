/// Templates in extension blocks: JSON whose strings may hold references into the finding.
///
///   "${normalized.accountTags.account_owner}"   a reference; roots: normalized, accountContext,
///                                               finding, raw, context
///   "${a.b[0].c}" "${a[*].id}" "${a["odd.key"]}"  index, all elements (joined by ", " inside
///   text),
///                                               a key that is no plain name
///   "${a.b:-none}"                              a default where the finding has no value
///   "$${"                                       a literal "${"
///
/// Keys are found as policies find them: exactly, else without regard to case. `null` is no value.
/// A string that is one reference and nothing else becomes the value itself, with its type.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
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
  std::string text;        ///< the path as written, for the verdict
  std::vector<Step> path;  ///< from the processed finding; finding.raw is `raw`
  std::optional<std::string> fallback;
};

/// Literal text, or a reference.
struct TemplatePart {
  std::string text;  ///< as it stands in a JSON string
  std::optional<Reference> reference;
};

struct TemplateMember;

struct TemplateValue {
  json::Kind kind = json::Kind::kNull;
  std::string literal;  ///< the JSON text of a value with nothing to fill in; else empty
  std::vector<TemplatePart> parts;      ///< kString
  std::vector<TemplateValue> elements;  ///< kArray
  std::vector<TemplateMember> members;  ///< kObject
  bool has_references = false;          ///< here or below; a `$${` counts
};

struct TemplateMember {
  std::string key;
  std::string start;  ///< the key as it stands in JSON, and a colon
  TemplateValue value;

  void set_key(std::string_view name);
};

/// Reads a template. Each of `bare_paths` is a string within `value` that counts as a reference if
/// it is a dotted path with a known root (findingResource.id). False: `error` (`bad_reference`)
/// tells the first bad reference.
bool parse_template(const json::Value& value, std::span<const json::Value* const> bare_paths,
                    TemplateValue& result, pattern::Issue& error);
/// What stands between the braces. False: `error` says what is wrong with it.
bool parse_reference(std::string_view text, Reference& reference, std::string& error);

/// Whether a reference begins with `root` (`finding`, `raw`, …; finding.raw may count as either).
bool asks_for(const TemplateValue& value, std::string_view root);

/// Appends the template as JSON, references answered from `processed` (the parts of the processed
/// finding: normalized, raw, accountContext …). A member whose string cannot be answered is left
/// out, an element too, and the reference is appended to `unanswered`. Returns false where the
/// value itself is left out.
bool render(const TemplateValue& value, const json::ObjectView& processed, std::string& out,
            std::vector<std::string_view>& unanswered);

}  // namespace semper::policy
