#include <algorithm>
#include <limits>
#include <numeric>
#include <span>
#include <tuple>
#include <unordered_map>

#include "base/hash.h"
#include "pattern/expand.h"
#include "pattern/interner.h"
#include "pattern/program.h"
#include "pattern/program_data.h"
#include "pattern/required_literal.h"

namespace semper::pattern {
namespace {

constexpr std::uint32_t kPresenceAtom = 0xFFFFFFFF;

/// How often a predicate holds for an event whose value nobody knows, roughly, in units of an exact
/// value's: what is rare is a good thing to look up first.
double weight_of(const ProgramData& data, const CompiledPredicate& predicate) {
  auto literal = [](std::size_t size) { return size >= 8 ? 2.0 : size >= 3 ? 8.0 : 200.0; };
  switch (predicate.op) {
    case Op::kString:
    case Op::kExactly:
    case Op::kEqualsFolded:
    case Op::kNumber:
      return 1;
    case Op::kPrefix:
    case Op::kSuffix:
    case Op::kPrefixFolded:
    case Op::kSuffixFolded:
    case Op::kContains:
      return literal(predicate.size);
    case Op::kWildcard:
      return 2 * literal(predicate.size);
    case Op::kRegex: {
      RequiredLiteral required = required_literal(data.text(predicate));
      return required.text.empty() ? 900 : 4 * literal(required.text.size());
    }
    case Op::kCidr:
    case Op::kCidrContains:
      return 16;
    case Op::kNumeric:
      return 100;
    case Op::kNull:
    case Op::kTrue:
    case Op::kFalse:
      return 300;
  }
  return 1000;
}

constexpr double kPresenceWeight = 1000;

}  // namespace

struct ProgramBuilder::Work {
  explicit Work(ProgramData& program) : data(program) {}

  ProgramData& data;
  Interner predicates;
  Interner fields;
  std::vector<std::uint32_t> field_uses;  ///< by field: branches that have it
  Expander expander;
  /// The fields of the pattern at hand: by their number in the expander, and by their items for its
  /// tree.
  std::vector<std::uint32_t> expanded_fields;
  std::vector<std::pair<const Item*, std::uint32_t>> pattern_fields;
  Interner keys;  ///< of trees: begins in `texts`
  std::vector<std::pair<std::uint32_t, std::uint32_t>> key_places;
  std::vector<TreeMember> open_members;  ///< of the objects of a tree that are at hand
  std::vector<std::uint32_t> open_children;

  std::uint32_t add_text(std::string_view text) {
    auto begin = static_cast<std::uint32_t>(data.texts.size());
    data.texts += text;
    return begin;
  }

  /// The same few keys are in nearly all trees.
  std::pair<std::uint32_t, std::uint32_t> add_key(std::string_view key) {
    return key_places[keys.find_or_make(
        hash64(key, 0),
        [&](std::uint32_t i) {
          return data.text(key_places[i].first, key_places[i].second) == key;
        },
        [&] {
          key_places.emplace_back(add_text(key), static_cast<std::uint32_t>(key.size()));
          return static_cast<std::uint32_t>(key_places.size() - 1);
        })];
  }

  // --- predicates and fields, each kept once ---

  std::uint32_t add_predicate(const Predicate& predicate) {
    std::uint64_t hash = hash64(predicate.text, static_cast<std::uint64_t>(predicate.op));
    auto mix_in = [&](const void* bytes, std::size_t size) {
      hash = hash64({static_cast<const char*>(bytes), size}, hash);
    };
    for (const Decimal* bound : {predicate.low, predicate.high}) {
      if (bound == nullptr) continue;
      mix_in(bound->digits.data(), bound->digits.size());
      mix_in(&bound->exponent, sizeof bound->exponent);
    }
    if (predicate.range) mix_in(predicate.range->bytes.data(), 16);
    return predicates.find_or_make(
        hash, [&](std::uint32_t id) { return is_same(data.predicates[id], predicate); },
        [&] { return make_predicate(predicate); });
  }

