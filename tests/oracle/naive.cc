#include "oracle/naive.h"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "pattern/regex.h"

namespace semper::oracle {

using namespace pattern;

namespace {

std::string folded(std::string_view text) {
  std::string result;
  append_folded(result, text);
  return result;
}

// ---- Sections 5 and 6: one scalar, one item ----

/// 6.6: the pieces left to right, first fit; the first at the start, the last at the end.
bool wildcard_fits(std::span<const std::string_view> pieces, std::string_view text) {
  if (pieces.size() == 1) return text == pieces[0];
  if (!text.starts_with(pieces.front())) return false;
  text.remove_prefix(pieces.front().size());
  for (std::size_t i = 1; i + 1 < pieces.size(); ++i) {
    std::size_t at = text.find(pieces[i]);
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + pieces[i].size());
  }
  return text.ends_with(pieces.back());
}

bool regex_fits(std::string_view expression, std::string_view text) {
  Limits unlimited;
  unlimited.regex_bytes = expression.size();
  Regex regex;
  std::string message;
  return Regex::compile(expression, unlimited, regex, message) == Regex::Status::kOk &&
         regex.matches(text);
}

bool number_holds(const Predicate& predicate, std::string_view literal) {
  std::optional<Decimal> number = Decimal::parse(literal);
  if (!number) return false;
  if (predicate.low &&
      (*number < *predicate.low || (*number == *predicate.low && !predicate.low_inclusive))) {
    return false;
  }
  return !predicate.high || *number < *predicate.high ||
         (*number == *predicate.high && predicate.high_inclusive);
}

bool string_holds(const Predicate& predicate, std::string_view text) {
  switch (predicate.op) {
    case Op::kString:
      return text == predicate.text ||
             (predicate.range != nullptr && *predicate.range == parse_address(text));
    case Op::kExactly:
      return text == predicate.text;
    case Op::kPrefix:
      return text.starts_with(predicate.text);
    case Op::kSuffix:
      return text.ends_with(predicate.text);
    case Op::kPrefixFolded:
      return folded(text).starts_with(predicate.text);
    case Op::kSuffixFolded:
      return folded(text).ends_with(predicate.text);
    case Op::kEqualsFolded:
      return folded(text) == predicate.text;
    case Op::kContains:
      return text.find(predicate.text) != std::string_view::npos;
    case Op::kWildcard:
      return wildcard_fits(predicate.pieces, text);
    case Op::kRegex:
      return regex_fits(predicate.text, text);
    case Op::kCidr: {
      std::optional<AddressRange> address = parse_address(text);
      return address && predicate.range->contains(*address);
    }
    case Op::kCidrContains: {
      std::optional<AddressRange> range = parse_address_or_range(text);
      return range && predicate.range->contains(*range);
    }
    case Op::kNull:
    case Op::kTrue:
    case Op::kFalse:
    case Op::kNumber:
    case Op::kNumeric:
      break;
  }
  return false;
}

bool predicate_holds(const Predicate& predicate, const json::Value& scalar) {
  switch (scalar.kind) {
    case json::Kind::kNull:
      return predicate.op == Op::kNull;
    case json::Kind::kBool:
      return predicate.op == (scalar.boolean ? Op::kTrue : Op::kFalse);
    case json::Kind::kNumber:
      return (predicate.op == Op::kNumber || predicate.op == Op::kNumeric) &&
             number_holds(predicate, scalar.text);
    case json::Kind::kString:
      return string_holds(predicate, scalar.text);
    case json::Kind::kArray:
    case json::Kind::kObject:
      break;
  }
  return false;
}

bool scalar_satisfies(const Item& item, const json::Value& scalar);

bool test_holds(const Test& test, const json::Value& scalar) {
  auto one = [&](const Item& item) { return scalar_satisfies(item, scalar); };
  bool holds = false;
  switch (test.kind) {
    case Test::Kind::kExists:
      holds = true;
      break;
    case Test::Kind::kPredicates:
      holds = std::any_of(test.predicates.begin(), test.predicates.end(),
                          [&](const Predicate& p) { return predicate_holds(p, scalar); });
      break;
    case Test::Kind::kAnd:
      holds = std::all_of(test.items.begin(), test.items.end(), one);
      break;
    case Test::Kind::kOr:
      holds = std::any_of(test.items.begin(), test.items.end(), one);
      break;
  }
  return holds != test.negated;
}

bool scalar_satisfies(const Item& item, const json::Value& scalar) {
  return !item.absent && std::all_of(item.tests.begin(), item.tests.end(),
                                     [&](const Test& test) { return test_holds(test, scalar); });
}

bool holds_leaf(const json::Value& value) {
  if (value.is_scalar()) return true;
  auto members = value.members();
  auto elements = value.elements();
  return std::any_of(members.begin(), members.end(),
                     [](const json::Member& member) { return holds_leaf(member.value); }) ||
         std::any_of(elements.begin(), elements.end(), holds_leaf);
}

/// Whether a node counts for `exists` (6.8).
bool exists(const json::Value& node, Dialect dialect) {
  return node.is_scalar() || (dialect == Dialect::kSemper && holds_leaf(node));
}

bool node_satisfies(const Item& item, const json::Value& node, Dialect dialect) {
  if (node.is_scalar()) return scalar_satisfies(item, node);
  bool only_exists = !item.absent && std::all_of(item.tests.begin(), item.tests.end(), [](auto& t) {
    return t.kind == Test::Kind::kExists;
  });
  return only_exists && exists(node, dialect);
}

// ---- Section 3.1: the walk ----

/// Array → index of the element the node is in.
using Membership = std::map<const json::Value*, std::size_t>;

/// An object or a scalar at some path.
struct Node {
  const json::Value* value;
  Membership membership;
};

/// The nodes of an event. The walk does not go where no path of the pattern leads.
class Walk {
 public:
  Walk(const Expansion& expansion, Dialect dialect, const json::Value& event)
      : dialect_(dialect), nodes_(expansion.steps.size()) {
    for (std::uint32_t i = 1; i < expansion.steps.size(); ++i) {
      children_[{expansion.steps[i].parent, std::string(expansion.steps[i].key)}] = i;
    }
    walk(event, kRoot, {});
  }

