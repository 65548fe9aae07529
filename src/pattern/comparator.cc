#include "pattern/comparator.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>
#include <utility>

#include "base/text.h"
#include "pattern/regex.h"

namespace semper::pattern {
namespace {

/// In the order of the enumeration.
constexpr std::array<std::string_view, 18> kNames{"exactly",
                                                  "prefix",
                                                  "suffix",
                                                  "equals-ignore-case",
                                                  "wildcard",
                                                  "anything-but",
                                                  "numeric",
                                                  "cidr",
                                                  "exists",
                                                  "contains",
                                                  "contains-not",
                                                  "cidr-contains",
                                                  "cidr-contains-not",
                                                  "regex-match",
                                                  "regex-not-match",
                                                  "not",
                                                  "and",
                                                  "or"};
constexpr std::size_t kEventBridgeNames = 9;

std::span<const std::string_view> names(Dialect dialect) {
  std::span<const std::string_view> all(kNames);
  return dialect == Dialect::kEventBridge ? all.first(kEventBridgeNames) : all;
}

std::string folded(std::string_view text) {
  std::string result;
  append_folded(result, text);
  return result;
}

class ItemParser {
 public:
  explicit ItemParser(const ParseState& state) : state_(state) {}

  bool item(const json::Value& value, Item& item) {
    if (value.is_array()) {
      return fail("bad_list_item", value, "a list item is a scalar or a comparator object");
    }
    if (value.is_object()) return comparators(value, item);
    std::span<Test> tests = array<Test>(1);
    item.tests = tests;
    return literal(value, add_predicate(tests[0]));
  }

 private:
  template <class T>
  std::span<T> array(std::size_t count) const {
    return state_.memory->array<T>(count);
  }
  std::string_view copy(std::string_view text) const { return state_.memory->copy(text); }
  const AddressRange* keep(const std::optional<AddressRange>& range) const {
    if (!range) return nullptr;
    AddressRange& kept = array<AddressRange>(1)[0];
    kept = *range;
    return &kept;
  }
  /// The one predicate of a test.
  Predicate& add_predicate(Test& test) const {
    std::span<Predicate> predicates = array<Predicate>(1);
    test.predicates = predicates;
    return predicates[0];
  }

  bool fail(std::string_view code, const json::Value& at, std::string message) const {
    return state_.fail(code, at.begin, std::move(message));
  }
  bool wrong_type(std::string_view name, std::string_view wanted, const json::Value& got) const {
    return fail("operand_type", got,
                fmt::format("\"{}\" wants {}, not {}", name, wanted, json::kind_phrase(got.kind)));
  }
  bool empty_operand(std::string_view name, const json::Value& at) const {
    return fail("operand_empty", at, fmt::format("\"{}\": empty operand", name));
  }

  bool literal(const json::Value& value, Predicate& predicate) const {
    switch (value.kind) {
      case json::Kind::kNull:
        predicate.op = Op::kNull;
        return true;
      case json::Kind::kBool:
        predicate.op = value.boolean ? Op::kTrue : Op::kFalse;
        return true;
      case json::Kind::kNumber:
        return number_literal(value, predicate);
      default:
        predicate.op = Op::kString;
        predicate.text = copy(value.text);
        predicate.range = keep(parse_address(value.text));
        return true;
    }
  }

  bool number(const json::Value& value, const Decimal*& number) const {
    if (std::optional<Decimal> parsed = Decimal::parse(value.text)) {
      number = state_.memory->keep(std::move(*parsed));
      return true;
    }
    return fail("number_out_of_range", value,
                fmt::format("number out of range: at most {} bytes, and an exponent within ±{}",
                            state_.limits.number_bytes, state_.limits.number_exponent));
  }

  bool number_literal(const json::Value& value, Predicate& predicate) const {
    predicate.op = Op::kNumber;
    if (!number(value, predicate.low)) return false;
    predicate.high = predicate.low;
    predicate.low_inclusive = predicate.high_inclusive = true;
    return true;
  }