  bool is_same(const CompiledPredicate& made, const Predicate& predicate) const {
    if (made.op != predicate.op || data.text(made) != predicate.text) return false;
    switch (made.op) {
      case Op::kNumber:
      case Op::kNumeric:
        return data.intervals[made.operand] == interval_of(predicate);
      case Op::kCidr:
      case Op::kCidrContains:
        return data.ranges[made.operand] == *predicate.range;
      default:
        return true;
    }
  }

  static Interval interval_of(const Predicate& predicate) {
    auto bound = [](const Decimal* number) {
      return number == nullptr ? std::nullopt : std::optional(*number);
    };
    return {bound(predicate.low), bound(predicate.high), predicate.low_inclusive,
            predicate.high_inclusive};
  }

  std::uint32_t make_predicate(const Predicate& predicate) {
    CompiledPredicate made;
    made.op = predicate.op;
    made.text = add_text(predicate.text);
    made.size = static_cast<std::uint32_t>(predicate.text.size());
    auto append = [&](auto& operands, auto operand) {
      operands.push_back(std::move(operand));
      return static_cast<std::uint32_t>(operands.size() - 1);
    };
    switch (predicate.op) {
      case Op::kString:
        if (predicate.range) made.operand = append(data.ranges, *predicate.range) + 1;
        break;
      case Op::kNumber:
      case Op::kNumeric:
        made.operand = append(data.intervals, interval_of(predicate));
        data.integers.push_back(integers_of(data.intervals.back()));
        break;
      case Op::kCidr:
      case Op::kCidrContains:
        made.operand = append(data.ranges, *predicate.range);
        break;
      case Op::kWildcard:
        made.operand = append(data.wildcards, std::vector<std::string>(predicate.pieces.begin(),
                                                                       predicate.pieces.end()));
        break;
      case Op::kRegex: {
        Regex regex;
        std::string message;
        // `parse` has compiled it before; it cannot fail now.
        (void)Regex::compile(predicate.text, Limits{}, regex, message);
        made.operand = append(data.regexes, std::move(regex));
        break;
      }
      default:
        break;
    }
    data.predicates.push_back(made);
    return static_cast<std::uint32_t>(data.predicates.size() - 1);
  }

  void encode_list(Code head, bool negated, Items items, std::vector<std::uint32_t>& code) {
    std::size_t at = begin_list(head, negated, code);
    for (const Item& item : items) encode_item(item, code);
    end_list(at, code);
  }

  static std::size_t begin_list(Code head, bool negated, std::vector<std::uint32_t>& code) {
    code.push_back(static_cast<std::uint32_t>(head) | (negated ? kNegated : 0));
    code.push_back(0);
    return code.size();
  }
  static void end_list(std::size_t begin, std::vector<std::uint32_t>& code) {
    code[begin - 1] = static_cast<std::uint32_t>(code.size() - begin);
  }

  void encode_item(const Item& item, std::vector<std::uint32_t>& code) {
    if (item.tests.size() == 1) {
      encode_test(item.tests[0], code);
      return;
    }
    std::size_t at = begin_list(Code::kAll, false, code);
    for (const Test& test : item.tests) encode_test(test, code);
    end_list(at, code);
  }

  void encode_test(const Test& test, std::vector<std::uint32_t>& code) {
    switch (test.kind) {
      case Test::Kind::kExists:
        code.push_back(static_cast<std::uint32_t>(Code::kExists));
        break;
      case Test::Kind::kAnd:
        encode_list(Code::kAll, test.negated, test.items, code);
        break;
      case Test::Kind::kOr:
        encode_list(Code::kAny, test.negated, test.items, code);
        break;
      case Test::Kind::kPredicates: {
        bool single = test.predicates.size() == 1;
        std::size_t at = single ? 0 : begin_list(Code::kAny, test.negated, code);
        for (const Predicate& predicate : test.predicates) {
          code.push_back(static_cast<std::uint32_t>(Code::kPredicate) |
                         (single && test.negated ? kNegated : 0));
          code.push_back(add_predicate(predicate));
        }
        if (!single) end_list(at, code);
        break;
      }
    }
  }

