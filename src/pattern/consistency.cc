#include "pattern/consistency.h"

#include <algorithm>
#include <map>

namespace semper::pattern {
namespace {

void sort_unique(std::vector<std::uint32_t>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

}  // namespace

bool Consistency::holds() {
  if (!gather()) return false;
  std::optional<bool> fit = positives_fit();
  if (fit && !*fit) return false;
  bool any_absent = std::any_of(nested_.begin(), nested_.end(),
                                [](const Nested& nested) { return nested.may_be_absent; });
  if (fit && !any_absent) return true;
  // Choices in lists that are not around each other do not touch each other.
  for (Group& group : groups()) {
    sort_group(group);
    chosen_.clear();
    absent_.clear();
    if (!choose(group, 0)) return false;
  }
  return true;
}

/// False where a field cannot hold whatever the others choose.
bool Consistency::gather() {
  const ProgramData& data = *state_.data;
  for (std::uint32_t i = 0; i < branch_.count; ++i) {
    std::uint32_t field = data.branch_fields[branch_.fields + i];
    const CompiledField& compiled = data.fields[field];
    if (!state_.is_nested(compiled.path)) {
      bool is_absent = compiled.absent && state_.first_observation(compiled.path) == 0;
      if (!is_absent && !state_.any_observation_satisfies(field)) return false;
      continue;
    }
    Nested& nested = nested_.emplace_back();
    nested.field = field;
    nested.may_be_absent = compiled.absent;
    for (std::uint32_t o = state_.first_observation(compiled.path); o != 0;
         o = state_.observations[o].next) {
      const Observation& observation = state_.observations[o];
      nested.present.push_back(observation.context);
      if (state_.satisfies(compiled, observation)) nested.satisfying.push_back(observation.context);
    }
    sort_unique(nested.present);
    sort_unique(nested.satisfying);
  }
  return true;
}

// --- all fields that want a value: decided bottom-up, each context looked at once ---

class Consistency::Families {
 public:
  Families(const MatcherState& state, std::vector<std::pair<std::uint32_t, std::uint64_t>> direct)
      : state_(state), direct_(std::move(direct)) {}

  /// What the contexts from `at` on that are inside the one at `at` can answer together. Moves `at`
  /// behind them.
  std::vector<std::uint64_t> solve(std::size_t& at) {
    std::uint32_t context = direct_[at].first;
    std::uint32_t last = state_.contexts[context].last;
    std::vector<std::uint64_t> family{direct_[at].second};
    ++at;
    while (at < direct_.size() && direct_[at].first <= last) {
      std::uint32_t list = state_.contexts[direct_[at].first].list;
      std::vector<std::uint64_t> of_list;
      while (at < direct_.size() && direct_[at].first <= last &&
             state_.contexts[direct_[at].first].list == list) {
        for (std::uint64_t set : solve(at)) add(of_list, set);
      }
      std::vector<std::uint64_t> both;
      for (std::uint64_t a : family) {
        for (std::uint64_t b : of_list) add(both, a | b);
      }
      family = std::move(both);
    }
    return family;
  }
  bool gave_up() const { return gave_up_; }

 private:
  void add(std::vector<std::uint64_t>& family, std::uint64_t set) {
    constexpr std::size_t kMost = 256;
    for (std::uint64_t other : family) {
      if ((set | other) == other) return;
    }
    std::erase_if(family, [&](std::uint64_t other) { return (set | other) == set; });
    if (family.size() == kMost) {
      gave_up_ = true;
    } else {
      family.push_back(set);
    }
  }

