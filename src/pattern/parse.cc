#include "pattern/parse.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "pattern/comparator.h"
#include "pattern/expand.h"

namespace semper::pattern {
namespace {

/// Keys that no branch of a `$or` may have, beside the comparators' names.
constexpr std::array<std::string_view, 15> kReserved{"=",
                                                     "<",
                                                     "<=",
                                                     ">",
                                                     ">=",
                                                     "regex",
                                                     "not-wildcard",
                                                     "not-equals-ignore-case",
                                                     "date-after",
                                                     "date-on-or-after",
                                                     "date-before",
                                                     "date-on-or-before",
                                                     "in-date-range",
                                                     "ip-address-in-range",
                                                     "ip-address-not-in-range"};

/// The first container that is nested deeper than `limit`, or nullptr. The document bounds the
/// recursion.
const json::Value* find_too_deep(const json::Value& value, std::size_t limit) {
  if (value.is_scalar()) return nullptr;
  if (limit == 0) return &value;
  for (const json::Member& member : value.members()) {
    if (const json::Value* deep = find_too_deep(member.value, limit - 1)) return deep;
  }
  for (const json::Value& element : value.elements()) {
    if (const json::Value* deep = find_too_deep(element, limit - 1)) return deep;
  }
  return nullptr;
}

class PatternParser {
 public:
  explicit PatternParser(const ParseState& state) : state_(state) {
    expander_.begin(state.dialect, state.limits.branch_fields, state.limits.branches);
  }

  bool object(const json::Value& value, std::uint32_t path, bool inside_or, Object& out) {
    if (value.members().empty()) {
      return state_.fail("empty_object", value.begin,
                         "an empty object matches nothing; name a field");
    }
    KeySet keys;
    std::span<Member> members = state_.memory->array<Member>(value.members().size());
    out.members = members;
    for (std::size_t i = 0; i < members.size(); ++i) {
      const json::Member& source = value.members()[i];
      Member& member = members[i];
      member.offset = source.key_begin;
      member.key =
          semper() ? state_.memory->copy_folded(source.key) : state_.memory->copy(source.key);
      if (semper() && !keys.insert(member.key)) {
        return state_.fail("duplicate_key", source.key_begin,
                           fmt::format("\"{}\" occurs twice", source.key));
      }
      bool good = same_name(source.key, "$or", state_.dialect)
                      ? alternatives(source, path, member)
                      : named(source, path, inside_or, member);
      if (!good) return false;
    }
    return true;
  }

 private:
  bool semper() const { return state_.dialect == Dialect::kSemper; }

  bool named(const json::Member& source, std::uint32_t path, bool inside_or, Member& member) {
    bool comparator = comparator_of(source.key, state_.dialect).has_value();
    if (inside_or && (comparator || is_reserved(source.key))) {
      return state_.fail("or_reserved_name", source.key_begin,
                         fmt::format("\"{}\" is reserved inside $or", source.key));
    }
    if (source.value.is_scalar() && !check_scalar(source, comparator)) return false;
    if (comparator) {
      state_.warn("comparator_as_field", source.key_begin,
                  fmt::format("\"{0}\" is a field here; for the comparator write [{{\"{0}\": …}}]",
                              source.key));
    }
    // In semper no field replaces another, so it does not matter where they are.
    if (!semper()) path = step_along(steps_, state_.dialect, path, member.key);
    if (source.value.is_object()) {
      member.kind = Member::Kind::kObject;
      std::span<Object> inner = state_.memory->array<Object>(1);
      member.objects = inner;
      return object(source.value, path, inside_or, inner[0]);
    }
    member.kind = Member::Kind::kField;
    return add_to_branches(source, path) && parse_items(source.value, state_, member.items);
  }

  bool check_scalar(const json::Member& source, bool comparator) const {
    if (!semper()) {
      return state_.fail("leaf_not_list", source.value.begin,
                         fmt::format("\"{}\" must be an object or a list", source.key));
    }
    if (comparator) {
      return state_.fail("ambiguous_comparator", source.key_begin,
                         fmt::format("write [{{\"{0}\": …}}] for the comparator, or \"{0}\": […] "
                                     "for a field of that name",
                                     source.key));
    }
    return true;
  }