  std::uint32_t add_field(std::uint32_t path, Items items) {
    bool absent = false;
    std::size_t begin = data.code.size();
    for (const Item& item : items) {
      if (item.absent) {
        absent = true;
      } else {
        encode_item(item, data.code);
      }
    }
    std::span<const std::uint32_t> code = std::span(data.code).subspan(begin);
    std::string_view bytes(reinterpret_cast<const char*>(code.data()), code.size_bytes());
    bool is_new = false;
    std::uint32_t number = fields.find_or_make(
        hash64(bytes, path * 2 + (absent ? 1u : 0u)),
        [&](std::uint32_t id) {
          const CompiledField& field = data.fields[id];
          return field.path == path && field.absent == absent && field.words == code.size() &&
                 std::equal(code.begin(), code.end(), data.code.begin() + field.code);
        },
        [&] {
          is_new = true;
          data.fields.push_back({path, static_cast<std::uint32_t>(begin),
                                 static_cast<std::uint32_t>(code.size()), absent, 0, 0});
          field_uses.push_back(0);
          return static_cast<std::uint32_t>(data.fields.size() - 1);
        });
    if (!is_new) data.code.resize(begin);
    return number;
  }

  // --- patterns ---

  /// Steps of patterns are those of the trie.
  struct TrieSteps {
    KeyTrie& keys;
    std::uint32_t step(std::uint32_t node, std::string_view key) { return keys.add(node, key); }
  };

  void add_branches(const Pattern& pattern, std::uint32_t number, Arrays arrays) {
    constexpr std::uint32_t kUnknown = 0xFFFFFFFF;
    bool semper = pattern.dialect == Dialect::kSemper;
    TrieSteps steps{data.keys};
    expander.begin(pattern.dialect);
    expand_object(pattern.root, semper ? KeyTrie::kSemperRoot : KeyTrie::kEventBridgeRoot,
                  pattern.dialect, steps, expander);
    pattern_fields.clear();
    expanded_fields.assign(expander.fields().size(), kUnknown);
    for (const Expander::Draft& branch : expander.branches()) {
      CompiledBranch compiled;
      compiled.pattern = number;
      compiled.is_of_all = arrays == Arrays::kAll;
      compiled.fields = static_cast<std::uint32_t>(data.branch_fields.size());
      compiled.count = static_cast<std::uint32_t>(branch.size());
      for (std::uint32_t i : branch) {
        std::uint32_t& id = expanded_fields[i];
        if (id == kUnknown) {
          const Field& field = expander.fields()[i];
          id = add_field(field.path, field.items);
          pattern_fields.emplace_back(field.items.data(), id);
        }
        data.branch_fields.push_back(id);
        ++field_uses[id];
      }
      data.branches.push_back(compiled);
    }
  }

  std::uint32_t add_tree(const Pattern& pattern) {
    std::sort(pattern_fields.begin(), pattern_fields.end());
    return add_tree(pattern.root);
  }

  std::uint32_t add_tree(const Object& object) {
    std::size_t first_member = open_members.size();
    for (const pattern::Member& member : object.members) {
      TreeMember made;
      made.kind = member.kind;
      if (member.kind != pattern::Member::Kind::kOr) {
        std::tie(made.key, made.size) = add_key(member.key);
      }
      if (member.kind == pattern::Member::Kind::kField) {
        auto found = std::lower_bound(pattern_fields.begin(), pattern_fields.end(),
                                      std::pair(member.items.data(), std::uint32_t{0}));
        made.first = found->second;
      } else {
        std::size_t first_child = open_children.size();
        for (const Object& child : member.objects) {
          std::uint32_t tree = add_tree(child);
          open_children.push_back(tree);
        }
        std::tie(made.first, made.count) = close(open_children, first_child, data.tree_roots);
      }
      open_members.push_back(made);
    }
    TreeObject made;
    std::tie(made.first, made.count) = close(open_members, first_member, data.tree_members);
    data.tree_objects.push_back(made);
    return static_cast<std::uint32_t>(data.tree_objects.size() - 1);
  }

  /// Moves what is in `open` from `first` on to `closed`; where it begins there, and how many.
  template <class T>
  static std::pair<std::uint32_t, std::uint32_t> close(std::vector<T>& open, std::size_t first,
                                                       std::vector<T>& closed) {
    std::pair place(static_cast<std::uint32_t>(closed.size()),
                    static_cast<std::uint32_t>(open.size() - first));
    closed.insert(closed.end(), open.begin() + static_cast<std::ptrdiff_t>(first), open.end());
    open.resize(first);
    return place;
  }

