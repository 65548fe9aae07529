#include "engine/asked.h"

#include <vector>

#include "base/text.h"

namespace semper::engine {
namespace {

/// Keys of patterns are folded, those of templates are found without regard to case in ASCII.
bool is_normalized(std::string_view key) {
  return equals_ignore_ascii_case(key, "normalized");
}

}  // namespace

AskedFields AskedFields::all() {
  AskedFields asked;
  asked.bits_ = kAll;
  return asked;
}

void AskedFields::add(const pattern::Pattern& pattern) {
  if (pattern.dialect == pattern::Dialect::kSemper) {
    add(pattern.root);
  } else {
    bits_ = kAll;  // its keys with dots are paths
  }
}

void AskedFields::add(const pattern::Object& object) {
  for (const pattern::Member& member : object.members) {
    if (member.kind == pattern::Member::Kind::kOr) {
      for (const pattern::Object& branch : member.objects) add(branch);
    } else if (is_normalized(member.key)) {
      if (member.kind == pattern::Member::Kind::kField) bits_ = kAll;
      for (const pattern::Object& fields : member.objects) add_members(fields);
    }
  }
}

void AskedFields::add_members(const pattern::Object& object) {
  for (const pattern::Member& member : object.members) {
    if (member.kind == pattern::Member::Kind::kOr) {
      for (const pattern::Object& branch : member.objects) add_members(branch);
    } else {
      add_key(member.key);
    }
  }
}

void AskedFields::add(const policy::TemplateValue& value) {
  for (const policy::TemplatePart& part : value.parts) {
    if (!part.reference || !is_normalized(part.reference->path.front().key)) continue;
    const std::vector<policy::Step>& path = part.reference->path;
    if (path.size() > 1 && path[1].kind == policy::Step::Kind::kKey) {
      add_key(path[1].key);
    } else {
      bits_ = kAll;
    }
  }
  for (const policy::TemplateValue& element : value.elements) add(element);
  for (const policy::TemplateMember& member : value.members) add(member.value);
}

void AskedFields::add_key(std::string_view key) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(finding::Field::kCount); ++i) {
    auto field = static_cast<finding::Field>(i);
    if (equals_ignore_ascii_case(finding::field_name(field), key)) {
      bits_ |= bit(field);
      return;
    }
  }
  // Whatever else there is comes from the account or from a policy.
  bits_ |= kAccount | kWorkFlow;
}

}  // namespace semper::engine