  const std::vector<Node>& at(std::uint32_t path) const { return nodes_[path]; }

 private:
  static constexpr std::uint32_t kRoot = 0;

  void walk(const json::Value& value, std::uint32_t path, const Membership& membership) {
    if (value.is_object()) {
      if (path != kRoot) nodes_[path].push_back({&value, membership});
      for (const json::Member& member : value.members()) {
        if (std::optional<std::uint32_t> next = step(path, member.key)) {
          walk(member.value, *next, membership);
        }
      }
    } else if (value.is_array()) {
      std::size_t index = 0;
      for (const json::Value& element : value.elements()) {
        if (element.is_scalar()) {
          nodes_[path].push_back({&element, membership});
        } else {
          Membership inside = membership;
          inside[&value] = index;
          walk(element, path, inside);
        }
        ++index;
      }
    } else {
      nodes_[path].push_back({&value, membership});
    }
  }

  /// 3.2, as far as the pattern knows the path.
  std::optional<std::uint32_t> step(std::uint32_t path, std::string_view key) const {
    if (dialect_ == Dialect::kSemper) return child(path, folded(key));
    std::optional<std::uint32_t> at = path;
    for (std::size_t dot = key.find('.'); at && dot != std::string_view::npos;
         dot = key.find('.')) {
      at = child(*at, std::string(key.substr(0, dot)));
      key.remove_prefix(dot + 1);
    }
    return at ? child(*at, std::string(key)) : std::nullopt;
  }

  std::optional<std::uint32_t> child(std::uint32_t path, std::string key) const {
    auto found = children_.find({path, std::move(key)});
    return found == children_.end() ? std::nullopt : std::optional(found->second);
  }

  Dialect dialect_;
  std::map<std::pair<std::uint32_t, std::string>, std::uint32_t> children_;
  std::vector<std::vector<Node>> nodes_;
};

// ---- Section 7, `any` ----

bool consistent(const Membership& m, const Membership& n) {
  return std::all_of(m.begin(), m.end(), [&](const auto& entry) {
    auto other = n.find(entry.first);
    return other == n.end() || other->second == entry.second;
  });
}

/// 7.3's order for eventbridge: joined paths by UTF-16 code units.
std::u16string joined_path(const Expansion& expansion, std::uint32_t step) {
  std::string joined;
  for (std::string_view key : expansion.path(step)) {
    joined += key;
    joined += '.';
  }
  joined.pop_back();
  std::u16string units;
  for (std::size_t i = 0; i < joined.size();) {
    auto byte = [&](std::size_t at) { return static_cast<unsigned char>(joined[at]); };
    std::size_t length = byte(i) < 0x80 ? 1 : byte(i) < 0xE0 ? 2 : byte(i) < 0xF0 ? 3 : 4;
    std::uint32_t point = length == 1 ? byte(i) : byte(i) & (0xFFU >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) point = (point << 6) | (byte(i + k) & 0x3FU);
    if (point < 0x10000) {
      units += static_cast<char16_t>(point);
    } else {
      units += static_cast<char16_t>(0xD800 + ((point - 0x10000) >> 10));
      units += static_cast<char16_t>(0xDC00 + ((point - 0x10000) & 0x3FF));
    }
    i += length;
  }
  return units;
}

/// 7.2 and 7.3 for one branch.
class BranchMatch {
 public:
  BranchMatch(const Expansion& expansion, const Branch& branch, Dialect dialect, const Walk& walk)
      : dialect_(dialect), walk_(walk) {
    std::vector<Field> fields = branch;
    if (dialect == Dialect::kEventBridge) {
      std::sort(fields.begin(), fields.end(), [&](const Field& a, const Field& b) {
        return joined_path(expansion, a.path) < joined_path(expansion, b.path);
      });
    }
    for (const Field& field : fields) choices_.push_back(choices(field));
  }

