/// Whether a candidate matches, after the walk has noted every value that patterns ask about.

#include <algorithm>

#include "base/text.h"
#include "pattern/consistency.h"
#include "pattern/matcher_state.h"

namespace semper::pattern {

// --- one value ---

bool MatcherState::holds(const CompiledPredicate& predicate, const Observation& observation) {
  std::string_view value = observation.text();
  std::string_view operand = data->text(predicate);
  bool is_string = observation.kind == json::Kind::kString;
  auto folded = [&] { return fold(value, fold_scratch); };
  switch (predicate.op) {
    case Op::kNull:
      return observation.kind == json::Kind::kNull;
    case Op::kTrue:
      return observation.kind == json::Kind::kBool && value == "true";
    case Op::kFalse:
      return observation.kind == json::Kind::kBool && value == "false";
    case Op::kNumber:
    case Op::kNumeric:
      if (observation.kind != json::Kind::kNumber) return false;
      if (std::optional<std::int64_t> integer = small_integer(value)) {
        return data->integers[predicate.operand].contains(*integer);
      }
      if (std::optional<NumberView> number = NumberView::parse(value)) {
        return data->intervals[predicate.operand].contains(*number);
      }
      return false;
    case Op::kString:
      return is_string &&
             (value == operand || (predicate.operand != 0 &&
                                   parse_address(value) == data->ranges[predicate.operand - 1]));
    case Op::kExactly:
      return is_string && value == operand;
    case Op::kPrefix:
      return is_string && value.starts_with(operand);
    case Op::kSuffix:
      return is_string && value.ends_with(operand);
    case Op::kPrefixFolded:
      return is_string && folded().starts_with(operand);
    case Op::kSuffixFolded:
      return is_string && folded().ends_with(operand);
    case Op::kEqualsFolded:
      return is_string && folded() == operand;
    case Op::kContains:
      return is_string && value.find(operand) != std::string_view::npos;
    case Op::kWildcard:
      return is_string && wildcard_matches(data->wildcards[predicate.operand], value);
    case Op::kRegex:
      return is_string && data->regexes[predicate.operand].matches(value);
    case Op::kCidr:
    case Op::kCidrContains: {
      if (!is_string) return false;
      std::optional<AddressRange> range =
          predicate.op == Op::kCidr ? parse_address(value) : parse_address_or_range(value);
      return range && data->ranges[predicate.operand].contains(*range);
    }
  }
  return false;
}

bool MatcherState::evaluate(std::uint32_t at, const Observation& observation) {
  std::uint32_t head = data->code[at];
  bool negated = (head & kNegated) != 0;
  auto code = static_cast<Code>(head & 0xFF);
  // Comparators look at scalars; an object satisfies `exists: true` alone.
  bool is_object = observation.kind == json::Kind::kObject;
  switch (code) {
    case Code::kExists:
      return true;
    case Code::kPredicate:
      return !is_object && holds(data->predicates[data->code[at + 1]], observation) != negated;
    case Code::kAll:
    case Code::kAny: {
      bool wanted = code == Code::kAny;
      bool result = !wanted;
      std::uint32_t end = at + 2 + data->code[at + 1];
      for (std::uint32_t part = at + 2; part < end && result != wanted; part = data->after(part)) {
        if (evaluate(part, observation) == wanted) result = wanted;
      }
      return is_object && negated ? false : result != negated;
    }
  }
  return false;
}

bool MatcherState::satisfies(const CompiledField& field, const Observation& observation) {
  std::uint32_t end = field.code + field.words;
  for (std::uint32_t item = field.code; item < end; item = data->after(item)) {
    if (evaluate(item, observation)) return true;
  }
  return false;
}

// --- all values at one path ---

bool MatcherState::remember_whether_holds(std::uint32_t field) {
  const CompiledField& compiled = data->fields[field];
  bool result = compiled.absent && first_observation(compiled.path) == 0;
  if (!result) {
    result = find_observation(
        compiled, [&](std::uint32_t i) { return satisfies(compiled, observations[i]); });
  }
  any_memos[field] = {epoch, result};
  return result;
}

bool MatcherState::every_observation_satisfies(std::uint32_t field) {
  Memo& memo = all_memos[field];
  if (memo.epoch == epoch) return memo.result;
  const CompiledField& compiled = data->fields[field];
  std::uint32_t first = first_observation(compiled.path);
  bool result = first != 0 || compiled.absent;
  for (std::uint32_t i = first; i != 0 && result; i = observations[i].next) {
    result = satisfies(compiled, observations[i]);
  }
  memo = {epoch, result};
  return result;
}

// --- the quantifier any (SPEC 7.2, 7.3) ---

bool MatcherState::confirm(const CompiledBranch& branch, bool access_holds) {
  if (!branch.is_of_all) return confirm_any(branch, access_holds);
  // One look at the whole pattern decides for all its branches.
  pattern_epochs[branch.pattern] = epoch;
  const TreeObject& root = data->tree_objects[data->patterns[branch.pattern].root];
  return !repeated_keys && is_flat(root) ? all_flat(root) : all_nested(root);
}

bool MatcherState::confirm_any(const CompiledBranch& branch, bool access_holds) {
  const std::uint32_t* const fields = data->branch_fields.data() + branch.fields;
  if (contexts.size() > 1) {
    std::uint32_t nested = 0;
    for (std::uint32_t i = 0; i < branch.count; ++i) {
      nested += is_nested(data->fields[fields[i]].path) ? 1 : 0;
    }
    // Where at most one field has values inside lists, every choice is consistent, and what is
    // absent is absent everywhere.
    if (nested > 1) {
      if (std::optional<bool> known = are_consistent(branch)) return *known;
      return Consistency(*this, branch).holds();
    }
  }
  for (std::uint32_t i = access_holds ? 1 : 0; i < branch.count; ++i) {
    if (!holds_anywhere(fields[i])) return false;
  }
  return true;
}

namespace {

/// Values chosen for the fields of a branch, one after another.
struct Choice {
  static constexpr std::uint32_t kMostFields = 8;
  std::uint32_t fields[kMostFields];  ///< those with values inside list elements
  std::uint32_t count = 0;
  std::uint32_t contexts[kMostFields];  ///< of the values chosen so far
  std::uint32_t chosen = 0;
  std::uint32_t steps_left = 256;
};

}  // namespace

/// What Consistency tells, without its preparations: for branches of a few fields that all want a
/// value, in lists that are not long. nullopt: this is not one, or it takes too long.
std::optional<bool> MatcherState::are_consistent(const CompiledBranch& branch) {
  Choice choice;
  for (std::uint32_t i = 0; i < branch.count; ++i) {
    std::uint32_t field = data->branch_fields[branch.fields + i];
    const CompiledField& compiled = data->fields[field];
    if (!is_nested(compiled.path)) {
      if (!holds_anywhere(field)) return false;
      continue;
    }
    if (compiled.absent || choice.count == Choice::kMostFields) return std::nullopt;
    choice.fields[choice.count++] = field;
  }
  bool fits = choose_consistent(choice);
  if (!fits && choice.steps_left == 0) return std::nullopt;
  return fits;
}

template <class Chosen>
bool MatcherState::choose_consistent(Chosen& choice) {
  if (choice.chosen == choice.count) return true;
  const CompiledField& field = data->fields[choice.fields[choice.chosen]];
  bool fits = false;
  auto choose = [&](std::uint32_t i) {
    if (choice.steps_left == 0) return true;
    --choice.steps_left;
    const Observation& observation = observations[i];
    for (std::uint32_t k = 0; k < choice.chosen; ++k) {
      if (!is_consistent(choice.contexts[k], observation.context)) return false;
    }
    if (!satisfies(field, observation)) return false;
    choice.contexts[choice.chosen++] = observation.context;
    fits = choose_consistent(choice);
    --choice.chosen;
    return fits;
  };
  if (choice.chosen == 0 || field.list_count > 0 ||
      !find_in_element(field.path, choice.contexts[0], choose)) {
    find_observation(field, choose);
  }
  return fits;
}

/// As `find_observation`, where all values at the path are in elements of the list that `context`
/// is in: those in other elements need no look, however long the list. False: this is not so, or
/// too much is in the element.
template <class F>
bool MatcherState::find_in_element(std::uint32_t path, std::uint32_t context, F&& use) const {
  constexpr std::uint32_t kMostContexts = 16;
  std::uint32_t looks_left = 64;
  const std::uint32_t element = contexts[context].outermost;
  const std::uint32_t last = contexts[element].last;
  // A list is walked in one go: what was noted between two values in it is in it, too.
  auto is_in_list = [&](std::uint32_t observation) {
    const std::uint32_t outermost = contexts[observations[observation].context].outermost;
    return outermost != 0 && contexts[outermost].list == contexts[element].list;
  };
  const PathState& state = paths[path];
  if (element == 0 || last - element >= kMostContexts || state.epoch != epoch ||
      !is_in_list(state.first) || !is_in_list(state.oldest)) {
    return false;
  }
  for (std::uint32_t c = element; c <= last; ++c) {
    for (std::uint32_t i = contexts[c].first; i != 0; i = observations[i].next_in_context) {
      if (looks_left-- == 0) return false;
      if (observations[i].path == path && use(i)) return true;
    }
  }
  return true;
}

/// Whether the field holds by a value that is consistent with one of those that hit the list: what
/// decides a branch of two fields. nullopt: it takes another way to tell, or too long.
std::optional<bool> MatcherState::holds_beside(std::uint32_t field, std::uint32_t list) {
  const CompiledField& compiled = data->fields[field];
  if (!is_nested(compiled.path)) return holds_anywhere(field);
  if (compiled.absent || compiled.list_count > 0) return std::nullopt;
  std::uint32_t hits_left = 64;
  for (std::uint32_t i = list_states[list].first; i != 0; i = hits[i].next) {
    const std::uint32_t context = observations[hits[i].observation].context;
    if (context == 0) return holds_anywhere(field);
    if (hits_left-- == 0) return std::nullopt;
    bool holds = false;
    bool is_known = find_in_element(compiled.path, context, [&](std::uint32_t other) {
      holds = is_consistent(context, observations[other].context) &&
              satisfies(compiled, observations[other]);
      return holds;
    });
    if (!is_known) return std::nullopt;
    if (holds) return true;
  }
  return false;
}

/// Whether values there are not in different elements of one list.
bool MatcherState::is_consistent(std::uint32_t a, std::uint32_t b) const {
  std::uint32_t around_a = contexts[a].outermost;
  std::uint32_t around_b = contexts[b].outermost;
  if (around_a != around_b) {
    return around_a == 0 || around_b == 0 || contexts[around_a].list != contexts[around_b].list;
  }
  std::uint32_t parted_a = 0;
  std::uint32_t parted_b = 0;
  while (a != b) {
    if (a > b) {
      parted_a = a;
      a = contexts[a].parent;
    } else {
      parted_b = b;
      b = contexts[b].parent;
    }
  }
  return parted_a == 0 || parted_b == 0 || contexts[parted_a].list != contexts[parted_b].list;
}

// --- the quantifier all (SPEC 7.5) ---

bool MatcherState::is_flat(const TreeObject& object) const {
  for (const TreeMember& member : data->members(object)) {
    if (member.kind == Member::Kind::kField) {
      if (is_nested(data->fields[member.first].path)) return false;
      continue;
    }
    for (std::uint32_t child : data->children(member)) {
      if (!is_flat(data->tree_objects[child])) return false;
    }
  }
  return true;
}

/// Without objects in lists and without repeated keys there is one element at each place, and the
/// noted values tell all.
bool MatcherState::all_flat(const TreeObject& object) {
  for (const TreeMember& member : data->members(object)) {
    bool holds_here = false;
    if (member.kind == Member::Kind::kField) {
      holds_here = every_observation_satisfies(member.first);
    } else {
      auto children = data->children(member);
      holds_here = std::any_of(children.begin(), children.end(), [&](std::uint32_t child) {
        return all_flat(data->tree_objects[child]);
      });
    }
    if (!holds_here) return false;
  }
  return true;
}

namespace {

/// The members of an element: of the event itself (perhaps from several documents), or of a value.
template <class F>
bool every_member(const json::ObjectView& element, F&& use) {
  for (const json::EventMember& member : element.members) {
    if (!use(member.key, member.value)) return false;
  }
  for (json::EventValue::Member member : element.whole.members()) {
    if (!use(member.key(), member.value())) return false;
  }
  return true;
}

}  // namespace

/// 7.5 to the letter, on the event's own values.
class AllCheck {
 public:
  explicit AllCheck(MatcherState& state) : state_(state), data_(*state.data) {}

