/// What a matcher remembers while it looks at one event.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/arena.h"
#include "json/event.h"
#include "pattern/program.h"
#include "pattern/program_data.h"

namespace semper::pattern {

/// A value at a path that some pattern asks about: a scalar, or (semper) an object with a leaf.
struct Observation {
  const char* begin = nullptr;
  std::uint32_t size = 0;
  std::uint32_t path = 0;
  std::uint32_t context = 0;          ///< the list elements around it
  std::uint32_t next = 0;             ///< the one before at the same path; 0: none
  std::uint32_t next_in_context = 0;  ///< the one before in the same context
  json::Kind kind = json::Kind::kNull;

  /// A string, decoded; a number's literal.
  std::string_view text() const { return {begin, size}; }
};

/// One element (an object or a list) of a list of the event. A context's number is greater than its
/// parent's, and those inside it follow it without a gap up to `last`.
struct Context {
  std::uint32_t parent = 0;
  std::uint32_t list = 0;
  std::uint32_t last = 0;
  std::uint32_t outermost = 0;  ///< the element around it, or itself, of a list that is in no other
  std::uint32_t first = 0;      ///< observations in it, but not in another one, the newest first
};

/// What is known of a path in the event at hand; older epochs count as nothing.
struct PathState {
  std::uint32_t epoch = 0;
  std::uint32_t first = 0;         ///< observations, the newest first; 0: none
  std::uint32_t oldest = 0;        ///< the last of these
  bool nested = false;             ///< some observation is inside a list element
  std::uint32_t seen_epoch = 0;    ///< a key led here …
  std::uint32_t seen_context = 0;  ///< … in this context
};

/// The values that hit a posting list, the newest first.
struct ListState {
  std::uint32_t epoch = 0;
  std::uint32_t first = 0;  ///< into `hits`
};
struct Hit {
  std::uint32_t observation = 0;
  std::uint32_t next = 0;  ///< 0: none
};

/// Where the values at one path are; for paths with values inside list elements.
struct PathPlaces {
  struct Place {
    std::uint32_t context;
    std::uint32_t observation;
    auto operator<=>(const Place&) const = default;
  };
  std::vector<Place> places;             ///< ascending
  std::vector<std::uint32_t> contexts;   ///< ascending, each once
  std::vector<std::uint32_t> outermost;  ///< lists that are in no other, each once
};

struct MatcherState {
  explicit MatcherState(Program compiled);

  void match(const json::ObjectView& view, std::vector<std::uint32_t>& matched,
             std::span<const std::uint64_t> enabled);

  Program program;
  const ProgramData* data;

 private:
  friend class AllCheck;
  friend class Consistency;

  // match.cc: one walk over the event, with a node in the tree of each dialect, by code for those
  // that patterns are of
  template <bool kSemper, bool kEventBridge>
  void walk(const json::ObjectView& view);
  template <bool kSemper, bool kEventBridge>
  void walk_members(const json::EventDocument& document, std::uint32_t object, std::uint32_t semper,
                    std::uint32_t event_bridge, std::uint32_t context);
  template <bool kSemper>
  void walk_few(const json::EventDocument& document, std::uint32_t object, std::uint32_t node,
                std::uint32_t context);
  template <bool kSemper, bool kEventBridge>
  void walk_member(const json::EventDocument& key_document, std::uint32_t key,
                   const json::EventDocument& document, std::uint32_t value, std::uint32_t semper,
                   std::uint32_t event_bridge, std::uint32_t context);
  template <bool kSemper, bool kEventBridge>
  void enter(const json::EventDocument& document, std::uint32_t value, std::uint32_t semper,
             std::uint32_t event_bridge, std::uint32_t context);
  template <bool kSemper, bool kEventBridge>
  void walk_object(const json::EventDocument& document, std::uint32_t object, std::uint32_t semper,
                   std::uint32_t event_bridge, std::uint32_t context);
  template <bool kSemper, bool kEventBridge>
  void walk_elements(const json::EventDocument& document, std::uint32_t list, std::uint32_t semper,
                     std::uint32_t event_bridge, std::uint32_t context);
  std::uint32_t step_dotted(std::uint32_t node, std::string_view key) const;
  template <bool kSemper, bool kEventBridge>
  void observe_scalar(const json::EventDocument& document, std::uint32_t token,
                      std::uint32_t semper, std::uint32_t event_bridge, std::uint32_t context);
  void remember(std::uint32_t path, json::Kind kind, std::string_view text, std::uint32_t context);
  void observe(std::uint32_t path, json::Kind kind, std::string_view text, std::uint32_t context);
  void look_up_exact(std::uint32_t path, std::string_view text);
  void look_up_string(std::uint32_t path, std::string_view text);
  void look_up_other(const PathInfo& info, json::Kind kind, std::string_view text);
  void look_up_address(const PathInfo& info, const PathIndex& index, std::string_view text);
  void hit(std::uint32_t list);
  void hit(std::uint32_t list, const Posting& posting);
  void accept_all(std::uint32_t list, const Posting& posting);
  void offer_all(std::span<const PostedBranch> posted);
  void confirm_all(std::uint32_t list);
  void confirm_branch(std::uint32_t branch, bool access_holds);
  template <class Use>
  void for_enabled(std::span<const PostedBranch> posted, Use use);
  void accept_enabled(std::uint32_t pattern);
  void accept(std::uint32_t pattern);
  void sort_matched();