  void reorder(std::span<const std::uint32_t> order) {
    std::vector<CompiledPattern> patterns(data.patterns.size());
    for (std::size_t i = 0; i < order.size(); ++i) patterns[order[i]] = data.patterns[i];
    data.patterns = std::move(patterns);
    for (CompiledBranch& branch : data.branches) branch.pattern = order[branch.pattern];
  }

  /// A program lives long; what its lists grew by is not needed any more.
  void shrink() {
    auto shrink_all = [](auto&... all) { (all.shrink_to_fit(), ...); };
    shrink_all(data.paths, data.posting_lists, data.postings, data.always, data.patterns,
               data.branches, data.branch_fields, data.fields, data.field_lists, data.code,
               data.tree_members, data.tree_objects, data.tree_roots, data.predicates, data.texts,
               data.intervals, data.integers, data.ranges, data.wildcards, data.regexes);
  }

  /// eventbridge takes fields in the order of their joined paths.
  void rank_paths() {
    std::vector<std::u16string> joined = data.keys.joined_paths();
    std::vector<std::uint32_t> order(joined.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(),
              [&](std::uint32_t a, std::uint32_t b) { return joined[a] < joined[b]; });
    for (std::uint32_t i = 0; i < order.size(); ++i) data.paths[order[i]].rank = i;
  }

  // --- access: where each branch hangs ---

  /// (path, predicate or kPresenceAtom)
  using Atom = std::uint64_t;
  static Atom atom(std::uint32_t path, std::uint32_t predicate) {
    return static_cast<Atom>(path) << 32 | predicate;
  }

  struct Access {
    std::vector<std::uint32_t> predicates;  ///< one of them holds where the field does; or presence
    bool possible = true;                   ///< false: the field may hold without a value
    bool is_certain = true;                 ///< where one holds, the field does
  };

  /// The predicate of an expression that is best looked up; kPresenceAtom where there is none.
  /// Alternatives of predicates are appended one by one.
  void append_access(std::uint32_t at, std::vector<std::uint32_t>& chosen, bool& is_certain) const {
    std::uint32_t head = data.code[at];
    auto code = static_cast<Code>(head & 0xFF);
    bool negated = (head & kNegated) != 0;
    if (code == Code::kPredicate && !negated) {
      chosen.push_back(data.code[at + 1]);
      return;
    }
    if ((code == Code::kAll || code == Code::kAny) && !negated) {
      if (code == Code::kAll) is_certain = false;
      std::uint32_t end = at + 2 + data.code[at + 1];
      std::vector<std::uint32_t> best;
      double best_weight = std::numeric_limits<double>::max();
      for (std::uint32_t part = at + 2; part < end; part = data.after(part)) {
        if (code == Code::kAny) {
          append_access(part, chosen, is_certain);
          continue;
        }
        std::vector<std::uint32_t> candidate;
        append_access(part, candidate, is_certain);
        double weight = total_weight(candidate);
        if (weight < best_weight) {
          best_weight = weight;
          best = std::move(candidate);
        }
      }
      chosen.insert(chosen.end(), best.begin(), best.end());
      return;
    }
    chosen.push_back(kPresenceAtom);
  }

  double weight(std::uint32_t predicate) const {
    return predicate == kPresenceAtom ? kPresenceWeight : weights[predicate];
  }
  double total_weight(const std::vector<std::uint32_t>& chosen) const {
    double total = 0;
    for (std::uint32_t predicate : chosen) total += weight(predicate);
    return total;
  }

  Access access_of(const CompiledField& field) const {
    Access access;
    if (field.absent) {
      access.possible = false;
      return access;
    }
    access.predicates.reserve(field.words / 2);  // a predicate is two words
    for (std::uint32_t at = field.code; at < field.code + field.words; at = data.after(at)) {
      append_access(at, access.predicates, access.is_certain);
    }
    auto is_presence = [](std::uint32_t predicate) { return predicate == kPresenceAtom; };
    if (std::any_of(access.predicates.begin(), access.predicates.end(), is_presence)) {
      access.predicates = {kPresenceAtom};
    }
    std::sort(access.predicates.begin(), access.predicates.end());
    access.predicates.erase(std::unique(access.predicates.begin(), access.predicates.end()),
                            access.predicates.end());
    return access;
  }

