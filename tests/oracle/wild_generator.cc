#include "oracle/wild_generator.h"

#include <algorithm>

#include "oracle/wild_values.h"

namespace semper::oracle {
namespace {

std::vector<std::string> code_points(std::string_view text) {
  std::vector<std::string> points;
  for (char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) points.emplace_back();
    points.back() += c;
  }
  return points;
}

std::string join(const std::vector<std::string>& parts, std::size_t from, std::size_t to) {
  std::string out;
  for (std::size_t i = from; i < to; ++i) out += parts[i];
  return out;
}

std::string escaped_for_wildcard(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '*' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string escaped_for_regex(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

WildGenerator::WildGenerator(Choices& choices, std::size_t keys, std::size_t values)
    : choices_(choices) {
  for (std::size_t i = 0; i < keys; ++i) {
    // Mostly the plain ones.
    std::size_t most = choices_.chance(70) ? 4 : kKeys.size();
    Spellings key = kKeys[choices_.below(most)];
    if (std::find(keys_.begin(), keys_.end(), key) == keys_.end()) keys_.push_back(std::move(key));
  }
  std::size_t about = choices_.below(5);
  for (std::size_t i = 0; i < values; ++i) {
    std::size_t kind = about < 4 && choices_.chance(70) ? about : choices_.below(4);
    const Groups& groups = kind == 0   ? kPlainStrings
                           : kind == 1 ? kFoldedStrings
                           : kind == 2 ? kAddresses
                                       : kNumbers;
    values_.push_back({kind != 3, choices_.pick(groups)});
  }
  values_.push_back({false, {choices_.pick(Spellings{"null", "true", "false"})}});
}

void WildGenerator::use_account_id() {
  keys_[0] = kKeys.back();
}

// --- patterns ---

Subject WildGenerator::pattern() {
  std::size_t kind = choices_.below(3);
  dialect_ = kind == 2 ? pattern::Dialect::kEventBridge : pattern::Dialect::kSemper;
  std::vector<std::size_t> keys(keys_.size());
  for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = i;
  Made made = object_of(2, keys);
  witnesses_.push_back(std::move(made.witness));
  return {made.asked.print(), dialect_, kind == 1 ? pattern::Arrays::kAll : pattern::Arrays::kAny};
}

std::string WildGenerator::scope() {
  dialect_ = pattern::Dialect::kSemper;
  std::vector<std::size_t> keys(keys_.size());
  for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = i;
  auto condition = [&] {
    Made made = object_of(1, keys);
    witnesses_.push_back(std::move(made.witness));
    return made.asked;
  };
  auto conditions = [&] {
    if (choices_.chance(60)) return condition();
    Tree all = list({});
    for (std::size_t i = choices_.below(3); i > 0; --i) all.elements.push_back(condition());
    return all;
  };
  auto account_scope = [&] {
    Tree out = object({});
    if (choices_.chance(90)) {
      out.members.emplace_back("exclude", choices_.chance(40) ? scalar("\"*\"") : conditions());
    }
    if (choices_.chance(60)) out.members.emplace_back("forceInclude", conditions());
    return out;
  };
  Tree accounts = account_scope();
  if (choices_.chance(25)) {
    accounts = list({std::move(accounts)});
    if (choices_.chance(60)) accounts.elements.push_back(account_scope());
  }
  if (choices_.chance(3)) accounts = scalar("\"*\"");
  return object({{"accountScope", std::move(accounts)}}).print();
}

WildGenerator::Made WildGenerator::object_of(std::size_t depth, std::vector<std::size_t> keys) {
  Made made{object({}), object({})};
  std::vector<std::size_t> all = keys;
  std::size_t members = 1 + (choices_.chance(35) ? 1 : 0) + (choices_.chance(15) ? 1 : 0);
  for (std::size_t i = 0; i < members && !keys.empty(); ++i) {
    if (choices_.chance(18) && depth > 0) {
      add_alternatives(made, depth, all);
      continue;
    }
    std::size_t at = choices_.below(keys.size());
    std::size_t key = keys[at];
    keys.erase(keys.begin() + static_cast<std::ptrdiff_t>(at));
    if (dialect_ == pattern::Dialect::kEventBridge && choices_.chance(5)) keys.push_back(key);
    if (depth > 0 && choices_.chance(35)) {
      Made inner = object_of(depth - 1, all);
      std::string name = key_text(key);
      made.asked.members.emplace_back(name, std::move(inner.asked));
      made.witness.members.emplace_back(name, std::move(inner.witness));
    } else {
      add_field(made, key);
    }
  }
  return made;
}

void WildGenerator::add_alternatives(Made& made, std::size_t depth,
                                     const std::vector<std::size_t>& keys) {
  // A key twice makes an error; `$or` in another case is a key.
  Tree alternatives = list({});
  std::size_t count = 2 + choices_.below(2);
  std::size_t chosen = choices_.below(count + 1);
  for (std::size_t i = 0; i < count; ++i) {
    Made branch = object_of(depth - 1, keys);
    alternatives.elements.push_back(std::move(branch.asked));
    if (i != chosen && chosen != count) continue;
    for (auto& member : branch.witness.members) made.witness.members.push_back(std::move(member));
  }
  made.asked.members.emplace_back("$or", std::move(alternatives));
}

void WildGenerator::add_field(Made& made, std::size_t key) {
  std::string name = key_text(key);
  Tree items = list({});
  std::size_t count = 1 + (choices_.chance(40) ? 1 : 0) + (choices_.chance(20) ? 1 : 0);
  std::size_t chosen = choices_.below(count);
  for (std::size_t i = 0; i < count; ++i) {
    Item made_item = item();
    if (i == chosen && !made_item.wants_absence) {
      made.witness.members.emplace_back(name, std::move(made_item.witness));
    }
    items.elements.push_back(std::move(made_item.asked));
  }
  bool is_bare = dialect_ == pattern::Dialect::kSemper && count == 1 && choices_.chance(30) &&
                 !items.elements[0].scalar.empty();
  made.asked.members.emplace_back(std::move(name), is_bare ? items.elements[0] : items);
}

// --- items ---

WildGenerator::Item WildGenerator::test(std::string_view comparator, Tree operand, Tree witness) {
  std::string name(comparator);
  if (dialect_ == pattern::Dialect::kSemper && choices_.chance(5)) {
    name[0] = static_cast<char>(name[0] - 32);
  }
  return {object({{name, std::move(operand)}}), std::move(witness)};
}

WildGenerator::Item WildGenerator::item(std::size_t depth) {
  const Value& value = choices_.pick(values_);
  bool is_semper = dialect_ == pattern::Dialect::kSemper;
  switch (choices_.below(10)) {
    case 0:
    case 1:
      return literal(value);
    case 2:
      return depth == 0 ? exists() : literal(value);
    case 3:
      return anything_but(value);
    case 4:
      return is_semper ? negated(value) : anything_but(value);
    case 5:
      if (is_semper && depth < 3) return combined(depth);
      break;
    case 6:
      if (is_semper) return all_of(item(depth + 1), item(depth + 1));
      break;
    default:
      break;
  }
  if (value.is_string) return string_test(value);
  return value.spellings[0].find_first_of("0123456789") != std::string::npos ? number_test(value)
                                                                             : literal(value);
}

WildGenerator::Item WildGenerator::literal(const Value& value) {
  return {spelling(value), spelling(value)};
}

WildGenerator::Item WildGenerator::exists() {
  bool wanted = choices_.chance(40);
  return {object({{"exists", scalar(wanted ? "true" : "false")}}), any_value(), !wanted};
}

WildGenerator::Item WildGenerator::string_test(const Value& value) {
  const std::string& text = choices_.pick(value.spellings);
  const std::string& other = choices_.pick(value.spellings);
  Tree witness = choices_.chance(70) ? scalar(quoted(text)) : scalar(quoted(text + any_string()));
  std::vector<std::string> points = code_points(text);
  std::vector<std::string> other_points = code_points(other);
  std::size_t cut = choices_.below(points.size() + 1);
  std::size_t other_cut = choices_.below(other_points.size() + 1);
  bool is_address = text.find_first_of(".:") != std::string::npos;
  bool is_semper = dialect_ == pattern::Dialect::kSemper;
  switch (choices_.below(is_semper ? 11 : 8)) {
    case 0:
      return test("exactly", scalar(quoted(text)), witness);
    case 1:
      return test("prefix", scalar(quoted(join(points, 0, cut))), witness);
    case 2:
      return test("suffix", scalar(quoted(join(points, cut, points.size()))), witness);
    case 3:
      return test(
          "prefix",
          object({{"equals-ignore-case", scalar(quoted(join(other_points, 0, other_cut)))}}),
          witness);
    case 4:
      return test("suffix",
                  object({{"equals-ignore-case",
                           scalar(quoted(join(other_points, other_cut, other_points.size())))}}),
                  witness);
    case 5:
      return test("equals-ignore-case", scalar(quoted(other)), witness);
    case 6:
      return test("wildcard", scalar(quoted(wildcard(text))), witness);
    case 7:
      if (!is_address) return test("wildcard", scalar(quoted(wildcard(text))), witness);
      return test("cidr", scalar(quoted(text.find('/') == std::string::npos ? text + "/8" : text)),
                  scalar(quoted(any_string())));
    case 8:
      return test("contains", any_strings(), witness);
    case 9:
      return test("regex-match", scalar(quoted(regex(text))), witness);
    default:
      return test(is_address ? "cidr-contains" : "contains",
                  scalar(quoted(is_address ? text : join(points, cut / 2, cut))), witness);
  }
}

std::string WildGenerator::wildcard(const std::string& text) {
  std::vector<std::string> points = code_points(text);
  std::string out;
  bool after_star = false;
  for (std::size_t i = 0; i <= points.size(); ++i) {
    if (!after_star && choices_.chance(30)) {
      out += '*';
      after_star = true;
      if (choices_.chance(50)) continue;
    }
    if (i == points.size()) break;
    out += escaped_for_wildcard(points[i]);
    after_star = false;
  }
  return out;
}

/// Pieces of the text among what matches more or something else.
std::string WildGenerator::regex(const std::string& text) {
  static const Spellings kAtoms = {
      ".",      ".*",     "[xy]",     "[^x]", "(x|y)",       "(?:xy|a)", "(a(b)c)",
      "\\d",    "\\.",    "\\x41",    "\\pL", "[[:alpha:]]", "[]x]",     "[[:]",
      "[\\]x]", "(?i:x)", "\\Qx.\\E", "\\b",  "^",           "$",        "|",
      "\\A",    "(|x)",   "x{2}",     "\\n",  "[a-z]+",      "(?P<n>x)", "\\x{e9}",
      "\\C",    "(?s).",  "[^\\n]",   "({)",  "a{x}",        "\\//"};
  static const Spellings kQuantifiers = {"*", "+", "?", "*?", "{0,1}", "{1}", "{0}", "{2,}", "+?"};
  std::vector<std::string> points = code_points(text);
  std::string out = choices_.chance(5) ? "(?i)" : "";
  std::size_t at = 0;
  for (std::size_t part = 0; part < 5; ++part) {
    if (choices_.chance(30)) out += choices_.pick(kAtoms);
    std::size_t end = std::min(points.size(), at + choices_.below(4));
    out += escaped_for_regex(join(points, at, end));
    if (choices_.chance(15)) out += choices_.pick(kQuantifiers);
    if (choices_.chance(20)) ++end;
    at = std::min(end, points.size());
  }
  return out;
}

WildGenerator::Item WildGenerator::number_test(const Value& value) {
  Tree number = spelling(value);
  const Value& other = choices_.pick(values_);
  bool has_other = !other.is_string && other.spellings[0] != "null" &&
                   other.spellings[0] != "true" && other.spellings[0] != "false";
  Tree second = has_other ? spelling(other) : scalar("1.5");
  Tree witness = choices_.chance(60) ? spelling(value) : second;
  static const Spellings kSingle = {"\"=\"", "\"<\"", "\"<=\"", "\">\"", "\">=\""};
  if (choices_.chance(60)) {
    return test("numeric", list({scalar(choices_.pick(kSingle)), number}), witness);
  }
  Tree lower = scalar(choices_.chance(50) ? "\">\"" : "\">=\"");
  Tree upper = scalar(choices_.chance(50) ? "\"<\"" : "\"<=\"");
  // Half of them are no range, or one that all events share.
  if (choices_.chance(30)) number = scalar("-3");
  if (choices_.chance(50)) second = scalar("1e500");
  return test("numeric", list({lower, number, upper, second}), witness);
}

WildGenerator::Item WildGenerator::anything_but(const Value& value) {
  Tree witness = any_scalar();
  if (!value.is_string) {
    bool is_number = value.spellings[0].find_first_of("0123456789") != std::string::npos;
    Tree number = is_number ? spelling(value) : scalar("2");
    return test("anything-but", choices_.chance(50) ? number : list({number, scalar("0")}),
                witness);
  }
  static const Spellings kNested = {"prefix", "suffix", "equals-ignore-case", "wildcard"};
  if (choices_.chance(50)) return test("anything-but", any_strings(), witness);
  const std::string& name = choices_.pick(kNested);
  std::string text = choices_.pick(value.spellings);
  Tree operand = scalar(quoted(name == "wildcard" ? wildcard(text) : text));
  if (name != "wildcard" && choices_.chance(40)) operand = any_strings();
  return test("anything-but", object({{name, operand}}), witness);
}

WildGenerator::Item WildGenerator::negated(const Value& value) {
  Tree witness = any_scalar();
  std::string text = value.is_string ? choices_.pick(value.spellings) : any_string();
  bool is_address = text.find_first_of(".:") != std::string::npos;
  switch (choices_.below(3)) {
    case 0:
      if (is_address) return test("cidr-contains-not", scalar(quoted(text)), witness);
      return test("contains-not", any_strings(), witness);
    case 1:
      return test("contains-not", any_strings(), witness);
    default:
      return test("regex-not-match", scalar(quoted(regex(text))), witness);
  }
}

WildGenerator::Item WildGenerator::combined(std::size_t depth) {
  static const Spellings kNames = {"not", "and", "or"};
  const std::string& name = choices_.pick(kNames);
  std::size_t count = 1 + choices_.below(2);
  Tree items = list({});
  Tree witness;
  for (std::size_t i = 0; i < count; ++i) {
    Item part = item(depth + 1);
    items.elements.push_back(part.asked);
    if (i == 0) witness = part.witness;
  }
  if (name == "not") witness = any_scalar();
  if (name == "not" && count == 1 && choices_.chance(50)) {
    return test(name, items.elements[0], witness);
  }
  return test(name, items, witness);
}

/// Two comparators in one object.
WildGenerator::Item WildGenerator::all_of(Item first, const Item& second) {
  if (!first.asked.is_object || !second.asked.is_object) return first;
  for (const auto& member : second.asked.members) {
    bool is_there = std::any_of(first.asked.members.begin(), first.asked.members.end(),
                                [&](const auto& other) { return other.key == member.key; });
    if (!is_there) first.asked.members.push_back(member);
  }
  return first;
}

// --- keys and values ---

std::string WildGenerator::key_text(std::size_t key) {
  const Spellings& spellings = keys_[key];
  bool first =
      dialect_ == pattern::Dialect::kEventBridge ? !choices_.chance(10) : !choices_.chance(40);
  return first ? spellings[0] : choices_.pick(spellings);
}

Tree WildGenerator::spelling(const Value& value) {
  const std::string& text = choices_.pick(value.spellings);
  if (!value.is_string) return scalar(text);
  std::string json = quoted(text);
  // The same with an escape.
  if (json.size() > 2 && json[1] >= 'a' && json[1] <= 'z' && choices_.chance(10)) {
    static constexpr char kDigits[] = "0123456789abcdef";
    auto c = static_cast<unsigned char>(json[1]);
    json.replace(1, 1, std::string("\\u00") + kDigits[c >> 4] + kDigits[c & 15]);
  }
  return scalar(json);
}

std::string WildGenerator::text() {
  return any_string();
}

std::string WildGenerator::any_string() {
  const Value& value = choices_.pick(values_);
  return value.is_string ? choices_.pick(value.spellings) : "x";
}

Tree WildGenerator::any_strings() {
  if (choices_.chance(60)) return scalar(quoted(any_string()));
  Tree strings = list({});
  for (std::size_t i = 1 + choices_.below(3); i > 0; --i) {
    strings.elements.push_back(scalar(quoted(any_string())));
  }
  return strings;
}

Tree WildGenerator::any_scalar() {
  if (choices_.chance(2)) return scalar(choices_.pick(kNoNumbers));
  if (choices_.chance(2)) return scalar("\"\\ud800x\"");
  return spelling(choices_.pick(values_));
}

Tree WildGenerator::any_value() {
  if (!choices_.chance(30)) return any_scalar();
  switch (choices_.below(4)) {
    case 0:
      return choices_.chance(50) ? list({}) : object({});
    case 1:
      return list({any_scalar(), any_scalar()});
    case 2:
      return list(
          {list({any_scalar()}), object({{key_text(choices_.below(keys_.size())), any_scalar()}})});
    default:
      return object({{key_text(choices_.below(keys_.size())), any_scalar()}});
  }
}

// --- events ---

std::string WildGenerator::event() {
  Tree tree = object({});
  if (!witnesses_.empty() && choices_.chance(85)) tree = choices_.pick(witnesses_);
  for (std::size_t i = choices_.below(4); i > 0 && !witnesses_.empty(); --i) {
    for (const auto& member : choices_.pick(witnesses_).members) tree.members.push_back(member);
  }
  for (std::size_t i = choices_.below(4); i > 0; --i) change(tree);
  return tree.print();
}

/// Changes something somewhere; the root stays an object.
void WildGenerator::change(Tree& tree) {
  Tree* at = &tree;
  for (std::size_t depth = 0; depth < 4 && choices_.chance(70); ++depth) {
    if (!at->members.empty()) {
      at = &at->members[choices_.below(at->members.size())].value;
    } else if (!at->elements.empty()) {
      at = &at->elements[choices_.below(at->elements.size())];
    } else {
      break;
    }
  }
  if (at == &tree || (at->is_object && choices_.chance(50))) {
    change_members(*at);
  } else {
    change_value(*at);
  }
}

void WildGenerator::change_value(Tree& tree) {
  Tree old = std::move(tree);
  switch (choices_.below(old.is_object && !old.members.empty() ? 9 : 7)) {
    case 0:
      tree = any_value();
      break;
    case 1:
      tree = list({old});
      break;
    case 2:
      tree = list({old, any_value()});
      break;
    case 3:
      tree = list({any_value(), old});
      break;
    case 4:
      tree = list({list({old}), any_value()});
      break;
    case 5:
      tree = object({{key_text(choices_.below(keys_.size())), old}});
      break;
    case 6:
      tree = any_scalar();
      break;
    case 7: {  // Its members in two elements.
      std::size_t cut = choices_.below(old.members.size());
      Tree first = object({});
      Tree second = object({});
      for (std::size_t i = 0; i < old.members.size(); ++i) {
        (i < cut ? first : second).members.push_back(old.members[i]);
      }
      tree = list({first, second});
      break;
    }
    default: {
      Tree copy = old;
      change_members(copy);
      tree = choices_.chance(50) ? list({old, copy}) : list({copy, list({old})});
    }
  }
}

void WildGenerator::change_members(Tree& object_tree) {
  auto& members = object_tree.members;
  std::string fresh = key_text(choices_.below(keys_.size()));
  if (members.empty()) {
    members.emplace_back(fresh, any_value());
    return;
  }
  std::size_t at = choices_.below(members.size());
  switch (choices_.below(8)) {
    case 0:
      members.erase(members.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    case 1:
      members.emplace_back(members[at].key, any_value());
      break;
    case 2: {  // A twin in another case, before it.
      auto twin = members[at];
      if (!twin.key.empty() && twin.key[0] >= 'a' && twin.key[0] <= 'z') {
        twin.key[0] = static_cast<char>(twin.key[0] - 32);
      }
      if (choices_.chance(50)) twin.value = any_value();
      members.insert(members.begin(), std::move(twin));
      break;
    }
    case 3:
      if (members[at].value.is_object && !members[at].value.members.empty()) {
        auto inner = members[at].value.members[0];
        members[at].key += "." + inner.key;
        members[at].value = std::move(inner.value);
      }
      break;
    case 4:
      members.emplace_back(std::move(fresh), any_value());
      break;
    case 5:
      std::swap(members[at].value, members[0].value);
      break;
    case 6:
      std::rotate(members.begin(), members.begin() + static_cast<std::ptrdiff_t>(at),
                  members.end());
      break;
    default:
      if (!witnesses_.empty()) {
        for (const auto& member : choices_.pick(witnesses_).members) members.push_back(member);
      }
  }
}

}  // namespace semper::oracle
