#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "json/writer.h"
#include "plan/write.h"

namespace semper::plan {
namespace {

constexpr std::string_view kUndetermined = "undetermined";
constexpr std::size_t kPieceBytes = std::size_t{1} << 16;

std::string_view trim(std::string_view text) {
  std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

/// What a state says of one thing.
struct Entry {
  std::string settings;
  std::vector<std::string> policies;
};
/// By part (its number, the undetermined last) and key.
using Entries = std::map<std::pair<std::size_t, std::string>, Entry>;

/// A plan that was written before: its definitions, and where its states are in the text.
class OldPlan {
 public:
  using Place = std::pair<std::string, std::string>;  ///< account, region

  bool read(std::string_view text, std::string& error) {
    if (!read_lines(text) && !read_whole(text)) {
      error = problem_.empty() ? "no plan that `semper plan` wrote" : problem_;
      return false;
    }
    return true;
  }

  const std::map<Place, std::string_view>& states() const { return states_; }

  void entries(std::string_view state, Entries& entries) {
    entries.clear();
    if (!document_.parse(state)) return;
    for (std::size_t part = 0; part < kParts; ++part) {
      std::string_view name = part_name(static_cast<Part>(part));
      for (json::EventValue::Member member : document_.root().find(name).members()) {
        std::string key(member.key().string(scratch_));
        Entry& entry = entries[{part, key}];
        for (json::EventValue policy : member.value().elements()) {
          entry.policies.emplace_back(policy.string(scratch_));
        }
        if (entry.policies.empty()) continue;
        auto found = definitions_.find(name_of(name, key, entry.policies[0]));
        if (found != definitions_.end()) entry.settings = found->second;
      }
    }
    for (json::EventValue policy : document_.root().find(kUndetermined).elements()) {
      std::string id(policy.string(scratch_));
      entries[{kParts, id}].policies.push_back(id);
    }
  }

 private:
  static std::string name_of(std::string_view part, std::string_view key, std::string_view policy) {
    return fmt::format("{}\n{}\n{}", part, key, policy);
  }

  /// As we write it: no more than a line is parsed at once, whatever the plan's size.
  bool read_lines(std::string_view text) {
    if (!text.starts_with("{\"plan\":1,\"regions\":[")) return false;
    std::size_t number = 0;
    bool in_states = false;
    bool ended = false;
    while (!text.empty()) {
      std::size_t end = std::min(text.find('\n'), text.size());
      std::string_view line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      ++number;
      if (number == 1) {
        if (!line.ends_with("],\"definitions\":[")) return false;
      } else if (!in_states && line == "],\"states\":[") {
        in_states = true;
      } else if (in_states && line == "]}") {
        ended = true;
      } else {
        if (line.ends_with(',')) line.remove_suffix(1);
        if (ended || !(in_states ? add_state(line) : add_definition(line))) {
          problem_ =
              fmt::format("line {}: no {} of a plan", number, in_states ? "state" : "definition");
          return false;
        }
      }
    }
    if (!ended) problem_ = "the plan is cut off";
    return ended;
  }

  bool read_whole(std::string_view text) {
    if (!problem_.empty()) return false;
    Limits limits;
    limits.event_bytes = std::size_t{1} << 30;
    json::EventDocument document;
    if (!document.parse(text, limits)) {
      problem_ = fmt::format("byte {}: {}", document.error().offset, document.error().message);
      return false;
    }
    json::EventValue root = document.root();
    if (root.find("plan").raw() != "1") return false;
    for (json::EventValue value : root.find("definitions").elements()) {
      if (!add_definition(value.raw())) return false;
    }
    for (json::EventValue value : root.find("states").elements()) {
      if (!add_state(value.raw())) return false;
    }
    return root.find("definitions").is_array() && root.find("states").is_array();
  }

  bool add_definition(std::string_view text) {
    if (!document_.parse(text)) return false;
    json::EventValue root = document_.root();
    std::string part(root.find("part").string(scratch_));
    std::string key(root.find("key").string(scratch_));
    std::string policy(root.find("policy").string(scratch_));
    json::EventValue settings = root.find("settings");
    if (part.empty() || key.empty() || !settings.is_object()) return false;
    // Escapes may be spelled in another way than ours.
    json::Document spelled;
    json::ParseError error;
    if (!json::Document::parse(std::string(settings.raw()), {}, spelled, error)) return false;
    std::string compact;
    json::append_value(compact, spelled.root());
    definitions_.emplace(name_of(part, key, policy), std::move(compact));
    return true;
  }

  bool add_state(std::string_view text) {
    if (!document_.parse(text)) return false;
    json::EventValue root = document_.root();
    std::string account(root.find("account").string(scratch_));
    std::string region(root.find("region").string(scratch_));
    if (account.empty() || region.empty()) return false;
    states_[{account, region}] = trim(text);
    return true;
  }

  std::unordered_map<std::string, std::string> definitions_;
  std::map<Place, std::string_view> states_;
  json::EventDocument document_;
  std::string scratch_;
  std::string problem_;
};

class Difference {
 public:
  Difference(const Desired& desired, OldPlan& old, const Sink& sink)
      : desired_(desired), old_(old), sink_(sink) {}

  void run(const std::vector<Account>& accounts) {
    AccountPlan plan(desired_);
    auto next = old_.states().begin();
    for (const Account& account : accounts) {
      if (stopped_ || !plan.judge(account)) continue;
      for (std::size_t region = 0; region < desired_.regions().size(); ++region) {
        const State& state = plan.in(region);
        OldPlan::Place place(account.id, desired_.regions()[region]);
        for (; next != old_.states().end() && next->first < place; ++next) gone(*next);
        before_.clear();
        if (next != old_.states().end() && next->first == place) {
          old_.entries(next->second, before_);
          ++next;
        }
        if (plan.planned(state)) {
          fill(state);
        } else {
          after_.clear();
        }
        compare(place);
      }
    }
    for (; next != old_.states().end(); ++next) gone(*next);
    flush();
  }

 private:
  void gone(const std::pair<const OldPlan::Place, std::string_view>& state) {
    old_.entries(state.second, before_);
    after_.clear();
    compare(state.first);
  }

  void fill(const State& state) {
    after_.clear();
    each_group(desired_, state, [&](const Group& group) {
      Entry& entry = after_[{static_cast<std::size_t>(group.first->part), group.first->key}];
      entry.settings = group.first->settings;
      entry.policies.assign(group.policies.begin(), group.policies.end());
    });
    for (std::uint32_t policy : state.undetermined) {
      const std::string& id = desired_.policies()[policy].id;
      after_[{kParts, id}].policies.push_back(id);
    }
  }

  void compare(const OldPlan::Place& place) {
    auto before = before_.begin();
    auto after = after_.begin();
    while (before != before_.end() || after != after_.end()) {
      if (after == after_.end() || (before != before_.end() && before->first < after->first)) {
        write(place, "remove", before->first, &before->second, nullptr);
        ++before;
      } else if (before == before_.end() || after->first < before->first) {
        write(place, "add", after->first, nullptr, &after->second);
        ++after;
      } else {
        if (before->second.settings != after->second.settings) {
          write(place, "change", after->first, &before->second, &after->second);
        }
        ++before;
        ++after;
      }
    }
  }

  void write(const OldPlan::Place& place, std::string_view change,
             const std::pair<std::size_t, std::string>& what, const Entry* before,
             const Entry* after) {
    json::Writer writer(out_);
    writer.begin_object().key("account").string(place.first).key("region").string(place.second);
    writer.key("change").string(change).key("part");
    writer.string(what.first == kParts ? kUndetermined : part_name(static_cast<Part>(what.first)));
    writer.key("key").string(what.second).key("policies").begin_array();
    for (const std::string& policy : (after != nullptr ? after : before)->policies) {
      writer.string(policy);
    }
    writer.end_array();
    if (before != nullptr && !before->settings.empty()) writer.key("from").raw(before->settings);
    if (after != nullptr && !after->settings.empty()) writer.key("to").raw(after->settings);
    writer.end_object();
    out_ += '\n';
    if (out_.size() >= kPieceBytes) flush();
  }

  void flush() {
    if (!stopped_ && !out_.empty()) stopped_ = !sink_("difference.ndjson", out_);
    out_.clear();
  }

  const Desired& desired_;
  OldPlan& old_;
  const Sink& sink_;
  Entries before_, after_;
  std::string out_;
  bool stopped_ = false;
};

}  // namespace

bool write_difference(const Desired& desired, const std::vector<Account>& accounts,
                      std::string_view old, const Sink& sink, std::string& error) {
  OldPlan plan;
  if (!plan.read(old, error)) return false;
  Difference(desired, plan, sink).run(accounts);
  return true;
}

}  // namespace semper::plan