  std::vector<double> weights;  ///< by predicate

  struct Hung {
    Atom atom;
    std::uint32_t branch;
    bool operator<(const Hung& other) const {
      return std::pair(atom, branch) < std::pair(other.atom, other.branch);
    }
  };

  /// Fields that branches hang on, with their predicates.
  std::vector<std::pair<std::uint32_t, std::vector<std::uint32_t>>> access_fields;

  std::vector<Hung> hang_branches() {
    weights.reserve(data.predicates.size());
    for (const CompiledPredicate& predicate : data.predicates) {
      weights.push_back(weight_of(data, predicate));
    }
    std::vector<Access> accesses;
    std::unordered_map<Atom, std::uint32_t> uses;
    for (std::size_t i = 0; i < data.fields.size(); ++i) {
      accesses.push_back(access_of(data.fields[i]));
      for (std::uint32_t predicate : accesses[i].predicates) {
        uses[atom(data.fields[i].path, predicate)] += field_uses[i];
      }
    }
    constexpr double kNever = std::numeric_limits<double>::max();
    std::vector<double> costs;
    for (std::size_t i = 0; i < data.fields.size(); ++i) {
      double cost = accesses[i].possible ? 0 : kNever;
      for (std::uint32_t predicate : accesses[i].predicates) {
        cost += weight(predicate) * uses[atom(data.fields[i].path, predicate)];
      }
      costs.push_back(cost);
    }

    std::vector<Hung> hung;
    std::vector<bool> is_access(data.fields.size());
    for (std::uint32_t b = 0; b < data.branches.size(); ++b) {
      CompiledBranch& branch = data.branches[b];
      auto first = data.branch_fields.begin() + branch.fields;
      // The cheapest is the access field; the others follow so that the unlikely fail early.
      std::stable_sort(first, first + branch.count,
                       [&](std::uint32_t x, std::uint32_t y) { return costs[x] < costs[y]; });
      const Access& access = accesses[*first];
      if (!access.possible) {
        data.always.push_back({b, branch.pattern});
        continue;
      }
      branch.is_access_certain = access.is_certain;
      branch.is_decided_by_access = branch.count == 1 && access.is_certain && !branch.is_of_all;
      is_access[*first] = true;
      for (std::uint32_t predicate : access.predicates) {
        hung.push_back({atom(data.fields[*first].path, predicate), b});
      }
    }
    std::sort(hung.begin(), hung.end());
    for (std::uint32_t i = 0; i < is_access.size(); ++i) {
      if (is_access[i]) access_fields.emplace_back(i, std::move(accesses[i].predicates));
    }
    return hung;
  }

  // --- indexes ---

  PathIndex& index_at(std::uint32_t path, PathFlag flag) {
    PathInfo& info = data.paths[path];
    if ((info.flags & kUsesIndex) == 0) {
      info.index = static_cast<std::uint32_t>(data.indexes.size());
      data.indexes.emplace_back();
    }
    info.flags |= flag;
    return data.indexes[info.index];
  }

  std::uint32_t add_list(std::vector<Hung>::const_iterator first,
                         std::vector<Hung>::const_iterator last) {
    Posting posting;
    posting.first = static_cast<std::uint32_t>(data.postings.size());
    posting.count = static_cast<std::uint32_t>(last - first);
    posting.decides = Posting::Decides::kBranches;
    for (; first != last; ++first) {
      const CompiledBranch& branch = data.branches[first->branch];
      if (!branch.is_decided_by_access) posting.decides = Posting::Decides::kNothing;
      bool has_other = branch.count == 2 && branch.is_access_certain && !branch.is_of_all;
      std::uint32_t other = has_other ? data.branch_fields[branch.fields + 1] : PostedBranch::kNone;
      data.postings.push_back({first->branch, branch.pattern, other});
    }
    std::stable_sort(
        data.postings.begin() + posting.first, data.postings.end(),
        [](const PostedBranch& a, const PostedBranch& b) { return a.other_field < b.other_field; });
    data.posting_lists.push_back(posting);
    is_approximate.push_back(false);
    return static_cast<std::uint32_t>(data.posting_lists.size() - 1);
  }

