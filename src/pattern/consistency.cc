#include "pattern/consistency.h"

#include <algorithm>
#include <limits>
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
  if (std::optional<bool> fits = fits_soon()) return *fits;
  make_sure();
  std::optional<bool> fit = positives_fit();
  if (fit && !*fit) return false;
  bool any_absent = std::any_of(nested_.begin(), nested_.end(),
                                [](const Nested& nested) { return nested.may_be_absent; });
  if (fit && !any_absent) return true;
  steps_left_ = std::numeric_limits<std::size_t>::max();
  return choose_all();
}

/// False where a field cannot hold whatever the others choose.
bool Consistency::gather() {
  const ProgramData& data = *state_.data;
  for (std::uint32_t i = 0; i < branch_.count; ++i) {
    std::uint32_t field = data.branch_fields[branch_.fields + i];
    const CompiledField& compiled = data.fields[field];
    if (!state_.is_nested(compiled.path)) {
      if (!state_.holds_anywhere(field)) return false;
      continue;
    }
    Nested& nested = nested_.emplace_back();
    nested.field = field;
    nested.may_be_absent = compiled.absent;
  }
  for (Nested& nested : nested_) {
    const CompiledField& compiled = data.fields[nested.field];
    nested.places = &state_.places_of(compiled.path);
    nested.choices = &nested.places->contexts;
    if (compiled.list_count == 0) continue;
    state_.find_observation(compiled, [&](std::uint32_t observation) {
      nested.found.push_back(state_.observations[observation].context);
      return false;
    });
    sort_unique(nested.found);
    if (nested.found.empty() && !nested.may_be_absent) return false;
    nested.choices = &nested.found;
  }
  return true;
}

/// One choice after another, those with the fewest choices first, so that what a branch costs is
/// what its access field has found and not how long the lists are. nullopt: it takes too long.
std::optional<bool> Consistency::fits_soon() {
  constexpr std::size_t kSoon = 256;
  std::size_t fewest = nested_[0].choices->size();
  for (const Nested& nested : nested_) fewest = std::min(fewest, nested.choices->size());
  steps_left_ = kSoon + 8 * fewest;
  bool fits = choose_all();
  if (steps_left_ == 0) return std::nullopt;
  return fits;
}

bool Consistency::choose_all() {
  // Choices in lists that are not around each other do not touch each other.
  for (Group& group : groups()) {
    sort_group(group);
    chosen_.clear();
    absent_.clear();
    if (!choose(group, 0)) return false;
  }
  return true;
}

/// From here on `choices` are the contexts of values that satisfy.
void Consistency::make_sure() {
  for (Nested& nested : nested_) {
    const CompiledField& compiled = state_.data->fields[nested.field];
    nested.found.clear();
    state_.find_observation(compiled, [&](std::uint32_t i) {
      const Observation& observation = state_.observations[i];
      if (state_.satisfies(compiled, observation)) nested.found.push_back(observation.context);
      return false;
    });
    sort_unique(nested.found);
    nested.choices = &nested.found;
    nested.is_sure = true;
  }
}

bool Consistency::is_satisfied(const Nested& nested, std::uint32_t context) const {
  if (nested.is_sure) return true;
  const CompiledField& compiled = state_.data->fields[nested.field];
  const std::vector<PathPlaces::Place>& places = nested.places->places;
  auto place = std::lower_bound(places.begin(), places.end(), PathPlaces::Place{context, 0});
  for (; place != places.end() && place->context == context; ++place) {
    if (state_.satisfies(compiled, state_.observations[place->observation])) return true;
  }
  return false;
}

const PathPlaces& MatcherState::places_of(std::uint32_t path) {
  auto [entry, fresh] = path_places.try_emplace(path);
  PathPlaces& found = entry->second;
  if (!fresh) return found;
  for (std::uint32_t i = first_observation(path); i != 0; i = observations[i].next) {
    found.places.push_back({observations[i].context, i});
  }
  std::sort(found.places.begin(), found.places.end());
  for (const PathPlaces::Place& place : found.places) {
    if (!found.contexts.empty() && found.contexts.back() == place.context) continue;
    found.contexts.push_back(place.context);
    std::uint32_t context = place.context;
    while (contexts[context].parent != 0) context = contexts[context].parent;
    if (context != 0) found.outermost.push_back(contexts[context].list);
  }
  sort_unique(found.outermost);
  return found;
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
    for (std::uint32_t context : *nested.choices) {
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
    for (std::uint32_t list : nested_[i].places->outermost) {
      auto [entry, fresh] = owner.try_emplace(list, i);
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

/// eventbridge prescribes the order where a field may be absent; else the fields with the fewest
/// choices come first.
void Consistency::sort_group(Group& group) const {
  const ProgramData& data = *state_.data;
  bool by_path =
      is_event_bridge() && std::any_of(group.begin(), group.end(),
                                       [](const Nested* nested) { return nested->may_be_absent; });
  std::stable_sort(group.begin(), group.end(), [&](const Nested* a, const Nested* b) {
    if (by_path) {
      return data.paths[data.fields[a->field].path].rank <
             data.paths[data.fields[b->field].path].rank;
    }
    return a->choices->size() < b->choices->size();
  });
}

bool Consistency::choose(const Group& group, std::size_t next) {
  if (next == group.size()) {
    return is_event_bridge() ||
           std::all_of(absent_.begin(), absent_.end(),
                       [&](const Nested* nested) { return is_absent(*nested); });
  }
  const Nested& nested = *group[next];
  const Contexts& choices = *nested.choices;
  for (std::size_t i = next_consistent(choices, 0); i < choices.size();
       i = next_consistent(choices, i + 1)) {
    if (steps_left_ == 0) return false;
    --steps_left_;
    if (!is_satisfied(nested, choices[i])) continue;
    chosen_.push_back(choices[i]);
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
  const Contexts& present = nested.places->contexts;
  return next_consistent(present, 0) == present.size();
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