  /// The order in which a comparator object's faults are told is SPEC section 9's.
  bool comparators(const json::Value& object, Item& item) {
    std::span<const json::Member> members = object.members();
    if (members.empty()) return fail("empty_comparator", object, "empty comparator object");
    if (!check_repeated(members)) return false;
    for (const json::Member& member : members) {
      if (!comparator_of(member.key, state_.dialect)) return unknown(member);
    }
    if (state_.dialect == Dialect::kEventBridge && !check_single(members)) return false;
    std::span<Test> tests = array<Test>(members.size());
    std::size_t count = 0;  // `exists: false` is none
    for (const json::Member& member : members) {
      Comparator comparator = *comparator_of(member.key, state_.dialect);
      if (!test(comparator, member, item, tests[count])) return false;
      if (comparator != Comparator::kExists || !item.absent) ++count;
    }
    item.tests = tests.first(count);
    if (item.absent && members.size() > 1) {
      return fail("exists_false_combined", object,
                  "exists false beside another test can never match; write it as an item of its "
                  "own: [{\"exists\": false}, …]");
    }
    return true;
  }

  bool check_repeated(std::span<const json::Member> members) const {
    if (state_.dialect == Dialect::kEventBridge || members.size() == 1) return true;
    KeySet keys;
    for (const json::Member& member : members) {
      if (!keys.insert(state_.memory->copy_folded(member.key))) {
        return state_.fail("duplicate_key", member.key_begin,
                           fmt::format("\"{}\" occurs twice", member.key));
      }
    }
    return true;
  }

  bool check_single(std::span<const json::Member> members) const {
    if (members.size() == 1) return true;
    return state_.fail("multiple_comparators", members[1].key_begin,
                       "only one comparator allowed here");
  }

  bool unknown(const json::Member& member) const {
    std::string message = fmt::format("unknown comparator \"{}\"", member.key);
    if (comparator_of(member.key, Dialect::kSemper) >= Comparator::kContains) {
      message += ", it exists only in the semper dialect";
    } else if (auto near = nearest(folded(member.key), names(state_.dialect)); !near.empty()) {
      message += fmt::format(", did you mean \"{}\"?", near);
    }
    return state_.fail("unknown_comparator", member.key_begin, std::move(message));
  }

  bool test(Comparator comparator, const json::Member& member, Item& item, Test& test) {
    switch (comparator) {
      case Comparator::kExactly:
        if (!one_string(member, Op::kExactly, test)) return false;
        break;
      case Comparator::kPrefix:
        if (!affix(member, Op::kPrefix, Op::kPrefixFolded, test)) return false;
        break;
      case Comparator::kSuffix:
        if (!affix(member, Op::kSuffix, Op::kSuffixFolded, test)) return false;
        break;
      case Comparator::kEqualsIgnoreCase:
        if (!one_string(member, Op::kEqualsFolded, test)) return false;
        break;
      case Comparator::kWildcard:
        if (!one_string(member, Op::kWildcard, test)) return false;
        break;
      case Comparator::kAnythingBut:
        test.negated = true;
        if (!anything_but(member, test)) return false;
        break;
      case Comparator::kNumeric:
        if (!numeric(member, add_predicate(test))) return false;
        break;
      case Comparator::kCidr:
        if (!one_string(member, Op::kCidr, test)) return false;
        break;
      case Comparator::kExists:
        return exists(member, item, test);
      case Comparator::kContains:
      case Comparator::kContainsNot:
        test.negated = comparator == Comparator::kContainsNot;
        if (!one_or_more_strings(member, Op::kContains, test)) return false;
        break;
      case Comparator::kCidrContains:
      case Comparator::kCidrContainsNot:
        test.negated = comparator == Comparator::kCidrContainsNot;
        if (!one_or_more_strings(member, Op::kCidrContains, test)) return false;
        break;
      case Comparator::kRegexMatch:
      case Comparator::kRegexNotMatch:
        test.negated = comparator == Comparator::kRegexNotMatch;
        if (!one_or_more_strings(member, Op::kRegex, test)) return false;
        break;
      case Comparator::kNot:
        test.kind = Test::Kind::kOr;
        test.negated = true;
        if (!combinator(member, true, test)) return false;
        break;
      case Comparator::kAnd:
        test.kind = Test::Kind::kAnd;
        if (!combinator(member, false, test)) return false;
        break;
      case Comparator::kOr:
        test.kind = Test::Kind::kOr;
        if (!combinator(member, false, test)) return false;
        break;
    }
    return true;
  }