  bool is_reserved(std::string_view key) const {
    return std::any_of(kReserved.begin(), kReserved.end(),
                       [&](std::string_view name) { return same_name(key, name, state_.dialect); });
  }

  bool add_to_branches(const json::Member& source, std::uint32_t path) {
    switch (expander_.add(path, {})) {
      case Expander::Added::kNew:
        return true;
      case Expander::Added::kReplaced:
        state_.warn(
            "path_replaced", source.key_begin,
            fmt::format("\"{}\" replaces an earlier definition of the same path", source.key));
        return true;
      case Expander::Added::kTooMany:
        break;
    }
    return state_.fail("too_many_fields", source.key_begin,
                       fmt::format("{} fields, the limit is {}", state_.limits.branch_fields + 1,
                                   state_.limits.branch_fields));
  }

  bool alternatives(const json::Member& source, std::uint32_t path, Member& member) {
    const json::Value& list = source.value;
    if (!list.is_array()) {
      return state_.fail("or_not_list", list.begin, "$or wants a list of objects");
    }
    for (const json::Value& element : list.elements()) {
      if (!element.is_object()) {
        return state_.fail("or_item_not_object", element.begin, "$or wants a list of objects");
      }
    }
    if (list.elements().size() < 2) {
      return state_.fail("or_too_few", list.begin, "$or wants at least two objects");
    }
    member.kind = Member::Kind::kOr;
    std::span<Object> objects = state_.memory->array<Object>(list.elements().size());
    member.objects = objects;
    Expander::Fork fork = expander_.fork();
    for (std::size_t i = 0; i < objects.size(); ++i) {
      expander_.begin(fork);
      if (!object(list.elements()[i], path, true, objects[i])) return false;
      if (!expander_.end(fork)) {
        return state_.fail(
            "too_many_branches", source.key_begin,
            fmt::format("$or expands to more than {} branches", state_.limits.branches));
      }
    }
    expander_.join(fork);
    return true;
  }

  const ParseState& state_;
  Steps steps_;  ///< eventbridge only
  Expander expander_;
};

}  // namespace

bool parse(const json::Value& value, Dialect dialect, const Limits& limits, Pattern& pattern,
           Issue& error, std::vector<Issue>& warnings, std::shared_ptr<TreeMemory> memory) {
  if (!memory) memory = std::make_shared<TreeMemory>();
  ParseState state{dialect, limits, error, warnings, memory, memory->regex_size};
  std::size_t size = value.end - value.begin;
  if (size > limits.policy_bytes) {
    return state.fail(
        "pattern_too_large", value.begin,
        fmt::format("pattern has {} bytes, the limit is {}", size, limits.policy_bytes));
  }
  if (const json::Value* deep = find_too_deep(value, limits.pattern_depth)) {
    return state.fail("pattern_too_deep", deep->begin,
                      fmt::format("nesting deeper than {}", limits.pattern_depth));
  }
  if (!value.is_object()) {
    return state.fail("pattern_not_object", value.begin, "a pattern is a JSON object");
  }
  pattern = Pattern{dialect, {}, memory};
  return PatternParser(state).object(value, Steps::kRoot, false, pattern.root);
}

Issue issue_of(const json::ParseError& error) {
  switch (error.code) {
    case json::ParseError::Code::kInvalidUtf8:
      return {"invalid_utf8", error.offset, error.message};
    case json::ParseError::Code::kInvalidUnicode:
      return {"invalid_unicode", error.offset, error.message};
    case json::ParseError::Code::kTooDeep:
      return {"pattern_too_deep", error.offset, error.message};
    case json::ParseError::Code::kTooLarge:
      return {"pattern_too_large", error.offset, "pattern has " + error.message};
    case json::ParseError::Code::kNone:
    case json::ParseError::Code::kSyntax:
      break;
  }
  return {"json_syntax", error.offset, error.message};
}

}  // namespace semper::pattern