  /// element(P, e)
  bool element(const TreeObject& object, const json::ObjectView& e) {
    for (const TreeMember& member : data_.members(object)) {
      bool holds = false;
      switch (member.kind) {
        case Member::Kind::kField:
          holds = field(member, e);
          break;
        case Member::Kind::kObject:
          holds = all(member, e);
          break;
        case Member::Kind::kOr:
          for (std::uint32_t child : data_.children(member)) {
            holds = holds || element(data_.tree_objects[child], e);
          }
          break;
      }
      if (!holds) return false;
    }
    return true;
  }

 private:
  bool is_key(const TreeMember& member, json::EventValue key) {
    std::string_view name = key.escaped() ? key.string(state_.key_scratch) : key.text();
    return fold(name, state_.fold_scratch) == data_.text(member.key, member.size);
  }

  /// Calls `use` with each value of the key, lists of lists flattened; false where one call was.
  template <class F>
  bool every_value(const TreeMember& member, const json::ObjectView& e, F&& use) {
    return every_member(e, [&](json::EventValue key, json::EventValue value) {
      return !is_key(member, key) || every_element(value, use);
    });
  }

  template <class F>
  bool every_element(json::EventValue value, F& use) {
    if (!value.is_array()) return use(value);
    for (json::EventValue element : value.elements()) {
      if (!every_element(element, use)) return false;
    }
    return true;
  }