  bool exists(const json::Member& member, Item& item, Test& test) const {
    if (!inside_.empty()) {
      return state_.fail("unsupported_nested", member.key_begin,
                         fmt::format("\"{}\" cannot stand inside \"{}\"", member.key, inside_));
    }
    if (!member.value.is_bool()) return wrong_type(member.key, "true or false", member.value);
    if (member.value.boolean) {
      test.kind = Test::Kind::kExists;
    } else {
      item.absent = true;
    }
    return true;
  }

  bool combinator(const json::Member& member, bool single_item_allowed, Test& test) {
    const json::Value& operand = member.value;
    if (depth_ == state_.limits.combinator_depth) {
      return state_.fail("pattern_too_deep", member.key_begin,
                         fmt::format("\"not\", \"and\", \"or\" nested deeper than {}", depth_));
    }
    if (!operand.is_array() && !single_item_allowed) {
      return wrong_type(member.key, "a list", operand);
    }
    std::span<const json::Value> items = operand.elements();
    if (!operand.is_array()) items = {&operand, 1};
    if (items.empty()) return empty_operand(member.key, operand);

    std::string_view outer = std::exchange(inside_, member.key);
    ++depth_;
    std::span<Item> made = array<Item>(items.size());
    test.items = made;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!item(items[i], made[i])) return false;
    }
    --depth_;
    inside_ = outer;
    return true;
  }

  /// One string operand of the comparator named by `member.key`.
  bool string(std::string_view name, const json::Value& value, Op op, Predicate& predicate) const {
    predicate.op = op;
    switch (op) {
      case Op::kPrefixFolded:
      case Op::kSuffixFolded:
      case Op::kEqualsFolded:
        predicate.text = state_.memory->copy_folded(value.text);
        return true;
      case Op::kWildcard:
        predicate.text = copy(value.text);
        return wildcard(value, predicate.pieces);
      case Op::kCidr:
      case Op::kCidrContains:
        predicate.text = copy(value.text);
        return range(name, value, op, predicate.range);
      case Op::kRegex:
        predicate.text = copy(value.text);
        return regex(value);
      default:
        predicate.text = copy(value.text);
        return true;
    }
  }

  bool one_string(const json::Member& member, Op op, Test& test) const {
    if (!member.value.is_string()) return wrong_type(member.key, "a string", member.value);
    return string(member.key, member.value, op, add_predicate(test));
  }