  /// Wildcards whose lists wait for the choice of what they are looked up by.
  struct Waiting {
    std::uint32_t path;
    std::uint32_t predicate;
    std::uint32_t list;
  };
  std::vector<Waiting> waiting;
  /// Branches that any value at the path may lead to.
  std::vector<Hung> by_presence;

  void index(const std::vector<Hung>& hung) {
    for (auto first = hung.begin(); first != hung.end();) {
      auto last = std::find_if(first, hung.end(),
                               [&](const Hung& other) { return other.atom != first->atom; });
      auto path = static_cast<std::uint32_t>(first->atom >> 32);
      auto predicate = static_cast<std::uint32_t>(first->atom);
      if (predicate == kPresenceAtom || !can_index(data.predicates[predicate])) {
        for (auto at = first; at != last; ++at) by_presence.push_back({atom(path, 0), at->branch});
      } else {
        std::uint32_t list = add_list(first, last);
        lists.emplace_back(first->atom, list);
        index_predicate(path, predicate, list);
      }
      first = last;
    }
    index_wildcards();
    std::vector<bool> is_confirmed(data.fields.size());  // by a branch that a hit does not decide
    for (const CompiledBranch& branch : data.branches) {
      if (branch.is_decided_by_access) continue;
      for (std::uint32_t i = 0; i < branch.count; ++i) {
        is_confirmed[data.branch_fields[branch.fields + i]] = true;
      }
    }
    for (const auto& [field, chosen] : access_fields) {
      link_lists(field, chosen, is_confirmed[field]);
    }
    for (std::uint32_t list = 0; list < data.posting_lists.size(); ++list) {
      Posting& posting = data.posting_lists[list];
      bool is_plain = posting.count == 1 && !is_approximate[list];
      if (!is_plain || posting.decides != Posting::Decides::kBranches) continue;
      posting.decides = Posting::Decides::kPattern;
      posting.first = data.postings[posting.first].pattern;
    }
    std::sort(by_presence.begin(), by_presence.end());
    for (auto first = by_presence.begin(); first != by_presence.end();) {
      auto last = std::find_if(first, by_presence.end(),
                               [&](const Hung& other) { return other.atom != first->atom; });
      PathInfo& info = data.paths[first->atom >> 32];
      info.flags |= kPresence;
      info.presence = add_list(first, last);
      first = last;
    }
  }

  std::vector<std::pair<Atom, std::uint32_t>> lists;  ///< ascending

  /// Lists that hold branches whose access field may hold, by number: those must be confirmed.
  std::vector<bool> is_approximate;

  std::uint32_t approximate(std::uint32_t list) {
    is_approximate[list] = true;
    return list | kApproximate;
  }

  void link_lists(std::uint32_t id, const std::vector<std::uint32_t>& chosen, bool is_confirmed) {
    CompiledField& field = data.fields[id];
    auto begin = static_cast<std::uint32_t>(data.field_lists.size());
    for (std::uint32_t predicate : chosen) {
      Atom wanted = atom(field.path, predicate);
      auto found = std::lower_bound(lists.begin(), lists.end(), std::pair(wanted, 0U));
      if (found == lists.end() || found->first != wanted) {  // looked up by presence
        data.field_lists.resize(begin);
        return;
      }
      data.field_lists.push_back(found->second);
      is_confirmed = is_confirmed || is_approximate[found->second];
    }
    if (!is_confirmed) {
      data.field_lists.resize(begin);
      return;
    }
    field.lists = begin;
    field.list_count = static_cast<std::uint32_t>(chosen.size());
    for (std::uint32_t list : data.lists(field)) {
      data.posting_lists[list].decides = Posting::Decides::kNothing;
    }
  }

  bool can_index(const CompiledPredicate& predicate) const {
    switch (predicate.op) {
      case Op::kContains:
        return predicate.size > 0;
      case Op::kRegex:
        return !required_literal(data.text(predicate)).text.empty();
      default:
        return true;
    }
  }

