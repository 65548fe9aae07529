#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "base/text.h"
#include "policy/fields.h"
#include "policy/places.h"
#include "policy/report.h"
#include "policy/repository.h"
#include "policy/sections.h"

namespace semper::policy {
namespace {

/// Everywhere in the file: of two equal keys, one would silently win.
class DuplicateKeys {
 public:
  explicit DuplicateKeys(Report& report) : report_(report) {}

  void check(const json::Value& value) {
    for (const json::Value& element : value.elements()) {
      if (!element.is_scalar()) check(element);
    }
    std::span<const json::Member> members = value.members();
    if (has_duplicate(members)) tell(members);
    for (const json::Member& member : members) {
      if (!member.value.is_scalar()) check(member.value);
    }
  }

 private:
  static bool has_duplicate(std::span<const json::Member> members) {
    constexpr std::size_t kFew = 16;
    if (members.size() > kFew) return true;  // sorting will tell
    for (std::size_t i = 1; i < members.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (members[i].key == members[j].key) return true;
      }
    }
    return false;
  }

  void tell(std::span<const json::Member> members) {
    std::vector<const json::Member*> sorted;
    sorted.reserve(members.size());
    for (const json::Member& member : members) sorted.push_back(&member);
    std::sort(sorted.begin(), sorted.end(), [](const json::Member* a, const json::Member* b) {
      return a->key != b->key ? a->key < b->key : a->key_begin < b->key_begin;
    });
    for (std::size_t i = 1; i < sorted.size(); ++i) {
      const json::Member& member = *sorted[i];
      if (member.key == sorted[i - 1]->key && !report_.holds("duplicate_key", member.key_begin)) {
        report_.error("duplicate_key", member.key_begin,
                      fmt::format("\"{}\" occurs twice; keep one of them", member.key));
      }
    }
  }

  Report& report_;
};

constexpr std::string_view kSectionNames[] = {"configure", "filtering", "extension"};

std::string_view section_of(Kind kind) {
  if (kind == Kind::kFiltering) return "filtering";
  return kind == Kind::kExtension ? "extension" : "configure";
}

/// The one section of the file, where it is the right one for its folder.
const json::Value* find_section(const Fields& fields, Kind kind, const json::Value& root,
                                Report& report) {
  std::string_view wanted = section_of(kind);
  std::string_view found;
  for (std::string_view name : kSectionNames) {
    if (fields.get(name) == nullptr) continue;
    if (!found.empty()) {
      report.error("several_sections", fields.key_offset(name),
                   fmt::format("a policy holds one of {}; split it into two files",
                               quoted_list(kSectionNames)));
      return fields.get(wanted);
    }
    found = name;
  }
  if (found.empty()) {
    report.error("missing_section", root.begin,
                 fmt::format("this policy needs the section \"{}\"", wanted));
  } else if (found != wanted) {
    report.error("wrong_section", fields.key_offset(found),
                 fmt::format("a policy in this folder holds \"{}\", not \"{}\"; move the file or "
                             "rename the section",
                             wanted, found));
  }
  return fields.get(wanted);
}

/// Beside the section instead of in it: dropping it would widen the policy, so it counts.
void read_misplaced_scope(const Fields& fields, const json::Value& section, const Loading& loading,
                          Policy& policy, Report& report) {
  const json::Value* scope = fields.get("policyScope");
  if (scope == nullptr) return;
  std::size_t offset = fields.key_offset("policyScope");
  if (section.find_ignore_case("policyScope") != nullptr) {
    report.error("duplicate_key", offset,
                 "\"policyScope\" stands in the section too; keep that one only");
    return;
  }
  report.warning("misplaced_key", offset,
                 fmt::format("move \"policyScope\" into \"{}\"", section_of(policy.kind)));
  policy.scope = read_scope(*scope, loading, report);
}

void read_envelope(const json::Value& root, const Place& place, const Loading& loading,
                   Policy& policy, Report& report) {
  static constexpr KnownKey kKeys[] = {
      {"enrichment", "extension"},  // generation 1.0
      {"metaData"},
      {"configure"},
      {"filtering"},
      {"extension"},
      {"auditing"},
      {"lifecycle"},
      {"eventEnrichment"},
      {"policyScope"},
  };
  if (!root.is_object()) {
    report.error("policy_not_object", root.begin,
                 fmt::format("a policy is a JSON object, not {}", json::kind_phrase(root.kind)));
    return;
  }
  Fields fields(root, "a policy", kKeys, UnknownKeys::kWarning, report);
  if (const json::Value* value = fields.get("metaData")) read_metadata(*value, policy, report);
  if (const json::Value* value = fields.get("auditing")) read_auditing(*value, policy, report);
  if (const json::Value* value = fields.get("lifecycle")) read_lifecycle(*value, policy, report);
  if (const json::Value* value = fields.get("eventEnrichment")) {
    read_event_enrichment(*value, policy, report);
  }
  const json::Value* section = find_section(fields, place.kind, root, report);
  if (section == nullptr) return;
  read_misplaced_scope(fields, *section, loading, policy, report);
  if (place.kind == Kind::kFiltering) {
    read_filtering(*section, loading, policy, report);
  } else if (place.kind == Kind::kExtension) {
    read_extension(*section, loading, policy, report);
  } else {
    read_configure(*section, place, loading, policy, report);
  }
}

void report_misplaced(std::string_view id, Report& report) {
  std::vector<std::string_view> folders;
  for (const Place& place : policy_folders()) folders.push_back(place.path);
  std::string_view meant = nearest(id.substr(0, id.rfind('/')), folders);
  report.error("no_policy_path", 0,
               meant.empty() ? fmt::format("a policy's id is its path below the repository's root, "
                                           "such as \"{}/name\"",
                                           folders.front())
                             : fmt::format("no policy folder; did you mean \"{}\"?", meant));
}

}  // namespace

bool load_policy(std::string_view id, std::string_view file, std::string_view text,
                 const Limits& limits, Policy& policy, std::vector<Diagnostic>& diagnostics,
                 PolicyMemory& memory) {
  const Loading loading{limits, memory};
  policy = Policy();
  Report report(file, text, diagnostics);
  const Place* place = place_of(id);
  if (place == nullptr) {
    report_misplaced(id, report);
    return false;
  }
  if (find_invalid_utf8(id) != std::string_view::npos) {
    report.error("invalid_file_name", 0, "the file's name is not UTF-8; rename it");
    return false;
  }
  if (text.size() > loading.limits.policy_bytes) {
    report.error(
        "policy_too_large", 0,
        fmt::format("a policy file has at most {} bytes; split it", loading.limits.policy_bytes));
    return false;
  }
  policy.id = id;
  policy.file = file;
  policy.hash = hash_hex(text);
  policy.kind = place->kind;
  policy.source = place->source;

  json::ParseError error;
  json::ParseOptions options;
  options.max_bytes = loading.limits.policy_bytes;
  options.max_depth = loading.limits.pattern_depth;
  const json::Document& document = memory.document;
  if (!json::Document::parse(text, options, memory.document, error)) {
    report.add(Report::Severity::kError, pattern::issue_of(error));
    return false;
  }
  report.set_document(document);
  read_envelope(document.root(), *place, loading, policy, report);
  DuplicateKeys(report).check(document.root());
  report.sort();
  return !report.failed();
}

}  // namespace semper::policy