  bool one_or_more_strings(const json::Member& member, Op op, Test& test) const {
    if (!member.value.is_array()) {
      if (member.value.is_string()) return one_string(member, op, test);
      return wrong_type(member.key, "a string or a list of strings", member.value);
    }
    if (member.value.elements().empty()) return empty_operand(member.key, member.value);
    std::span<const json::Value> values = member.value.elements();
    std::span<Predicate> predicates = array<Predicate>(values.size());
    test.predicates = predicates;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!values[i].is_string()) return wrong_type(member.key, "strings", values[i]);
      if (!string(member.key, values[i], op, predicates[i])) return false;
    }
    return true;
  }

  /// The one member of an object operand, whose name must be among `allowed`.
  bool nested(const json::Member& outer, std::initializer_list<Comparator> allowed,
              Comparator& comparator) const {
    std::span<const json::Member> members = outer.value.members();
    if (members.empty()) return fail("empty_comparator", outer.value, "empty comparator object");
    if (!check_repeated(members)) return false;
    for (const json::Member& member : members) {
      std::optional<Comparator> known = comparator_of(member.key, state_.dialect);
      if (!known || std::find(allowed.begin(), allowed.end(), *known) == allowed.end()) {
        return state_.fail("unsupported_nested", member.key_begin,
                           fmt::format("\"{}\" cannot stand inside \"{}\"", member.key, outer.key));
      }
      comparator = *known;
    }
    return check_single(members);
  }

  bool affix(const json::Member& member, Op exact, Op folding, Test& test) const {
    if (member.value.is_string()) return one_string(member, exact, test);
    if (!member.value.is_object()) {
      return wrong_type(member.key, "a string or {\"equals-ignore-case\": …}", member.value);
    }
    Comparator inner;
    return nested(member, {Comparator::kEqualsIgnoreCase}, inner) &&
           one_string(member.value.members()[0], folding, test);
  }

  bool anything_but(const json::Member& member, Test& test) const {
    const json::Value& operand = member.value;
    if (operand.is_object()) return anything_but_nested(member, test);
    if (operand.is_string() || operand.is_number()) return excluded(operand, add_predicate(test));
    if (!operand.is_array()) {
      return wrong_type(member.key, "strings, numbers or a comparator", operand);
    }
    if (operand.elements().empty()) return empty_operand(member.key, operand);
    std::span<const json::Value> values = operand.elements();
    std::span<Predicate> predicates = array<Predicate>(values.size());
    test.predicates = predicates;
    json::Kind kind = values[0].kind;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const json::Value& value = values[i];
      if (!value.is_string() && !value.is_number()) {
        return wrong_type(member.key, "strings or numbers", value);
      }
      if (value.kind != kind) {
        return fail("mixed_operand_list", value, "strings and numbers do not mix");
      }
      if (!excluded(value, predicates[i])) return false;
    }
    return true;
  }

  bool excluded(const json::Value& value, Predicate& predicate) const {
    if (value.is_number()) return number_literal(value, predicate);
    predicate.op = Op::kExactly;
    predicate.text = copy(value.text);
    return true;
  }

  bool anything_but_nested(const json::Member& member, Test& test) const {
    Comparator comparator;
    if (!nested(member,
                {Comparator::kPrefix, Comparator::kSuffix, Comparator::kEqualsIgnoreCase,
                 Comparator::kWildcard},
                comparator)) {
      return false;
    }
    const json::Member& inner = member.value.members()[0];
    switch (comparator) {
      case Comparator::kPrefix:
        return no_empty_string(inner, Op::kPrefix, test);
      case Comparator::kSuffix:
        return no_empty_string(inner, Op::kSuffix, test);
      case Comparator::kEqualsIgnoreCase:
        return one_or_more_strings(inner, Op::kEqualsFolded, test);
      default:
        return one_or_more_strings(inner, Op::kWildcard, test);
    }
  }

  bool no_empty_string(const json::Member& member, Op op, Test& test) const {
    std::span<const json::Value> values = member.value.elements();
    if (member.value.is_string()) values = {&member.value, 1};
    for (const json::Value& value : values) {
      if (!value.is_string()) break;
      if (value.text.empty()) return empty_operand(member.key, value);
    }
    return one_or_more_strings(member, op, test);
  }

  bool numeric(const json::Member& member, Predicate& predicate) const {
    const json::Value& operand = member.value;
    if (!operand.is_array()) return wrong_type(member.key, "a list", operand);
    std::span<const json::Value> terms = operand.elements();
    if (terms.empty()) return numeric_arity(operand);
    predicate.op = Op::kNumeric;

    std::string_view op = terms[0].is_string() ? terms[0].text : std::string_view();
    bool lower = op == ">" || op == ">=";
    bool upper = op == "<" || op == "<=";
    if (!lower && !upper && op != "=") return numeric_operator(terms[0]);
    if (terms.size() < 2 || !terms[1].is_number()) return numeric_value(terms, 0, operand);
    if (lower) {
      predicate.low_inclusive = op == ">=";
      if (!number(terms[1], predicate.low)) return false;
    } else if (upper) {
      predicate.high_inclusive = op == "<=";
      if (!number(terms[1], predicate.high)) return false;
    } else {
      if (!number(terms[1], predicate.low)) return false;
      predicate.high = predicate.low;
      predicate.low_inclusive = predicate.high_inclusive = true;
    }
    if (terms.size() == 2) return true;
    if (!lower) return numeric_arity(terms[2]);

    op = terms[2].is_string() ? terms[2].text : std::string_view();
    if (op != "<" && op != "<=") return numeric_operator(terms[2]);
    if (terms.size() < 4 || !terms[3].is_number()) return numeric_value(terms, 2, operand);
    predicate.high_inclusive = op == "<=";
    if (!number(terms[3], predicate.high)) return false;
    if (terms.size() > 4) return numeric_arity(terms[4]);
    if (*predicate.low >= *predicate.high) {
      return fail("numeric_range", operand,
                  "lower bound must be less than upper bound; write [\"=\", …] for one value");
    }
    return true;
  }

  bool numeric_arity(const json::Value& at) const {
    return fail("numeric_arity", at,
                "numeric wants one comparison, or a lower then an upper bound");
  }
  bool numeric_operator(const json::Value& got) const {
    std::string written =
        got.is_string() ? fmt::format("\"{}\"", got.text) : json::kind_phrase(got.kind);
    return fail("numeric_operator", got,
                fmt::format("bad numeric operator {}; write \"=\", \"<\", \"<=\", \">\" or \">=\", "
                            "an upper bound second",
                            written));
  }
  bool numeric_value(std::span<const json::Value> terms, std::size_t op,
                     const json::Value& operand) const {
    return fail("numeric_value", op + 1 < terms.size() ? terms[op + 1] : operand,
                fmt::format("numeric \"{}\" wants a number", terms[op].text));
  }

  bool range(std::string_view name, const json::Value& value, Op op,
             const AddressRange*& range) const {
    bool has_slash = value.text.find('/') != std::string_view::npos;
    AddressError error = AddressError::kNone;
    range = keep(parse_address_or_range(value.text, &error));
    if (error == AddressError::kSyntax || (op == Op::kCidr && !has_slash)) {
      return fail("cidr_syntax", value,
                  fmt::format("\"{}\" is not an IP range; \"{}\" wants {}", value.text, name,
                              op == Op::kCidr ? "address/length" : "an address or address/length"));
    }
    if (error == AddressError::kMask) {
      return fail("cidr_mask", value, fmt::format("bad prefix length in \"{}\"", value.text));
    }
    if (state_.dialect == Dialect::kEventBridge && range->is_address()) {
      return fail("cidr_mask", value,
                  fmt::format("bad prefix length in \"{}\": for one address write it as a string",
                              value.text));
    }
    return true;
  }

  bool wildcard(const json::Value& value, std::span<const std::string_view>& pieces) const {
    std::string_view text = value.text;
    std::size_t stars = 0;
    bool after_star = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '*') {
        if (after_star) {
          return fail("wildcard_consecutive", value, fmt::format("consecutive wildcards at {}", i));
        }
        ++stars;
        after_star = true;
        continue;
      }
      after_star = false;
      if (text[i] == '\\') {
        if (i + 1 == text.size() || (text[i + 1] != '*' && text[i + 1] != '\\')) {
          return fail("wildcard_escape", value,
                      fmt::format("invalid escape at {}: only \\* and \\\\ are escapes", i));
        }
        ++i;
      }
    }
    if (stars > state_.limits.wildcard_stars) {
      return fail(
          "wildcard_too_complex", value,
          fmt::format("{} wildcards, the limit is {}", stars, state_.limits.wildcard_stars));
    }
    pieces = split(text, stars + 1);
    return true;
  }

  /// The pieces between the stars of a sound wildcard, decoded.
  std::span<const std::string_view> split(std::string_view text, std::size_t count) const {
    std::span<std::string_view> pieces = array<std::string_view>(count);
    std::span<char> decoded = array<char>(text.size());
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t piece = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '*') {
        pieces[piece++] = {decoded.data() + begin, end - begin};
        begin = end;
        continue;
      }
      if (text[i] == '\\') ++i;
      decoded[end++] = text[i];
    }
    pieces[piece] = {decoded.data() + begin, end - begin};
    return pieces;
  }

  bool regex(const json::Value& value) const {
    Regex compiled;
    std::string message;
    switch (Regex::compile(value.text, state_.limits, compiled, message)) {
      case Regex::Status::kOk:
        return within_budget(value, compiled.size());
      case Regex::Status::kSyntax:
        return fail("regex_syntax", value, std::move(message));
      case Regex::Status::kTooComplex:
        return fail("regex_too_complex", value, std::move(message));
    }
    return false;
  }

  /// A short text may take much memory, and a pattern may hold thousands of them.
  bool within_budget(const json::Value& value, std::size_t size) const {
    constexpr std::size_t kOfPattern = 100'000;
    constexpr std::size_t kOfAll = 8'000'000;
    state_.memory->regex_size += size;
    if (state_.memory->regex_size - state_.regex_size_before > kOfPattern) {
      return fail("regex_too_complex", value,
                  "the regular expressions of this pattern are too large together; shorten their "
                  "repetitions and character classes, or use prefix, suffix and wildcard");
    }
    if (state_.memory->regex_size > kOfAll) {
      return fail("regex_too_complex", value,
                  "the regular expressions of all policies are too large together; shorten their "
                  "repetitions and character classes, or use prefix, suffix and wildcard");
    }
    return true;
  }

  const ParseState& state_;
  std::string_view inside_;  ///< the innermost combinator
  std::size_t depth_ = 0;    ///< of combinators
};

}  // namespace