  // confirm.cc: whether a branch matches; `access_holds`: some value satisfies its access field
  bool confirm(const CompiledBranch& branch, bool access_holds);
  bool confirm_any(const CompiledBranch& branch, bool access_holds);
  std::optional<bool> are_consistent(const CompiledBranch& branch);
  template <class Chosen>
  bool choose_consistent(Chosen& choice);
  bool is_consistent(std::uint32_t a, std::uint32_t b) const;
  bool is_flat(const TreeObject& object) const;
  bool all_flat(const TreeObject& object);
  bool all_nested(const TreeObject& root);
  /// Calls `use` with each observation that may satisfy the field until it returns true.
  template <class F>
  bool find_observation(const CompiledField& field, F&& use) const;
  template <class F>
  bool find_in_element(std::uint32_t path, std::uint32_t context, F&& use) const;
  std::optional<bool> holds_beside(std::uint32_t field, std::uint32_t list);
  const PathPlaces& places_of(std::uint32_t path);
  /// Whether the field holds, wherever: some value satisfies it, or there is none and none is fine.
  bool holds_anywhere(std::uint32_t field) {
    const Memo& memo = any_memos[field];
    return memo.epoch == epoch ? memo.result : remember_whether_holds(field);
  }
  bool remember_whether_holds(std::uint32_t field);
  bool every_observation_satisfies(std::uint32_t field);
  bool satisfies(const CompiledField& field, const Observation& observation);
  bool evaluate(std::uint32_t at, const Observation& observation);
  bool holds(const CompiledPredicate& predicate, const Observation& observation);

  std::uint32_t first_observation(std::uint32_t path) const {
    const PathState& state = paths[path];
    return state.epoch == epoch ? state.first : 0;
  }
  bool is_nested(std::uint32_t path) const {
    return paths[path].epoch == epoch && paths[path].nested;
  }

  struct Memo {
    std::uint32_t epoch = 0;
    bool result = false;
  };

  const json::ObjectView* event = nullptr;
  std::vector<std::uint32_t>* matched_patterns = nullptr;
  std::span<const std::uint64_t> enabled_patterns;
  std::uint32_t epoch = 0;
  bool repeated_keys = false;  ///< some object that patterns look into has a key twice
  std::uint32_t lists = 0;
  std::vector<PathState> paths;
  std::vector<Observation> observations;       ///< [0] is no observation
  std::vector<Context> contexts;               ///< [0] is outside of all lists
  std::vector<std::uint32_t> list_ends;        ///< by list: the last context in it
  std::vector<WildcardCache> wildcard_caches;  ///< by index
  std::vector<ListState> list_states;          ///< by posting list
  std::vector<Hit> hits;                       ///< [0] is no hit
  std::unordered_map<std::uint32_t, PathPlaces> path_places;
  std::vector<std::uint32_t> branch_epochs;
  std::vector<std::uint32_t> pattern_epochs;  ///< matched, or (all) looked at
  std::vector<std::uint64_t> sort_bits;       ///< a bit per pattern; none is set between events
  std::vector<Memo> any_memos, all_memos;     ///< by field
  std::vector<std::uint32_t> certain_lists;   ///< hit, with branches that are to be confirmed
  std::vector<std::uint32_t> candidates;      ///< branches whose access field may hold
  Arena arena;
  std::string key_scratch, fold_scratch;
};

template <class F>
bool MatcherState::find_observation(const CompiledField& field, F&& use) const {
  if (field.list_count == 0) {
    for (std::uint32_t i = first_observation(field.path); i != 0; i = observations[i].next) {
      if (use(i)) return true;
    }
    return false;
  }
  for (std::uint32_t list : data->lists(field)) {
    if (list_states[list].epoch != epoch) continue;
    for (std::uint32_t i = list_states[list].first; i != 0; i = hits[i].next) {
      if (use(hits[i].observation)) return true;
    }
  }
  return false;
}

/// Whether a scalar is below the container at `token`.
bool has_leaf(const json::EventDocument& document, std::uint32_t token);

}  // namespace semper::pattern
