/// The inside of a program: what the builder makes and the matcher reads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pattern/address.h"
#include "pattern/ast.h"
#include "pattern/decimal.h"
#include "pattern/key_trie.h"
#include "pattern/regex.h"
#include "pattern/sets/affix_set.h"
#include "pattern/sets/cidr_set.h"
#include "pattern/sets/interval_set.h"
#include "pattern/sets/substring_set.h"
#include "pattern/sets/wildcard_set.h"
#include "pattern/value_table.h"

namespace semper::pattern {

/// A question about one scalar, its operand elsewhere.
struct CompiledPredicate {
  Op op = Op::kNull;
  std::uint32_t text = 0;  ///< begin in ProgramData::texts
  std::uint32_t size = 0;
  /// kString: index + 1 of its address, 0 where it is none. kNumber, kNumeric: into `intervals`.
  /// kCidr, kCidrContains: into `ranges`. kWildcard: into `wildcards`. kRegex: into `regexes`.
  std::uint32_t operand = 0;
};

/// The items of a field as words. An expression is a head (opcode in the low byte, kNegated), then
/// for kPredicate its number, for kAll and kAny the number of words of the parts, and the parts.
enum class Code : std::uint32_t { kPredicate, kExists, kAll, kAny };
inline constexpr std::uint32_t kNegated = 0x100;

/// A list of items at a path.
struct CompiledField {
  std::uint32_t path = 0;
  std::uint32_t code = 0;  ///< begin in `code`: one expression after another, an item each
  std::uint32_t words = 0;
  bool absent = false;  ///< `exists: false` is among the items
  /// Where branches hang on this field: the posting lists in `field_lists`, one of which every
  /// value hits that satisfies the field. Else none; nor where hits decide all branches with it
  /// and nothing is left to confirm.
  std::uint32_t lists = 0;
  std::uint32_t list_count = 0;
};

/// A branch of a pattern; its fields begin with the access field, if it has one.
struct CompiledBranch {
  std::uint32_t pattern = 0;
  std::uint32_t fields = 0;  ///< begin in `branch_fields`
  std::uint32_t count = 0;
  bool is_access_certain = false;  ///< a value that hits an exact list satisfies the access field
  bool is_decided_by_access = false;  ///< the pattern matches where the access field holds
  bool is_of_all = false;             ///< its pattern's quantifier is `all`
};

/// The tree of a pattern, for the quantifier `all`.
struct TreeMember {
  Member::Kind kind = Member::Kind::kField;
  std::uint32_t key = 0;  ///< begin in `texts`
  std::uint32_t size = 0;
  std::uint32_t first = 0;  ///< kField: the field; kObject, kOr: into `tree_roots`
  std::uint32_t count = 0;  ///< kObject: 1; kOr: the alternatives
};
struct TreeObject {
  std::uint32_t first = 0;  ///< into `tree_members`
  std::uint32_t count = 0;
};

struct CompiledPattern {
  Dialect dialect = Dialect::kSemper;
  Arrays arrays = Arrays::kAny;
  std::uint32_t root = 0;  ///< kAll: into `tree_objects`
};

/// What the values at one path are looked up in. Numbers found are posting lists; those with
/// kApproximate hold branches whose access field may hold, the others whose does.
struct PathIndex {
  AffixSet prefixes{false};
  AffixSet suffixes{true};
  AffixSet folded_prefixes{false};
  AffixSet folded_suffixes{true};
  SubstringSet substrings;
  WildcardSet wildcards;
  IntervalSet numbers;
  CidrSet addresses;  ///< looked up with addresses only
  CidrSet ranges;     ///< looked up with addresses and ranges
};
inline constexpr std::uint32_t kApproximate = 0x80000000;

/// What to do with a value at a path.
enum PathFlag : std::uint16_t {
  kHasField = 1,  ///< some field is here: values are noted
  kExactStrings = 2,
  kFoldedStrings = 4,
  kLiterals = 8,  ///< true, false, null
  kPresence = 16,
  kPrefixes = 32,
  kSuffixes = 64,
  kFoldedAffixes = 128,
  kSubstrings = 256,
  kWildcards = 512,
  kNumbers = 1024,
  kAddresses = 2048,
  kRanges = 4096,
  kUsesIndex = kPrefixes | kSuffixes | kFoldedAffixes | kSubstrings | kWildcards | kNumbers |
               kAddresses | kRanges,
  kLooksAtStrings = kFoldedStrings | (kUsesIndex & ~kNumbers),  ///< beside the exact ones
};

struct PathInfo {
  std::uint16_t flags = 0;
  bool semper = true;
  std::uint32_t index = 0;  ///< into `indexes`, where kUsesIndex
  std::uint32_t rank = 0;   ///< eventbridge: place among the joined paths, in UTF-16 code units
  std::uint32_t presence = ValueTable::kNone;  ///< posting list
  std::uint32_t literals[3] = {ValueTable::kNone, ValueTable::kNone, ValueTable::kNone};
};

/// A branch, and its pattern: most that are posted are not enabled, and of those nothing else is
/// looked at.
struct PostedBranch {
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  std::uint32_t branch = 0;
  std::uint32_t pattern = 0;
  /// Where the branch wants one field beside its access field, and a hit says that this one holds:
  /// the other.
  std::uint32_t other_field = kNone;
};
struct Posting {
  /// What follows from a hit alone; where something does, no field asks which values hit the list.
  enum class Decides : std::uint8_t { kNothing, kPattern, kBranches };

