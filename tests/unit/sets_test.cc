// The sets of the compiled matcher, each against a loop over all that was added.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pattern/address.h"
#include "pattern/decimal.h"
#include "pattern/key_trie.h"
#include "pattern/sets/affix_set.h"
#include "pattern/sets/cidr_set.h"
#include "pattern/sets/interval_set.h"
#include "pattern/sets/substring_set.h"
#include "pattern/sets/wildcard_set.h"

namespace semper::pattern {
namespace {

using Ids = std::vector<std::uint32_t>;

/// Small alphabets make overlaps; bytes on both sides of 0x80 and U+0000 find mistakes of order.
constexpr std::string_view kTwo = "ab";
constexpr std::string_view kOdd{"a\0\x7f\x80\xff", 5};

class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}
  std::uint32_t below(std::size_t end) { return static_cast<std::uint32_t>(engine_() % end); }
  std::string text(std::string_view alphabet, std::size_t size) {
    std::string result;
    while (result.size() < size) result += alphabet[below(alphabet.size())];
    return result;
  }

 private:
  std::mt19937 engine_;
};

Ids sorted(Ids ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

template <class Set, class Query>
Ids found(const Set& set, const Query& query) {
  Ids ids;
  set.find(query, [&](std::uint32_t id) { ids.push_back(id); });
  return sorted(std::move(ids));
}

/// What `holds(entry, query)` says of every entry.
template <class Entry, class Query, class Holds>
Ids expected(const std::vector<std::pair<Entry, std::uint32_t>>& entries, const Query& query,
             Holds holds) {
  Ids ids;
  for (const auto& [entry, id] : entries) {
    if (holds(entry, query)) ids.push_back(id);
  }
  return sorted(std::move(ids));
}

/// A value in memory of its own size, so that a read beyond it is seen by AddressSanitizer.
class Exact {
 public:
  explicit Exact(std::string_view text) : bytes_(text.begin(), text.end()) {
    bytes_.shrink_to_fit();
  }
  std::string_view view() const { return {bytes_.data(), bytes_.size()}; }

 private:
  std::vector<char> bytes_;
};

using Texts = std::vector<std::pair<std::string, std::uint32_t>>;

/// Entries with repeated literals, repeated ids and repeated pairs.
Texts random_texts(Random& random, std::string_view alphabet, std::size_t shortest,
                   std::size_t longest) {
  Texts texts;
  for (std::uint32_t n = random.below(60); n > 0; --n) {
    std::size_t size = shortest + random.below(longest - shortest + 1);
    texts.emplace_back(random.text(alphabet, size), random.below(50));
    if (random.below(5) == 0) texts.push_back(texts.back());
    if (random.below(5) == 0) texts.emplace_back(texts.back().first, random.below(50));
  }
  return texts;
}

template <class Set, class Holds>
void check_texts(Set make_empty, std::size_t shortest, Holds holds) {
  Random random(1);
  for (int round = 0; round < 300; ++round) {
    std::string_view alphabet = round % 2 == 0 ? kTwo : kOdd;
    Texts texts = random_texts(random, alphabet, shortest, shortest + 1 + random.below(12));
    Set set = make_empty;
    for (const auto& [text, id] : texts) set.add(text, id);
    set.build();
    CHECK(set.empty() == texts.empty());
    for (std::size_t size = 0; size <= 200; size += 1 + size / 8) {
      std::string value = random.text(alphabet, size);
      if (!texts.empty()) {
        // Half of the values begin and end with literals.
        if (random.below(2) == 0) value = texts[random.below(texts.size())].first + value;
        if (random.below(2) == 0) value += texts[random.below(texts.size())].first;
      }
      Exact exact(value);
      REQUIRE(found(set, exact.view()) == expected(texts, exact.view(), holds));
    }
  }
}

bool contains(std::string_view literal, std::string_view value) {
  return value.find(literal) != std::string_view::npos;
}

}  // namespace

// The empty literal is in nearly every set whose literals may be that short, and every value has
// it; what all literals are long enough for is looked at first.
constexpr std::size_t kShortestAffixes[] = {0, 1, 5, 9};

TEST_CASE("prefixes") {
  for (std::size_t shortest : kShortestAffixes) {
    check_texts(AffixSet(false), shortest, [](std::string_view literal, std::string_view value) {
      return value.starts_with(literal);
    });
  }
}