bool same_name(std::string_view written, std::string_view name, Dialect dialect) {
  return dialect == Dialect::kEventBridge ? written == name
                                          : equals_ignore_ascii_case(written, name);
}

std::optional<Comparator> comparator_of(std::string_view name, Dialect dialect) {
  std::span<const std::string_view> known = names(dialect);
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (known[i].size() != name.size()) continue;
    if (same_name(name, known[i], dialect)) return static_cast<Comparator>(i);
  }
  return std::nullopt;
}

bool ParseState::fail(std::string_view code, std::size_t offset, std::string message) const {
  error = {std::string(code), offset, std::move(message)};
  return false;
}

void ParseState::warn(std::string_view code, std::size_t offset, std::string message) const {
  warnings.push_back({std::string(code), offset, std::move(message)});
}

bool KeySet::insert(std::string_view folded) {
  auto end = few_.begin() + static_cast<std::ptrdiff_t>(count_);
  if (std::find(few_.begin(), end, folded) != end) return false;
  if (count_ == kFew) return more_.insert(folded).second;
  few_[count_++] = folded;
  return true;
}

bool parse_items(const json::Value& value, const ParseState& state, Items& items) {
  std::span<const json::Value> values = value.elements();
  if (!value.is_array()) values = {&value, 1};
  if (values.empty()) {
    return state.fail("empty_list", value.begin, "an empty list matches nothing");
  }
  ItemParser parser(state);
  std::span<Item> made = state.memory->array<Item>(values.size());
  items = made;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!parser.item(values[i], made[i])) return false;
  }
  return true;
}

}  // namespace semper::pattern