  /// Into `postings`, of which those with the same other field stand together; kPattern: the one
  /// pattern itself.
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  Decides decides = Decides::kNothing;
};

struct ProgramData {
  KeyTrie keys;
  std::vector<PathInfo> paths;  ///< by node of `keys`
  ValueTable exact;             ///< (path, string) → posting list
  ValueTable folded;            ///< (path, folded string) → posting list
  std::vector<PathIndex> indexes;
  std::vector<Posting> posting_lists;
  std::vector<PostedBranch> postings;
  std::vector<PostedBranch> always;  ///< branches that no value can lead to

  std::vector<CompiledPattern> patterns;
  std::vector<CompiledBranch> branches;
  std::vector<std::uint32_t> branch_fields;
  std::vector<CompiledField> fields;
  std::vector<std::uint32_t> field_lists;
  std::vector<std::uint32_t> code;
  std::vector<TreeMember> tree_members;
  std::vector<TreeObject> tree_objects;
  std::vector<std::uint32_t> tree_roots;  ///< objects of a member, side by side

  std::vector<CompiledPredicate> predicates;
  std::string texts;
  std::vector<Interval> intervals;
  std::vector<IntegerRange> integers;  ///< in each of `intervals`
  std::vector<AddressRange> ranges;
  std::vector<std::vector<std::string>> wildcards;  ///< pieces
  std::vector<Regex> regexes;

  /// The expression that follows the one at `at`.
  std::uint32_t after(std::uint32_t at) const {
    switch (static_cast<Code>(code[at] & 0xFF)) {
      case Code::kPredicate:
        return at + 2;
      case Code::kExists:
        return at + 1;
      default:
        return at + 2 + code[at + 1];
    }
  }
  std::span<const PostedBranch> branches_of(const Posting& posting) const {
    return std::span(postings).subspan(posting.first, posting.count);
  }
  std::span<const std::uint32_t> lists(const CompiledField& field) const {
    return std::span(field_lists).subspan(field.lists, field.list_count);
  }
  std::span<const TreeMember> members(const TreeObject& object) const {
    return std::span(tree_members).subspan(object.first, object.count);
  }
  std::span<const std::uint32_t> children(const TreeMember& member) const {
    return std::span(tree_roots).subspan(member.first, member.count);
  }
  std::string_view text(std::uint32_t begin, std::uint32_t size) const {
    return std::string_view(texts).substr(begin, size);
  }
  std::string_view text(const CompiledPredicate& predicate) const {
    return text(predicate.text, predicate.size);
  }
};

}  // namespace semper::pattern
