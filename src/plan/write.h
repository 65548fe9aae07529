/// A plan as text: one JSON document, or files for the tools that apply it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/desired.h"

namespace semper::plan {

/// Bytes of the file `path`; false: stop.
using Sink = std::function<bool(std::string_view path, std::string_view bytes)>;

inline constexpr std::string_view kPlanFile = "plan.json";

/// The items of one part and key.
struct Group {
  const Item* first = nullptr;  ///< whose settings count
  std::vector<std::string_view> policies;
};
/// Calls `use` with each group of the state, in order.
void each_group(const Desired& desired, const State& state,
                const std::function<void(const Group&)>& use);

/// The beginning of the document, with every definition; then a state each; then the end.
void append_head(const Desired& desired, std::string& out);
void append_state(const Desired& desired, const State& state, bool first, std::string& out);
void append_end(std::string& out);

/// Files of one account and region; none where nothing is to be applied.
struct File {
  std::string path;
  std::string content;
};
void cloudformation(const Desired& desired, const State& state, std::vector<File>& files);
void terraform(const Desired& desired, const State& state, std::vector<File>& files);

/// Reads a plan as `append_head` … wrote it, or reformatted. Whoever calls it must keep `old`.
/// Lines of {"account", "region", "change", "part", "key", …}. False: `error` says why `old` is no
/// plan. `accounts` are sorted by id.
bool write_difference(const Desired& desired, const std::vector<Account>& accounts,
                      std::string_view old, const Sink& sink, std::string& error);

// What both kinds of templates say of an item.

/// A name that tools take, told apart by a hash: `ConfigRuleS3Versioning0123abcd`.
std::string camel_name(std::string_view prefix, std::string_view key);
std::string snake_name(std::string_view key);
std::string standard_arn(std::string_view standard, std::string_view region);
std::string control_arn(const Item& item, const State& state);
/// Why no template can hold the control that is switched off; empty: it can. `enabled`: the
/// standards that the state enables.
std::string_view why_not_switched(const Desired& desired, const Item& item,
                                  const std::set<std::string_view>& enabled, bool beside_standard);
std::set<std::string_view> enabled_standards(const Desired& desired, const State& state);
/// `maximumExecutionFrequency` of a managed rule, which AWS wants beside its source.
std::string_view frequency_of(const policy::ConfigRule& rule);

}  // namespace semper::plan