TEST_CASE("suffixes") {
  for (std::size_t shortest : kShortestAffixes) {
    check_texts(AffixSet(true), shortest, [](std::string_view literal, std::string_view value) {
      return value.ends_with(literal);
    });
  }
}

TEST_CASE("one affix inside the other, and around the value") {
  for (bool suffix : {false, true}) {
    CAPTURE(suffix);
    AffixSet set(suffix);
    std::string text;
    for (std::uint32_t id = 0; id < 30; ++id) {
      set.add(text, id);
      text += 'x';
    }
    set.build();
    CHECK(found(set, std::string_view()) == Ids{0});
    CHECK(found(set, std::string_view("xx")) == Ids{0, 1, 2});
    CHECK(found(set, std::string_view("\xff")) == Ids{0});
    CHECK(found(set, std::string(100, 'x')).size() == 30);
    CHECK(found(set, std::string_view(suffix ? "\xffxx" : "xx\xff")) == Ids{0, 1, 2});
  }
}

TEST_CASE("substrings") {
  check_texts(SubstringSet(), 1, contains);
}

TEST_CASE("substrings of every gram size, at the ends of the value") {
  SubstringSet set;
  const Texts texts{{"a", 1}, {"ab", 2}, {"abc", 3}, {"abcd", 4}, {"abcde", 5}, {"e", 6}};
  for (const auto& [text, id] : texts) set.add(text, id);
  set.build();
  const std::string whole = "abcde";
  for (std::size_t from = 0; from <= whole.size(); ++from) {
    for (std::size_t size = 0; from + size <= whole.size(); ++size) {
      Exact value(whole.substr(from, size));
      CHECK(found(set, value.view()) == expected(texts, value.view(), contains));
    }
  }
}

TEST_CASE("substrings of any length, wherever they stand") {
  SubstringSet set;
  Texts texts;
  Random random(7);
  for (std::uint32_t size = 1; size <= 40; ++size) {
    texts.emplace_back(random.text("abcdefghijklmnopqrstuvwxyz", size), size);
    set.add(texts.back().first, size);
  }
  set.build();
  for (const auto& [text, id] : texts) {
    for (std::size_t before = 0; before <= 20; ++before) {
      Exact value(std::string(before, '-') + text + std::string(before % 3, '-'));
      Ids ids = found(set, value.view());
      CHECK(std::find(ids.begin(), ids.end(), id) != ids.end());
      CHECK(ids == expected(texts, value.view(), contains));
    }
  }
}

TEST_CASE("many substrings with one beginning") {
  SubstringSet set;
  Texts texts;
  for (std::uint32_t id = 0; id < 2000; ++id) {
    texts.emplace_back("arn:aws:iam::role/" + std::to_string(id), id);
    set.add(texts.back().first, id);
  }
  set.build();
  for (std::string value : {"x arn:aws:iam::role/1234 y", "arn:aws:iam::role/", "1234"}) {
    CHECK(found(set, value) == expected(texts, value, contains));
  }
}

namespace {

/// Straight from the definition, by trying every length for every star.
bool fits(const std::vector<std::string>& pieces, std::size_t piece, std::string_view value) {
  if (!value.starts_with(pieces[piece])) return false;
  value.remove_prefix(pieces[piece].size());
  if (piece + 1 == pieces.size()) return value.empty();
  for (std::size_t skip = 0; skip <= value.size(); ++skip) {
    if (fits(pieces, piece + 1, value.substr(skip))) return true;
  }
  return false;
}

std::vector<std::string> random_pieces(Random& random, std::string_view alphabet) {
  std::size_t stars = 1 + random.below(3);
  std::vector<std::string> pieces;
  for (std::size_t i = 0; i <= stars; ++i) {
    // Two stars never stand together: only the first and the last piece may be empty.
    bool outer = i == 0 || i == stars;
    pieces.push_back(random.text(alphabet, (outer ? 0 : 1) + random.below(3)));
  }
  return pieces;
}

}  // namespace

