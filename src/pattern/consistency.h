/// Whether the fields of a branch can be answered together: no two from different elements of one
/// list (SPEC 7.2), and what must be absent is absent from the elements that the others chose
/// (7.3).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "pattern/matcher_state.h"

namespace semper::pattern {

/// Looked at only where two fields or more have values inside list elements, so it may allocate.
class Consistency {
 public:
  Consistency(MatcherState& state, const CompiledBranch& branch) : state_(state), branch_(branch) {}
  bool holds();

 private:
  using Contexts = std::vector<std::uint32_t>;  // ascending, without duplicates

  /// A field that has values inside list elements.
  struct Nested {
    std::uint32_t field = 0;
    bool may_be_absent = false;
    const PathPlaces* places = nullptr;  ///< of all its values
    Contexts found;                      ///< where those are that may satisfy, or (`is_sure`) do
    const Contexts* choices = nullptr;   ///< `found`, or all of `places`
    bool is_sure = false;
  };
  using Group = std::vector<const Nested*>;

  /// Sets of fields that can be answered together, as bits; only those no other one includes.
  class Families;

  bool gather();
  std::optional<bool> fits_soon();
  void make_sure();
  bool is_satisfied(const Nested& nested, std::uint32_t context) const;
  std::optional<bool> positives_fit() const;
  std::vector<Group> groups() const;
  void sort_group(Group& group) const;
  bool choose_all();
  bool choose(const Group& group, std::size_t next);
  bool is_absent(const Nested& nested) const;
  std::size_t next_consistent(const Contexts& contexts, std::size_t at) const;
  bool is_event_bridge() const;

  MatcherState& state_;
  const CompiledBranch& branch_;
  std::vector<Nested> nested_;
  std::size_t steps_left_ = 0;         ///< choices that may still be tried
  std::vector<std::uint32_t> chosen_;  ///< contexts chosen so far
  std::vector<const Nested*> absent_;  ///< fields that chose to be absent (semper: checked last)
};

}  // namespace semper::pattern
