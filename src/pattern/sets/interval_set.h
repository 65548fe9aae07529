/// Numbers and ranges of numbers, by exact decimal value (SPEC 3.4).
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "pattern/decimal.h"
#include "pattern/hash_table.h"

namespace semper::pattern {

/// A number literal of an event, ready to be compared: nothing is copied. nullopt from `parse`:
/// beyond SPEC 3.4's limits, so it equals nothing and is in no range.
class NumberView {
 public:
  static std::optional<NumberView> parse(std::string_view literal);
  std::strong_ordering compare(const Decimal& other) const;

 private:
  std::strong_ordering compare_digits(std::string_view digits) const;

  bool negative_ = false;
  bool zero_ = true;
  std::int64_t exponent_ = 0;  ///< value = 0.digits × 10^exponent
  std::string_view digits_;    ///< from the first significant digit to the last; may hold a dot
};

/// The value of a literal that is an integer of at most 18 digits, written without a dot or an
/// exponent; nullopt for others.
inline std::optional<std::int64_t> small_integer(std::string_view literal) {
  bool is_negative = literal.starts_with('-');
  if (is_negative) literal.remove_prefix(1);
  if (literal.empty() || literal.size() > 18) return std::nullopt;
  std::int64_t value = 0;
  for (char c : literal) {
    if (c < '0' || c > '9') return std::nullopt;
    value = 10 * value + (c - '0');
  }
  return is_negative ? -value : value;
}

/// Both bounds optional; a number is a range of itself.
struct Interval {
  std::optional<Decimal> low, high;
  bool low_inclusive = false, high_inclusive = false;

  bool contains(const NumberView& number) const;
  bool operator==(const Interval&) const = default;
};

/// The integers from `low` to `high` that `small_integer` returns; none where `low` is greater.
struct IntegerRange {
  std::int64_t low;
  std::int64_t high;

  bool contains(std::int64_t number) const { return low <= number && number <= high; }
};
IntegerRange integers_of(const Interval& interval);

/// Integers, by hash.
class IntegerTable {
 public:
  void add(std::int64_t number, std::uint32_t id) { slots_.push_back({number, id}); }
  /// After the last `add`.
  void build();

  bool empty() const { return slots_.empty(); }
  std::size_t memory() const { return slots_.capacity() * sizeof(Slot) + present_.memory(); }
  /// The slots that the worst look-up sees, whatever an event holds.
  std::size_t worst_probes() const;

  /// Calls `hit(id)` for every entry with this number.
  template <class F>
  void find(std::int64_t number, F& hit) const {
    const std::uint32_t hash = hash_of(number);
    if (!present_.may_have(hash)) return;
    for (std::size_t i = hash;; ++i) {
      const Slot& slot = slots_[i &= slots_.size() - 1];
      if (slot.id == kNoId) return;
      if (slot.number == number) hit(slot.id);
    }
  }

 private:
  struct Slot {
    std::int64_t number = 0;
    std::uint32_t id = kNoId;
  };
  static std::uint32_t hash_of(std::int64_t number) {
    return hash_word(static_cast<std::uint64_t>(number));
  }

  std::vector<Slot> slots_;
  HashFilter present_;
};

/// Which of many intervals hold a number: a tree of intervals by their lower ends, each node with
/// the highest upper end below it.
class IntervalSet {
 public:
  void add(const Interval& interval, std::uint32_t id) { entries_.push_back({interval, id, 0}); }
  void build();

  bool empty() const { return entries_.empty(); }
  std::size_t memory() const;

  /// Calls `hit(id)` for every interval that holds the number.
  template <class F>
  void find(std::string_view literal, F&& hit) const {
    if (empty()) return;
    if (std::optional<std::int64_t> integer = small_integer(literal)) {
      if (!points_.empty()) points_.find(*integer, hit);
      find(*integer, 0, integers_.size(), hit);
    } else if (std::optional<NumberView> number = NumberView::parse(literal)) {
      find(*number, 0, entries_.size(), hit);
    }
  }

 private:
  struct Entry {
    Interval interval;
    std::uint32_t id;
    std::uint32_t highest;  ///< entry with the highest upper end of the subtree with this middle
  };

  struct IntegerEntry {
    IntegerRange range;
    std::int64_t highest;  ///< upper end of the subtree with this middle
    std::uint32_t id;
  };

  static bool is_above(const NumberView& number, const Interval& interval);
  static bool is_below(const NumberView& number, const Interval& interval);

  std::uint32_t build(std::size_t first, std::size_t last);
  std::int64_t build_integers(std::size_t first, std::size_t last);

  template <class F>
  void find(std::int64_t number, std::size_t first, std::size_t last, F& hit) const {
    while (first < last) {
      std::size_t middle = first + (last - first) / 2;
      const IntegerEntry& entry = integers_[middle];
      if (number > entry.highest) return;
      find(number, first, middle, hit);
      if (number < entry.range.low) return;
      if (number <= entry.range.high) hit(entry.id);
      first = middle + 1;
    }
  }

  template <class F>
  void find(const NumberView& number, std::size_t first, std::size_t last, F& hit) const {
    while (first < last) {
      std::size_t middle = first + (last - first) / 2;
      const Entry& entry = entries_[middle];
      if (is_above(number, entries_[entry.highest].interval)) return;
      find(number, first, middle, hit);
      if (is_below(number, entry.interval)) return;
      if (!is_above(number, entry.interval)) hit(entry.id);
      first = middle + 1;
    }
  }

  std::vector<Entry> entries_;          ///< by lower end
  std::vector<IntegerEntry> integers_;  ///< those that hold several integers, likewise
  IntegerTable points_;                 ///< those that hold one
};

}  // namespace semper::pattern