TEST_CASE("wildcards") {
  Random random(2);
  for (int round = 0; round < 150; ++round) {
    std::string_view alphabet = round % 2 == 0 ? kTwo : kOdd;
    std::vector<std::vector<std::string>> wildcards;
    for (std::uint32_t n = random.below(40); n > 0; --n) {
      wildcards.push_back(random_pieces(random, alphabet));
    }
    WildcardSet set;
    for (std::uint32_t id = 0; id < wildcards.size(); ++id) set.add(wildcards[id], id);
    set.build();
    CHECK(set.empty() == wildcards.empty());
    WildcardCache cache;
    for (std::size_t size = 0; size <= 24; ++size) {
      Exact value(random.text(alphabet, size));
      Ids expect;
      for (std::uint32_t id = 0; id < wildcards.size(); ++id) {
        bool fit = fits(wildcards[id], 0, value.view());
        REQUIRE(wildcard_matches(wildcards[id], value.view()) == fit);
        if (fit) expect.push_back(id);
      }
      Ids ids;
      set.find(value.view(), cache, [&](std::uint32_t id) { ids.push_back(id); });
      std::sort(ids.begin(), ids.end());
      REQUIRE(ids == expect);  // each once
    }
  }
}

TEST_CASE("long wildcards and values, against one at a time") {
  Random random(3);
  for (int round = 0; round < 40; ++round) {
    WildcardSet set;
    WildcardCache cache;
    std::vector<std::vector<std::string>> wildcards;
    for (std::uint32_t id = 0; id < 30; ++id) {
      // Longer than a word of the automaton.
      std::string long_piece = random.text(kTwo, random.below(150));
      wildcards.push_back({random.text(kTwo, random.below(2)), long_piece + "a", ""});
      if (id % 2 == 0) wildcards.back().back() = random.text(kTwo, 1 + random.below(2));
      set.add(wildcards.back(), id);
    }
    set.build();
    for (std::uint32_t from = 0; from < wildcards.size(); ++from) {
      std::string value = random.text(kTwo, random.below(25)) + wildcards[from][1] +
                          random.text(kTwo, random.below(25));
      Ids expect;
      for (std::uint32_t id = 0; id < wildcards.size(); ++id) {
        if (wildcard_matches(wildcards[id], value)) expect.push_back(id);
      }
      Ids ids;
      set.find(value, cache, [&](std::uint32_t id) { ids.push_back(id); });
      std::sort(ids.begin(), ids.end());
      REQUIRE(ids == expect);
    }
  }
}

TEST_CASE("more states than the cache holds, and values seen again") {
  Random random(5);
  constexpr std::string_view kLetters = "abcdefghijklmnop";
  WildcardSet set;
  std::vector<std::vector<std::string>> wildcards;
  for (std::uint32_t id = 0; id < 400; ++id) {
    std::vector<std::string> pieces{""};
    for (int piece = 0; piece < 20; ++piece) pieces.push_back(random.text(kLetters, 1));
    pieces.emplace_back();
    set.add(pieces, id);
    wildcards.push_back(std::move(pieces));
  }
  set.build();
  WildcardCache cache;
  std::vector<std::string> values;
  for (int n = 0; n < 60; ++n) values.push_back(random.text(kLetters, 200));
  std::size_t found = 0;
  for (int n = 0; n < 900; ++n) {
    const std::string& value = n % 3 == 0 ? values[random.below(10)] : values[random.below(60)];
    Ids expect;
    for (std::uint32_t id = 0; id < wildcards.size(); ++id) {
      if (wildcard_matches(wildcards[id], value)) expect.push_back(id);
    }
    Ids ids;
    set.find(value, cache, [&](std::uint32_t id) { ids.push_back(id); });
    std::sort(ids.begin(), ids.end());
    REQUIRE(ids == expect);
    found += ids.size();
  }
  CHECK(found > 0);
}

TEST_CASE("the edges of wildcards") {
  const std::vector<std::string> any{"", ""};
  const std::vector<std::string> ends{"ab", "ba"};
  CHECK(wildcard_matches(any, ""));
  CHECK(wildcard_matches(any, std::string_view("\0\n\xff", 3)));
  CHECK(wildcard_matches(ends, "abba"));
  CHECK_FALSE(wildcard_matches(ends, "aba"));  // the ends do not share a byte
  WildcardSet set;
  set.add(any, 7);
  set.add(ends, 8);
  set.build();
  WildcardCache cache;
  auto ids = [&](std::string_view value) {
    Ids result;
    set.find(value, cache, [&](std::uint32_t id) { result.push_back(id); });
    return sorted(std::move(result));
  };
  CHECK(ids("") == Ids{7});
  CHECK(ids("aba") == Ids{7});
  CHECK(ids("abba") == Ids{7, 8});
}

