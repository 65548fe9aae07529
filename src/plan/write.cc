#include "plan/write.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "json/writer.h"
#include "plan/check.h"

namespace semper::plan {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

std::string_view without_prefix(std::string_view key) {
  constexpr std::string_view kPrefix = "semper-";
  if (key.starts_with(kPrefix)) key.remove_prefix(kPrefix.size());
  return key;
}

/// Names are cut so that the tools' limits (255) hold; the hash keeps them apart.
constexpr std::size_t kLongestName = 180;

}  // namespace

std::string camel_name(std::string_view prefix, std::string_view key) {
  std::string name(prefix);
  bool begins = true;
  for (char c : without_prefix(key)) {
    if (!is_letter_or_digit(c)) {
      begins = true;
    } else if (name.size() < kLongestName) {
      name += begins && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      begins = false;
    }
  }
  return name + hash_hex(key).substr(0, 8);
}

std::string snake_name(std::string_view key) {
  std::string name;
  for (char c : without_prefix(key)) {
    if (name.size() >= kLongestName) break;
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    name += is_letter_or_digit(c) ? c : '_';
  }
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) name.insert(0, "_");
  return name + "_" + hash_hex(key).substr(0, 8);
}

std::string standard_arn(std::string_view standard, std::string_view region) {
  // A ruleset is the same in all regions.
  return fmt::format("arn:{}:securityhub:{}::{}", partition_of(region),
                     standard.starts_with("ruleset/") ? "" : region, standard);
}

std::string control_arn(const Item& item, const State& state) {
  return fmt::format("arn:{}:securityhub:{}:{}:control/{}/{}", partition_of(state.region),
                     state.region, state.account, short_standard(item.standard), item.own_control);
}

std::set<std::string_view> enabled_standards(const Desired& desired, const State& state) {
  std::set<std::string_view> enabled;
  for (std::uint32_t index : state.items) {
    const Item& item = desired.items()[index];
    if (item.part == Part::kStandards && item.enabled) enabled.insert(item.standard);
  }
  return enabled;
}

std::string_view why_not_switched(const Desired& desired, const Item& item,
                                  const std::set<std::string_view>& enabled, bool beside_standard) {
  if (item.control.find('*') != std::string::npos) return "unresolved wildcard";
  if (beside_standard && item.own_control.empty()) {
    return "the standard has ids of its own, like 1.14; write that, or give a list of control ids";
  }
  if (enabled.find(item.standard) != enabled.end()) return {};
  if (desired.manages(item.standard)) return "standard not enabled here";
  return beside_standard ? "no policy enables the standard" : "";
}

std::string_view frequency_of(const policy::ConfigRule& rule) {
  if (rule.source_owner != "AWS") return {};
  for (const policy::ConfigRule::Detail& detail : rule.source_details) {
    if (!detail.maximum_execution_frequency.empty()) return detail.maximum_execution_frequency;
  }
  return {};
}

void each_group(const Desired& desired, const State& state,
                const std::function<void(const Group&)>& use) {
  Group group;
  auto flush = [&] {
    if (group.first != nullptr) use(group);
  };
  for (std::uint32_t index : state.items) {
    const Item& item = desired.items()[index];
    std::string_view policy = desired.policies()[item.policy].id;
    if (group.first != nullptr && group.first->part == item.part && group.first->key == item.key) {
      if (group.policies.back() != policy) group.policies.push_back(policy);
      continue;
    }
    flush();
    group.first = &item;
    group.policies.assign(1, policy);
  }
  flush();
}

void append_head(const Desired& desired, std::string& out) {
  out += "{\"plan\":1,\"regions\":[";
  bool first = true;
  for (std::size_t i = 0; i < desired.regions().size(); ++i) {
    if (!desired.is_default(i)) continue;
    if (!first) out += ',';
    first = false;
    json::append_quoted(out, desired.regions()[i]);
  }
  out += "],\"definitions\":[";
  const Item* last = nullptr;
  for (const Item& item : desired.items()) {
    bool same = last != nullptr && last->part == item.part && last->key == item.key &&
                last->policy == item.policy && last->settings == item.settings;
    if (same) continue;
    out += last == nullptr ? "\n" : ",\n";
    last = &item;
    json::Writer writer(out);
    writer.begin_object().key("part").string(part_name(item.part)).key("key").string(item.key);
    writer.key("policy").string(desired.policies()[item.policy].id);
    writer.key("settings").raw(item.settings).end_object();
  }
  out += "\n],\"states\":[";
}

void append_state(const Desired& desired, const State& state, bool first, std::string& out) {
  out += first ? "\n{\"account\":" : ",\n{\"account\":";
  json::append_quoted(out, state.account);
  out += ",\"region\":";
  json::append_quoted(out, state.region);
  std::size_t at = 0;
  for (std::size_t part = 0; part < kParts; ++part) {
    out += ",\"";
    out += part_name(static_cast<Part>(part));
    out += "\":{";
    const Item* last = nullptr;
    for (; at < state.items.size(); ++at) {
      const Item& item = desired.items()[state.items[at]];
      if (item.part != static_cast<Part>(part)) break;
      if (last != nullptr && last->key == item.key) {
        if (last->policy == item.policy) continue;
        out.back() = ',';
        json::append_quoted(out, desired.policies()[item.policy].id);
        out += ']';
      } else {
        if (last != nullptr) out += ',';
        out += item.entry;
      }
      last = &item;
    }
    out += '}';
  }
  if (!state.undetermined.empty()) {
    json::Writer writer(out);
    out += ",\"undetermined\":";
    writer.begin_array();
    for (std::uint32_t policy : state.undetermined) writer.string(desired.policies()[policy].id);
    writer.end_array();
  }
  out += '}';
}

void append_end(std::string& out) {
  out += "\n]}\n";
}

}  // namespace semper::plan