  void index_predicate(std::uint32_t path, std::uint32_t id, std::uint32_t list) {
    const CompiledPredicate& predicate = data.predicates[id];
    std::string_view text = data.text(predicate);
    switch (predicate.op) {
      case Op::kNull:
      case Op::kTrue:
      case Op::kFalse:
        data.paths[path].flags |= kLiterals;
        data.paths[path].literals[static_cast<std::size_t>(predicate.op)] = list;
        break;
      case Op::kString:
        if (predicate.operand != 0) {
          index_at(path, kAddresses).addresses.add(data.ranges[predicate.operand - 1], list);
        }
        [[fallthrough]];
      case Op::kExactly:
        data.paths[path].flags |= kExactStrings;
        data.exact.add(path, text, list);
        break;
      case Op::kEqualsFolded:
        data.paths[path].flags |= kFoldedStrings;
        data.folded.add(path, text, list);
        break;
      case Op::kPrefix:
        index_at(path, kPrefixes).prefixes.add(text, list);
        break;
      case Op::kSuffix:
        index_at(path, kSuffixes).suffixes.add(text, list);
        break;
      case Op::kPrefixFolded:
        index_at(path, kFoldedAffixes).folded_prefixes.add(text, list);
        break;
      case Op::kSuffixFolded:
        index_at(path, kFoldedAffixes).folded_suffixes.add(text, list);
        break;
      case Op::kContains:
        index_at(path, kSubstrings).substrings.add(text, list);
        break;
      case Op::kWildcard:
        waiting.push_back({path, id, list});
        break;
      case Op::kRegex: {
        RequiredLiteral required = required_literal(text);
        if (required.at_start) {
          index_at(path, kPrefixes).prefixes.add(required.text, approximate(list));
        } else {
          index_at(path, kSubstrings).substrings.add(required.text, approximate(list));
        }
        break;
      }
      case Op::kNumber:
      case Op::kNumeric:
        index_at(path, kNumbers).numbers.add(data.intervals[predicate.operand], list);
        break;
      case Op::kCidr:
        index_at(path, kAddresses).addresses.add(data.ranges[predicate.operand], list);
        break;
      case Op::kCidrContains:
        index_at(path, kRanges).ranges.add(data.ranges[predicate.operand], list);
        break;
    }
  }

  /// A wildcard is looked up by a literal piece that few others share; those without one run in an
  /// automaton together.
  void index_wildcards() {
    constexpr std::size_t kShortest = 3;
    constexpr std::uint32_t kMostSharers = 8;
    enum Place : std::uint64_t { kStart, kInside, kEnd };
    auto place_of = [](std::size_t piece, std::size_t pieces) {
      return piece == 0 ? kStart : piece + 1 == pieces ? kEnd : kInside;
    };
    auto key_of = [](std::uint32_t path, Place place, std::string_view piece) {
      return hash64(piece, static_cast<std::uint64_t>(path) * 4 + place);
    };
    std::unordered_map<std::uint64_t, std::uint32_t> sharers;
    for (const Waiting& wildcard : waiting) {
      const auto& pieces = data.wildcards[data.predicates[wildcard.predicate].operand];
      for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (pieces[i].size() >= kShortest) {
          ++sharers[key_of(wildcard.path, place_of(i, pieces.size()), pieces[i])];
        }
      }
    }
    for (const Waiting& wildcard : waiting) {
      const auto& pieces = data.wildcards[data.predicates[wildcard.predicate].operand];
      if (pieces.size() == 1) {
        data.paths[wildcard.path].flags |= kExactStrings;
        data.exact.add(wildcard.path, pieces[0], wildcard.list);
        continue;
      }
      std::size_t best = pieces.size();
      std::uint32_t best_sharers = kMostSharers + 1;
      for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (pieces[i].size() < kShortest) continue;
        std::uint32_t count = sharers[key_of(wildcard.path, place_of(i, pieces.size()), pieces[i])];
        bool better = count < best_sharers || (count == best_sharers && best < pieces.size() &&
                                               pieces[i].size() > pieces[best].size());
        if (better) {
          best = i;
          best_sharers = count;
        }
      }
      if (best == pieces.size()) {
        index_at(wildcard.path, kWildcards).wildcards.add(pieces, wildcard.list);
        continue;
      }
      std::uint32_t list = approximate(wildcard.list);
      if (place_of(best, pieces.size()) == kStart) {
        index_at(wildcard.path, kPrefixes).prefixes.add(pieces[best], list);
      } else if (place_of(best, pieces.size()) == kEnd) {
        index_at(wildcard.path, kSuffixes).suffixes.add(pieces[best], list);
      } else {
        index_at(wildcard.path, kSubstrings).substrings.add(pieces[best], list);
      }
    }
  }
};