namespace {

AddressRange range_of(std::string_view text) {
  std::optional<AddressRange> range = parse_address_or_range(text);
  REQUIRE(range);
  return *range;
}

/// Few different bits, so that ranges nest.
std::string random_range(Random& random) {
  if (random.below(2) == 0) {
    return "10." + std::to_string(random.below(2) * 128) + ".0." + std::to_string(random.below(4)) +
           "/" + std::to_string(random.below(33));
  }
  std::string text = random.below(2) == 0 ? "2001:db8::" : "a00::";
  return text + std::to_string(random.below(4)) + "/" + std::to_string(random.below(129));
}

/// The definition, bit by bit.
bool holds_range(const AddressRange& range, const AddressRange& query) {
  if (range.v6 != query.v6 || range.length > query.length) return false;
  for (unsigned bit = 0; bit < range.length; ++bit) {
    if (((range.bytes[bit / 8] ^ query.bytes[bit / 8]) & (0x80U >> (bit % 8))) != 0) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("address ranges") {
  Random random(4);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::pair<AddressRange, std::uint32_t>> ranges;
    for (std::uint32_t n = random.below(60); n > 0; --n) {
      ranges.emplace_back(range_of(random_range(random)), random.below(50));
      if (random.below(5) == 0) ranges.emplace_back(ranges.back().first, random.below(50));
    }
    CidrSet set;
    for (const auto& [range, id] : ranges) set.add(range, id);
    set.build();
    CHECK(set.empty() == ranges.empty());
    for (int i = 0; i < 60; ++i) {
      AddressRange query = range_of(random_range(random));
      REQUIRE(found(set, query) == expected(ranges, query, holds_range));
    }
  }
}

TEST_CASE("families and mapped addresses") {
  CidrSet set;
  set.add(range_of("0.0.0.0/0"), 4);
  set.add(range_of("::/0"), 6);
  set.add(range_of("10.0.0.0/8"), 10);
  set.build();
  CHECK(found(set, range_of("10.1.2.3")) == Ids{4, 10});
  CHECK(found(set, range_of("::ffff:10.1.2.3")) == Ids{4, 10});
  CHECK(found(set, range_of("a00::1")) == Ids{6});
  CHECK(found(set, range_of("10.0.0.0/7")) == Ids{4});
  CHECK(found(set, range_of("0.0.0.0/0")) == Ids{4});
}

namespace {

/// Literals of few values in many spellings.
std::string random_number(Random& random) {
  static constexpr std::string_view kSpellings[] = {"0",
                                                    "-0",
                                                    "0.0",
                                                    "0e7",
                                                    "1",
                                                    "1.0",
                                                    "10e-1",
                                                    "0.1e1",
                                                    "1.5",
                                                    "15e-1",
                                                    "1.50",
                                                    "-1",
                                                    "-1.0",
                                                    "-1.5",
                                                    "2",
                                                    "10",
                                                    "1e1",
                                                    "100E-1",
                                                    "0.3",
                                                    "0.30000000000000004",
                                                    "9007199254740992",
                                                    "9007199254740993",
                                                    "999999999999999999",
                                                    "1000000000000000000",
                                                    "-999999999999999999",
                                                    "-1000000000000000000",
                                                    "-1e18",
                                                    "-0",
                                                    "-999999999999999999.5",
                                                    "1e18",
                                                    "1e400",
                                                    "-1e400",
                                                    "0.001",
                                                    "1e-3",
                                                    "-0.001",
                                                    "12.34",
                                                    "1234e-2",
                                                    "12.340",
                                                    "12.3399999999999999999"};
  return std::string(kSpellings[random.below(std::size(kSpellings))]);
}

Decimal decimal_of(std::string_view literal) {
  std::optional<Decimal> decimal = Decimal::parse(literal);
  REQUIRE(decimal);
  return *decimal;
}

bool holds_number(const Interval& interval, const Decimal& number) {
  bool above = !interval.low || number > *interval.low ||
               (number == *interval.low && interval.low_inclusive);
  bool below = !interval.high || number < *interval.high ||
               (number == *interval.high && interval.high_inclusive);
  return above && below;
}

}  // namespace

TEST_CASE("numbers without a copy compare like decimals") {
  Random random(5);
  for (int i = 0; i < 20000; ++i) {
    Exact literal(random_number(random));
    std::string other = random_number(random);
    CAPTURE(literal.view());
    CAPTURE(other);
    std::optional<NumberView> view = NumberView::parse(literal.view());
    REQUIRE(view);
    bool same =
        view->compare(decimal_of(other)) == (decimal_of(literal.view()) <=> decimal_of(other));
    REQUIRE(same);
  }
}

TEST_CASE("intervals") {
  Random random(6);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::pair<Interval, std::uint32_t>> intervals;
    for (std::uint32_t n = random.below(60); n > 0; --n) {
      Interval interval;
      if (random.below(3) == 0) {
        interval.low = interval.high = decimal_of(random_number(random));
        interval.low_inclusive = interval.high_inclusive = true;
      } else {
        if (random.below(4) != 0) interval.low = decimal_of(random_number(random));
        if (random.below(4) != 0) interval.high = decimal_of(random_number(random));
        interval.low_inclusive = random.below(2) == 0;
        interval.high_inclusive = random.below(2) == 0;
      }
      intervals.emplace_back(interval, random.below(50));
    }
    IntervalSet set;
    for (const auto& [interval, id] : intervals) set.add(interval, id);
    set.build();
    CHECK(set.empty() == intervals.empty());
    for (int i = 0; i < 80; ++i) {
      Exact literal(random_number(random));
      Decimal number = decimal_of(literal.view());
      REQUIRE(found(set, literal.view()) == expected(intervals, number, holds_number));
      NumberView view = *NumberView::parse(literal.view());
      for (const auto& [interval, id] : intervals) {
        REQUIRE(interval.contains(view) == holds_number(interval, number));
      }
    }
  }
}

TEST_CASE("a number beyond the limits is in no range") {
  IntervalSet set;
  set.add({}, 1);  // all numbers
  set.build();
  CHECK(found(set, std::string_view("1e1000000")) == Ids{1});
  CHECK(found(set, std::string_view("1e-1000000")) == Ids{1});
  CHECK(found(set, std::string_view("1e1000001")).empty());
  CHECK(found(set, std::string_view("-1e-1000001")).empty());
  CHECK(found(set, std::string_view("0e99999999999999999999")).empty());
  CHECK(found(set, std::string(1024, '9')) == Ids{1});
  CHECK(found(set, std::string(1025, '9')).empty());
}

TEST_CASE("the filter of a node lets every key pass that it has, however the event writes it") {
  const std::string keys[] = {"",         "a",         "ab",   ".",  "seven77",
                              "eight888", "nine99999", "k-_[", "arn"};
  // A few children stand side by side, many are in a table.
  for (std::size_t children : {std::size_t{1}, std::size_t{4}, std::size_t{5}, std::size(keys)}) {
    for (std::size_t first = 0; first + children <= std::size(keys); ++first) {
      KeyTrie trie;
      for (std::size_t i = 0; i < children; ++i) {
        trie.add(KeyTrie::kSemperRoot, keys[first + i]);
        trie.add(KeyTrie::kEventBridgeRoot, keys[first + i]);
      }
      trie.build();
      for (std::size_t i = 0; i < std::size(keys); ++i) {
        const std::string& key = keys[i];
        bool is_there = i >= first && i < first + children;
        CAPTURE(key);
        CHECK((trie.find_folded(KeyTrie::kSemperRoot, key) != KeyTrie::kNone) == is_there);
        CHECK((trie.find_exact(KeyTrie::kEventBridgeRoot, key) != KeyTrie::kNone) == is_there);
        if (!is_there) continue;
        std::string upper = key;
        for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        CHECK(trie.find_folded(KeyTrie::kSemperRoot, upper) != KeyTrie::kNone);
        CHECK(trie.filter(KeyTrie::kSemperRoot)
                  .may_have(KeyTrie::Filter::Bits((upper + "\":1,\"bbbb\"").c_str())));
        CHECK(trie.filter(KeyTrie::kSemperRoot)
                  .may_have(KeyTrie::Filter::Bits((key + "\" : {}      }").c_str())));
        CHECK(trie.filter(KeyTrie::kEventBridgeRoot)
                  .may_have(KeyTrie::Filter::Bits((key + "\":1234567}").c_str())));
        CHECK(trie.filter(KeyTrie::kEventBridgeRoot)
                  .may_have(KeyTrie::Filter::Bits((key + ".x\":1234567}").c_str())));
      }
    }
  }
}

TEST_CASE("a key is found where it stands in a text, among few children and many") {
  const std::string keys[] = {"",         "a",         "ab",        "a_b",           "seven77",
                              "eight888", "nine99999", "nine99998", "arn:aws:iam::1"};
  const std::string others[] = {"",          "x",          "abc",       "seven7",     "seven777",
                                "eight8888", "nine999999", "nine9999",  "a.b",        "ab.",
                                ".a",        "eight888.x", "seven77.x", "arn:aws:iam"};
  auto upper = [](std::string text) {
    for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return text;
  };
  for (std::size_t count : {std::size_t{1}, std::size_t{2}, std::size_t{4}, std::size(keys)}) {
    for (std::size_t first = 0; first + count <= std::size(keys); ++first) {
      KeyTrie trie;
      for (std::size_t i = first; i < first + count; ++i) {
        trie.add(KeyTrie::kSemperRoot, keys[i]);
        trie.add(KeyTrie::kEventBridgeRoot, keys[i]);
      }
      trie.build();
      const KeyTrie::Children folded = trie.children(KeyTrie::kSemperRoot);
      const KeyTrie::Children exact = trie.children(KeyTrie::kEventBridgeRoot);
      auto check = [&](const std::string& key, std::string_view behind) {
        CAPTURE(key);
        CAPTURE(count);
        CAPTURE(first);
        // Eight bytes are there, and no more.
        std::string text = key + '"' + std::string(behind);
        text.resize(std::max<std::size_t>(text.size(), 8), ' ');
        const Exact memory(text);
        const KeyTrie::Key written{memory.view().data(), memory.view().size()};
        auto name = [&] { return std::string_view(key); };
        std::string_view dotted;
        auto follow_dots = [&](std::string_view path) {
          dotted = path;
          return KeyTrie::kNone;
        };
        auto has = [&](std::string_view wanted) {
          return std::find(keys + first, keys + first + count, wanted) != keys + first + count;
        };
        CHECK(folded.find<true>(written, name, follow_dots) ==
              trie.find_folded(KeyTrie::kSemperRoot, key));
        CHECK(dotted.empty());
        CHECK(exact.find<false>(written, name, follow_dots) ==
              trie.find_exact(KeyTrie::kEventBridgeRoot, key));
        std::size_t dot = key.find('.');
        if (dot != std::string::npos && has(key.substr(0, dot))) CHECK(dotted == key);
      };
      for (std::string_view behind : {"", ":1}", ":\"eight888\",\"nine99999\":1}"}) {
        for (const std::string& key : keys) check(key, behind);
        for (const std::string& key : keys) check(upper(key), behind);
        for (const std::string& key : others) check(key, behind);
      }
    }
  }
}

TEST_CASE("sets of nothing find nothing") {
  AffixSet affixes(false);
  SubstringSet substrings;
  CidrSet ranges;
  IntervalSet numbers;
  WildcardSet wildcards;
  for (bool built : {false, true}) {
    CAPTURE(built);
    CHECK((affixes.empty() && substrings.empty() && ranges.empty() && numbers.empty() &&
           wildcards.empty()));
    CHECK(found(affixes, std::string_view("a")).empty());
    CHECK(found(substrings, std::string_view("a")).empty());
    CHECK(found(ranges, range_of("10.0.0.1")).empty());
    CHECK(found(numbers, std::string_view("1")).empty());
    WildcardCache cache;
    Ids ids;
    wildcards.find("a", cache, [&](std::uint32_t id) { ids.push_back(id); });
    CHECK(ids.empty());
    if (built) break;
    affixes.build();
    substrings.build();
    ranges.build();
    numbers.build();
    wildcards.build();
  }
}

}  // namespace semper::pattern