  /// all(sub, W)
  bool all(const TreeMember& member, const json::ObjectView& e) {
    const TreeObject& sub = data_.tree_objects[data_.children(member)[0]];
    bool is_empty = true;
    bool holds = every_value(member, e, [&](json::EventValue value) {
      is_empty = false;
      return element(sub, {value, {}});
    });
    return holds && (!is_empty || element(sub, {}));
  }

  bool field(const TreeMember& member, const json::ObjectView& e) {
    const CompiledField& field = data_.fields[member.first];
    bool is_empty = true;
    std::string decoded;
    bool holds = every_value(member, e, [&](json::EventValue value) {
      if (value.is_object() && !has_leaf(*value.document(), value.token())) return true;
      is_empty = false;
      bool is_escaped = value.is_string() && value.escaped();
      std::string_view text = is_escaped ? value.string(decoded) : value.text();
      Observation observation{.begin = text.data(),
                              .size = static_cast<std::uint32_t>(text.size()),
                              .kind = value.kind()};
      return state_.satisfies(field, observation);
    });
    return holds && (!is_empty || field.absent);
  }

  MatcherState& state_;
  const ProgramData& data_;
};

bool MatcherState::all_nested(const TreeObject& root) {
  return AllCheck(*this).element(root, *event);
}

}  // namespace semper::pattern