ProgramBuilder::ProgramBuilder()
    : data_(std::make_unique<ProgramData>()), work_(std::make_unique<Work>(*data_)) {}
ProgramBuilder::~ProgramBuilder() = default;
ProgramBuilder::ProgramBuilder(ProgramBuilder&&) noexcept = default;
ProgramBuilder& ProgramBuilder::operator=(ProgramBuilder&&) noexcept = default;

std::uint32_t ProgramBuilder::add(const Pattern& pattern, Arrays arrays) {
  auto number = static_cast<std::uint32_t>(data_->patterns.size());
  work_->add_branches(pattern, number, arrays);
  CompiledPattern compiled{pattern.dialect, arrays, 0};
  if (arrays == Arrays::kAll) compiled.root = work_->add_tree(pattern);
  data_->patterns.push_back(compiled);
  return number;
}

Program ProgramBuilder::build(std::span<const std::uint32_t> order) {
  ProgramData& data = *data_;
  if (!order.empty()) work_->reorder(order);
  data.paths.resize(data.keys.size());
  work_->rank_paths();
  data.keys.build();
  for (const CompiledField& field : data.fields) data.paths[field.path].flags |= kHasField;
  for (const CompiledBranch& branch : data.branches) {
    bool semper = data.patterns[branch.pattern].dialect == Dialect::kSemper;
    for (std::uint32_t i = 0; i < branch.count; ++i) {
      data.paths[data.fields[data.branch_fields[branch.fields + i]].path].semper = semper;
    }
  }
  work_->index(work_->hang_branches());
  data.exact.build();
  data.folded.build();
  for (PathIndex& index : data.indexes) {
    index.prefixes.build();
    index.suffixes.build();
    index.folded_prefixes.build();
    index.folded_suffixes.build();
    index.substrings.build();
    index.wildcards.build();
    index.numbers.build();
    index.addresses.build();
    index.ranges.build();
  }
  work_->shrink();
  work_.reset();
  return Program(std::move(data_));
}

Program::Program() : Program(ProgramBuilder().build()) {}
Program::Program(std::shared_ptr<const ProgramData> data) : data_(std::move(data)) {}
std::size_t Program::size() const {
  return data_->patterns.size();
}

std::size_t Program::memory() const {
  auto bytes = [](const auto& list) {
    return list.capacity() * sizeof(typename std::decay_t<decltype(list)>::value_type);
  };
  const ProgramData& data = *data_;
  std::size_t total = data.keys.memory() + bytes(data.paths) + data.exact.memory() +
                      data.folded.memory() + bytes(data.indexes) + bytes(data.posting_lists) +
                      bytes(data.postings) + bytes(data.always) + bytes(data.patterns) +
                      bytes(data.branches) + bytes(data.branch_fields) + bytes(data.fields) +
                      bytes(data.field_lists) + bytes(data.code) + bytes(data.tree_members) +
                      bytes(data.tree_objects) + bytes(data.tree_roots) + bytes(data.predicates) +
                      data.texts.capacity() + bytes(data.intervals) + bytes(data.integers) +
                      bytes(data.ranges) + bytes(data.wildcards) + bytes(data.regexes);
  for (const PathIndex& index : data.indexes) {
    total += index.prefixes.memory() + index.suffixes.memory() + index.folded_prefixes.memory() +
             index.folded_suffixes.memory() + index.substrings.memory() + index.wildcards.memory() +
             index.numbers.memory() + index.addresses.memory() + index.ranges.memory();
  }
  return total;
}

}  // namespace semper::pattern