  bool matches() const {
    // A field with nothing to choose decides before any combination is tried.
    bool hopeless = std::any_of(choices_.begin(), choices_.end(), [](const Choices& choices) {
      return choices.memberships.empty() && !choices.absent;
    });
    return !hopeless && choose(0, {}, {});
  }

 private:
  /// What a field may choose. Nodes of one membership are one choice.
  struct Choices {
    std::uint32_t path;
    std::vector<Membership> memberships;
    bool absent = false;
  };

  Choices choices(const Field& field) const {
    Choices result{field.path, {}, false};
    for (const Item& item : field.items) {
      if (item.absent) {
        result.absent = true;
        continue;
      }
      for (const Node& node : walk_.at(field.path)) {
        if (node_satisfies(item, *node.value, dialect_)) {
          result.memberships.push_back(node.membership);
        }
      }
    }
    std::sort(result.memberships.begin(), result.memberships.end());
    result.memberships.erase(std::unique(result.memberships.begin(), result.memberships.end()),
                             result.memberships.end());
    return result;
  }

  /// `chosen` is the union of the memberships chosen for the fields before `field`; `absent` are
  /// the paths among them that are to be absent and were not tested yet.
  bool choose(std::size_t field, const Membership& chosen,
              const std::vector<std::uint32_t>& absent) const {
    if (field == choices_.size()) {
      return std::all_of(absent.begin(), absent.end(),
                         [&](std::uint32_t path) { return is_absent(path, chosen); });
    }
    const Choices& choices = choices_[field];
    for (const Membership& membership : choices.memberships) {
      if (!consistent(membership, chosen)) continue;
      Membership both = chosen;
      both.insert(membership.begin(), membership.end());
      if (choose(field + 1, both, absent)) return true;
    }
    if (!choices.absent) return false;
    if (dialect_ == Dialect::kEventBridge) {
      return is_absent(choices.path, chosen) && choose(field + 1, chosen, absent);
    }
    std::vector<std::uint32_t> more = absent;
    more.push_back(choices.path);
    return choose(field + 1, chosen, more);
  }

  bool is_absent(std::uint32_t path, const Membership& chosen) const {
    const std::vector<Node>& nodes = walk_.at(path);
    return std::none_of(nodes.begin(), nodes.end(), [&](const Node& node) {
      return exists(*node.value, dialect_) && consistent(node.membership, chosen);
    });
  }

