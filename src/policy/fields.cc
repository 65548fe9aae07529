#include "policy/fields.h"

#include <fmt/format.h>

#include "base/text.h"

namespace semper::policy {

Fields::Fields(const json::Value& value, std::string_view what, std::span<const KnownKey> keys,
               UnknownKeys unknown, Report& report)
    : object_(value), what_(what), keys_(keys), report_(report) {
  if (!value.is_object()) {
    report_wrong_type(value, what, "an object", report);
    return;
  }
  for (const json::Member& member : value.members()) {
    std::size_t index = index_of(member.key);
    if (index == keys_.size()) {
      if (unknown == UnknownKeys::kError) report_unknown(member, Report::Severity::kError);
      if (unknown == UnknownKeys::kWarning) report_unknown(member, Report::Severity::kWarning);
    } else if (members_[index] != nullptr) {
      report.error("duplicate_key", member.key_begin,
                   fmt::format("\"{}\" occurs twice in {} (first as \"{}\"); keep one of them",
                               member.key, what, members_[index]->key));
    } else {
      members_[index] = &member;
    }
  }
}

std::size_t Fields::index_of(std::string_view name) const {
  std::string_view wanted = name;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (keys_[i].name.size() != wanted.size()) continue;
    if (!equals_ignore_ascii_case(keys_[i].name, wanted)) continue;
    if (keys_[i].alias_of.empty()) return i;
    wanted = keys_[i].alias_of;  // the tables put an alias before what it stands for
  }
  return keys_.size();
}

void Fields::report_unknown(const json::Member& member, Report::Severity severity) const {
  std::vector<std::string_view> names;
  for (const KnownKey& key : keys_) {
    if (key.alias_of.empty()) names.push_back(key.name);
  }
  std::string_view meant = nearest(member.key, names);
  std::string hint = meant.empty() ? fmt::format("known here: {}", quoted_list(names))
                                   : fmt::format("did you mean \"{}\"?", meant);
  report_.add(severity, "unknown_key", member.key_begin,
              fmt::format("unknown key \"{}\" in {}; {}", member.key, what_, hint));
}

/// The member of a key as the table writes it, which is no alias; null where it is absent.
const json::Member* Fields::member(std::string_view name) const {
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (keys_[i].name == name) return members_[i];
  }
  return nullptr;
}

const json::Value* Fields::get(std::string_view name) const {
  const json::Member* found = member(name);
  return found == nullptr ? nullptr : &found->value;
}

std::size_t Fields::key_offset(std::string_view name) const {
  return member(name)->key_begin;
}

const json::Value* Fields::require(std::string_view name) const {
  const json::Value* value = get(name);
  if (value == nullptr && object_.is_object()) {
    report_.error("missing_key", object_.begin, fmt::format("{} needs \"{}\"", what_, name));
  }
  return value;
}

std::string Fields::text(std::string_view name) const {
  const json::Value* value = get(name);
  if (value == nullptr) return {};
  if (!value->is_string()) {
    report_wrong_type(*value, name, "a string", report_);
    return {};
  }
  return std::string(value->text);
}

std::string Fields::required_text(std::string_view name) const {
  const json::Value* value = require(name);
  if (value == nullptr) return {};
  std::string result = text(name);
  if (value->is_string() && result.empty()) {
    report_.error("invalid_value", value->begin, fmt::format("\"{}\" must not be empty", name));
  }
  return result;
}

std::vector<std::string> Fields::texts_of(const json::Value& list, std::string_view name) const {
  std::vector<std::string> result;
  result.reserve(list.count);
  for (const json::Value& element : list.elements()) {
    if (element.is_string()) {
      result.emplace_back(element.text);
    } else {
      report_wrong_type(element, name, "a list of strings", report_);
    }
  }
  return result;
}

std::vector<std::string> Fields::texts(std::string_view name) const {
  const json::Value* value = get(name);
  if (value == nullptr) return {};
  if (!value->is_array()) report_wrong_type(*value, name, "a list of strings", report_);
  return texts_of(*value, name);
}

std::vector<std::string> Fields::required_text_or_texts(std::string_view name) const {
  const json::Value* value = require(name);
  if (value == nullptr) return {};
  if (value->is_string()) return {std::string(value->text)};
  if (!value->is_array()) report_wrong_type(*value, name, "a string or a list of strings", report_);
  return texts_of(*value, name);
}

std::span<const json::Value> Fields::list(std::string_view name) const {
  const json::Value* value = get(name);
  if (value == nullptr) return {};
  if (!value->is_array()) report_wrong_type(*value, name, "a list", report_);
  return value->elements();
}

std::optional<std::size_t> Fields::choice(std::string_view name,
                                          std::span<const std::string_view> choices) const {
  const json::Value* value = get(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) {
    report_wrong_type(*value, name, quoted_list(choices), report_);
    return std::nullopt;
  }
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (equals_ignore_ascii_case(value->text, choices[i])) return i;
  }
  report_.error("invalid_value", value->begin,
                fmt::format("\"{}\" is no value for \"{}\"; write {}", value->text, name,
                            quoted_list(choices)));
  return std::nullopt;
}

void report_wrong_type(const json::Value& value, std::string_view name, std::string_view wanted,
                       Report& report) {
  report.error("wrong_type", value.begin,
               fmt::format("\"{}\" wants {}, not {}", name, wanted, json::kind_phrase(value.kind)));
}

std::span<const json::Value> one_or_many(const json::Value& value, std::string_view name,
                                         Report& report) {
  if (value.is_object()) return {&value, 1};
  if (!value.is_array()) report_wrong_type(value, name, "an object or a list of objects", report);
  return value.elements();
}

std::string quoted_list(std::span<const std::string_view> names) {
  std::string result;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) result += i + 1 == names.size() ? " or " : ", ";
    result += fmt::format("\"{}\"", names[i]);
  }
  return result;
}

}  // namespace semper::policy