  const MatcherState& state_;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> direct_;
  bool gave_up_ = false;
};

/// nullopt: too contrived for this way.
std::optional<bool> Consistency::positives_fit() const {
  std::vector<std::pair<std::uint32_t, std::uint64_t>> direct{{0, 0}};
  std::uint64_t wanted = 0;
  std::uint32_t bits = 0;
  for (const Nested& nested : nested_) {
    if (nested.may_be_absent) continue;
    if (bits == 64) return std::nullopt;
    std::uint64_t bit = std::uint64_t{1} << bits++;
    wanted |= bit;
    for (std::uint32_t context : nested.satisfying) {
      direct.emplace_back(context, bit);
      for (std::uint32_t c = context; c != 0; c = state_.contexts[c].parent)
        direct.emplace_back(c, 0);
    }
  }
  std::sort(direct.begin(), direct.end());
  std::size_t merged = 0;
  for (std::size_t i = 1; i < direct.size(); ++i) {
    if (direct[i].first == direct[merged].first) {
      direct[merged].second |= direct[i].second;
    } else {
      direct[++merged] = direct[i];
    }
  }
  direct.resize(merged + 1);
  Families families(state_, std::move(direct));
  std::size_t at = 0;
  std::vector<std::uint64_t> family = families.solve(at);
  bool fit = std::find(family.begin(), family.end(), wanted) != family.end();
  if (!fit && families.gave_up()) return std::nullopt;
  return fit;
}

// --- with fields that may be absent: one choice after another ---

std::uint32_t Consistency::outermost_list(std::uint32_t context) const {
  while (state_.contexts[context].parent != 0) context = state_.contexts[context].parent;
  return state_.contexts[context].list;
}

/// Fields whose values share an outermost list, directly or through others.
std::vector<Consistency::Group> Consistency::groups() const {
  std::vector<std::size_t> leader(nested_.size());
  auto find = [&](std::size_t i) {
    while (leader[i] != i) i = leader[i] = leader[leader[i]];
    return i;
  };
  std::map<std::uint32_t, std::size_t> owner;  // list → a field with values in it
  for (std::size_t i = 0; i < nested_.size(); ++i) {
    leader[i] = i;
    for (std::uint32_t context : nested_[i].present) {
      if (context == 0) continue;
      auto [entry, fresh] = owner.try_emplace(outermost_list(context), i);
      if (!fresh) leader[find(i)] = find(entry->second);
    }
  }
  std::map<std::size_t, Group> by_leader;
  for (std::size_t i = 0; i < nested_.size(); ++i) by_leader[find(i)].push_back(&nested_[i]);
  std::vector<Group> groups;
  for (auto& [_, group] : by_leader) groups.push_back(std::move(group));
  return groups;
}

bool Consistency::is_event_bridge() const {
  return state_.data->patterns[branch_.pattern].dialect == Dialect::kEventBridge;
}

/// eventbridge prescribes the order; else the fields with the fewest choices come first.
void Consistency::sort_group(Group& group) const {
  const ProgramData& data = *state_.data;
  bool by_path = is_event_bridge();
  std::stable_sort(group.begin(), group.end(), [&](const Nested* a, const Nested* b) {
    if (by_path) {
      return data.paths[data.fields[a->field].path].rank <
             data.paths[data.fields[b->field].path].rank;
    }
    return a->satisfying.size() < b->satisfying.size();
  });
}

bool Consistency::choose(const Group& group, std::size_t next) {
  if (next == group.size()) {
    return is_event_bridge() ||
           std::all_of(absent_.begin(), absent_.end(),
                       [&](const Nested* nested) { return is_absent(*nested); });
  }
  const Nested& nested = *group[next];
  for (std::size_t i = next_consistent(nested.satisfying, 0); i < nested.satisfying.size();
       i = next_consistent(nested.satisfying, i + 1)) {
    chosen_.push_back(nested.satisfying[i]);
    bool fits = choose(group, next + 1);
    chosen_.pop_back();
    if (fits) return true;
  }
  if (!nested.may_be_absent || (is_event_bridge() && !is_absent(nested))) return false;
  absent_.push_back(&nested);
  bool fits = choose(group, next + 1);
  absent_.pop_back();
  return fits;
}

bool Consistency::is_absent(const Nested& nested) const {
  return next_consistent(nested.present, 0) == nested.present.size();
}

/// The first context from `at` on that no chosen one excludes. Elements that are excluded are
/// stepped over together.
std::size_t Consistency::next_consistent(const Contexts& contexts, std::size_t at) const {
  auto first_from = [&](std::uint32_t context) {
    return static_cast<std::size_t>(
        std::lower_bound(contexts.begin() + static_cast<std::ptrdiff_t>(at), contexts.end(),
                         context) -
        contexts.begin());
  };
  const std::vector<Context>& all = state_.contexts;
  std::size_t chosen = 0;
  while (at < contexts.size() && chosen < chosen_.size()) {
    // The ancestors in which the two paths part; 0 where one is on the path of the other.
    std::uint32_t a = contexts[at];
    std::uint32_t b = chosen_[chosen];
    std::uint32_t parted_a = 0;
    std::uint32_t parted_b = 0;
    while (a != b) {
      if (a > b) {
        parted_a = a;
        a = all[a].parent;
      } else {
        parted_b = b;
        b = all[b].parent;
      }
    }
    bool is_excluded = parted_a != 0 && parted_b != 0 && all[parted_a].list == all[parted_b].list;
    if (!is_excluded) {
      ++chosen;
      continue;
    }
    at = parted_a < parted_b ? first_from(parted_b)
                             : first_from(state_.list_ends[all[parted_a].list] + 1);
    chosen = 0;
  }
  return at;
}

}  // namespace semper::pattern