  Dialect dialect_;
  const Walk& walk_;
  std::vector<Choices> choices_;
};

bool matches_any(const Pattern& pattern, const json::Value& event) {
  Expansion expansion = expand(pattern);
  Walk walk(expansion, pattern.dialect, event);
  return std::any_of(expansion.branches.begin(), expansion.branches.end(),
                     [&](const Branch& branch) {
                       return BranchMatch(expansion, branch, pattern.dialect, walk).matches();
                     });
}

// ---- Section 7.5, `all` ----

using Values = std::vector<const json::Value*>;

void flatten(const json::Value& value, Values& out) {
  if (!value.is_array()) {
    out.push_back(&value);
    return;
  }
  for (const json::Value& element : value.elements()) flatten(element, out);
}

bool all_elements(const Object& object, const Values& values);

bool element_satisfies(const Object& object, const json::Value& element);

bool nodes_satisfy(Items items, const Values& values) {
  Values nodes;
  for (const json::Value* value : values) flatten(*value, nodes);
  std::erase_if(nodes, [](const json::Value* node) { return !holds_leaf(*node); });
  if (nodes.empty()) {
    return std::any_of(items.begin(), items.end(), [](const Item& item) { return item.absent; });
  }
  return std::all_of(nodes.begin(), nodes.end(), [&](const json::Value* node) {
    return std::any_of(items.begin(), items.end(), [&](const Item& item) {
      return node_satisfies(item, *node, Dialect::kSemper);
    });
  });
}

bool member_satisfied(const Member& member, const json::Value& element) {
  if (member.kind == Member::Kind::kOr) {
    return std::any_of(member.objects.begin(), member.objects.end(),
                       [&](const Object& object) { return element_satisfies(object, element); });
  }
  Values values;
  for (const json::Member& candidate : element.members()) {
    if (folded(candidate.key) == member.key) values.push_back(&candidate.value);
  }
  return member.kind == Member::Kind::kObject ? all_elements(member.objects[0], values)
                                              : nodes_satisfy(member.items, values);
}

bool element_satisfies(const Object& object, const json::Value& element) {
  return std::all_of(object.members.begin(), object.members.end(),
                     [&](const Member& member) { return member_satisfied(member, element); });
}

bool all_elements(const Object& object, const Values& values) {
  Values elements;
  for (const json::Value* value : values) flatten(*value, elements);
  static const json::Value kNothing;
  if (elements.empty()) return element_satisfies(object, kNothing);
  return std::all_of(elements.begin(), elements.end(), [&](const json::Value* element) {
    return element_satisfies(object, *element);
  });
}

// ---- Section 8, with Kleene's logic ----

Truth truth_of(bool holds) {
  return holds ? Truth::kTrue : Truth::kFalse;
}
Truth both(Truth a, Truth b) {
  return std::min(a, b);
}
Truth either(Truth a, Truth b) {
  return std::max(a, b);
}
Truth negation(Truth a) {
  return a == Truth::kUnknown ? a : truth_of(a == Truth::kFalse);
}

constexpr std::string_view kAccountId = "accountId";

json::Member account_id_member(std::string_view account_id) {
  json::Member member;
  member.key = kAccountId;
  member.value.kind = json::Kind::kString;
  member.value.text = account_id;
  return member;
}

json::Value object_of(const std::vector<json::Member>& members) {
  json::Value object;
  object.kind = json::Kind::kObject;
  object.children = members.data();
  object.count = static_cast<std::uint32_t>(members.size());
  return object;
}

/// A pattern on an account of which nothing but the id is known.
Truth id_matches(const Pattern& pattern, std::string_view account_id) {
  std::vector<json::Member> members{account_id_member(account_id)};
  json::Value known = object_of(members);
  Expansion expansion = expand(pattern);
  Walk walk(expansion, pattern.dialect, known);
  Truth result = Truth::kFalse;
  for (const Branch& branch : expansion.branches) {
    Truth branch_truth = Truth::kTrue;
    for (const Field& field : branch) {
      bool is_known = !account_id.empty() && expansion.path(field.path)[0] == folded(kAccountId);
      Truth field_truth =
          is_known ? truth_of(BranchMatch(expansion, {field}, pattern.dialect, walk).matches())
                   : Truth::kUnknown;
      branch_truth = both(branch_truth, field_truth);
    }
    result = either(result, branch_truth);
  }
  return result;
}

}  // namespace

bool naive_matches(const Pattern& pattern, Arrays arrays, const json::Value& event) {
  bool all = arrays == Arrays::kAll && pattern.dialect == Dialect::kSemper;
  return all ? all_elements(pattern.root, {&event}) : matches_any(pattern, event);
}

Truth naive_account_in_scope(const PolicyScope& scope, const json::Value* context,
                             std::string_view account_id) {
  std::vector<json::Member> members;
  if (context != nullptr) {
    members.assign(context->members().begin(), context->members().end());
    bool has_id = std::any_of(members.begin(), members.end(), [](const json::Member& member) {
      return equals_ignore_ascii_case(member.key, kAccountId);
    });
    if (!has_id && !account_id.empty()) members.push_back(account_id_member(account_id));
  }
  json::Value attributes = object_of(members);

  auto one_of = [&](const std::vector<Pattern>& patterns) {
    Truth result = Truth::kFalse;
    for (const Pattern& pattern : patterns) {
      result = either(result, context != nullptr ? truth_of(matches_any(pattern, attributes))
                                                 : id_matches(pattern, account_id));
    }
    return result;
  };
  Truth result = truth_of(scope.all_accounts);
  for (const AccountScope& account : scope.accounts) {
    Truth excluded = account.exclude_all ? Truth::kTrue : one_of(account.exclude);
    result = either(result, either(negation(excluded), one_of(account.include)));
  }
  return result;
}

}  // namespace semper::oracle
