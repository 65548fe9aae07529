#include "pattern/sets/interval_set.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/limits.h"
#include "pattern/probes.h"

namespace semper::pattern {
namespace {

/// Lower ends: none is the lowest, and an inclusive one is below an exclusive one.
bool lower_end_before(const Interval& a, const Interval& b) {
  if (!a.low || !b.low) return !a.low && b.low;
  auto order = *a.low <=> *b.low;
  return order < 0 || (order == 0 && a.low_inclusive && !b.low_inclusive);
}

bool upper_end_before(const Interval& a, const Interval& b) {
  if (!a.high || !b.high) return a.high && !b.high;
  auto order = *a.high <=> *b.high;
  return order < 0 || (order == 0 && !a.high_inclusive && b.high_inclusive);
}

}  // namespace

std::optional<NumberView> NumberView::parse(std::string_view literal) {
  const Limits limits;
  if (literal.size() > limits.number_bytes) return std::nullopt;
  NumberView view;
  if (literal.starts_with('-')) {
    view.negative_ = true;
    literal.remove_prefix(1);
  }
  std::size_t e = literal.find_first_of("eE");
  if (e != std::string_view::npos) {
    std::string_view written = literal.substr(e + 1);
    if (written.starts_with('+')) written.remove_prefix(1);
    auto [end, error] =
        std::from_chars(written.data(), written.data() + written.size(), view.exponent_);
    if (error != std::errc() || view.exponent_ > limits.number_exponent ||
        view.exponent_ < -limits.number_exponent) {
      return std::nullopt;
    }
    literal = literal.substr(0, e);
  }
  std::size_t dot = std::min(literal.find('.'), literal.size());
  std::size_t first = literal.find_first_not_of("0.");
  if (first == std::string_view::npos) {
    view.negative_ = false;
    view.exponent_ = 0;
    return view;
  }
  std::size_t last = literal.find_last_not_of("0.");
  view.zero_ = false;
  // Digits before the dot count up, zeros between the dot and the first digit count down.
  view.exponent_ += first < dot ? static_cast<std::int64_t>(dot - first)
                                : -static_cast<std::int64_t>(first - dot - 1);
  view.digits_ = literal.substr(first, last + 1 - first);
  return view;
}

namespace {

constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
/// Beyond all that `small_integer` returns.
constexpr std::int64_t kBeyond = 1'000'000'000'000'000'000;

/// The greatest integer that is not above `bound`; at most kBeyond from zero.
std::int64_t floor_of(const Decimal& bound, bool& is_integer) {
  is_integer = true;
  if (bound.digits.empty()) return 0;
  if (bound.exponent > 18) return bound.negative ? -kBeyond : kBeyond;
  std::int64_t value = 0;
  for (std::int64_t i = 0; i < bound.exponent; ++i) {
    auto at = static_cast<std::size_t>(i);
    value = 10 * value + (at < bound.digits.size() ? bound.digits[at] - '0' : 0);
  }
  is_integer = static_cast<std::int64_t>(bound.digits.size()) <= bound.exponent;
  if (!bound.negative) return value;
  return is_integer ? -value : -value - 1;
}

}  // namespace

std::strong_ordering NumberView::compare_digits(std::string_view digits) const {
  std::size_t j = 0;
  for (char c : digits_) {
    if (c == '.') continue;
    if (j == digits.size()) return std::strong_ordering::greater;
    if (c != digits[j]) return c <=> digits[j];
    ++j;
  }
  return j == digits.size() ? std::strong_ordering::equal : std::strong_ordering::less;
}

std::strong_ordering NumberView::compare(const Decimal& other) const {
  auto sign = [](bool zero, bool negative) { return zero ? 0 : negative ? -1 : 1; };
  int mine = sign(zero_, negative_);
  int theirs = sign(other.digits.empty(), other.negative);
  if (mine != theirs || mine == 0) return mine <=> theirs;
  std::strong_ordering magnitude =
      exponent_ != other.exponent ? exponent_ <=> other.exponent : compare_digits(other.digits);
  return negative_ ? 0 <=> magnitude : magnitude;
}

bool IntervalSet::is_above(const NumberView& number, const Interval& interval) {
  if (!interval.high) return false;
  auto order = number.compare(*interval.high);
  return order > 0 || (order == 0 && !interval.high_inclusive);
}

bool IntervalSet::is_below(const NumberView& number, const Interval& interval) {
  if (!interval.low) return false;
  auto order = number.compare(*interval.low);
  return order < 0 || (order == 0 && !interval.low_inclusive);
}

bool Interval::contains(const NumberView& number) const {
  if (low) {
    auto order = number.compare(*low);
    if (order < 0 || (order == 0 && !low_inclusive)) return false;
  }
  if (high) {
    auto order = number.compare(*high);
    if (order > 0 || (order == 0 && !high_inclusive)) return false;
  }
  return true;
}

IntegerRange integers_of(const Interval& interval) {
  IntegerRange range{kLowest, kHighest};
  bool is_integer = false;
  if (interval.low) {
    range.low = floor_of(*interval.low, is_integer);
    if (!is_integer || !interval.low_inclusive) ++range.low;
  }
  if (interval.high) {
    range.high = floor_of(*interval.high, is_integer);
    if (is_integer && !interval.high_inclusive) --range.high;
  }
  return range;
}

void IntegerTable::build() {
  make_table(slots_, present_, [](const Slot& slot) { return hash_of(slot.number); });
}

std::size_t IntegerTable::worst_probes() const {
  return pattern::worst_probes(slots_.size(), [&](std::size_t i) { return slots_[i].id != kNoId; });
}

void IntervalSet::build() {
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return lower_end_before(a.interval, b.interval);
  });
  if (entries_.empty()) return;
  build(0, entries_.size());
  for (const Entry& entry : entries_) {
    const IntegerRange range = integers_of(entry.interval);
    if (range.low == range.high) {
      points_.add(range.low, entry.id);
    } else if (range.low < range.high) {
      integers_.push_back({range, kLowest, entry.id});
    }
  }
  points_.build();
  build_integers(0, integers_.size());
}

std::int64_t IntervalSet::build_integers(std::size_t first, std::size_t last) {
  if (first == last) return kLowest;
  std::size_t middle = first + (last - first) / 2;
  std::int64_t highest = std::max(build_integers(first, middle), build_integers(middle + 1, last));
  return integers_[middle].highest = std::max(highest, integers_[middle].range.high);
}

std::uint32_t IntervalSet::build(std::size_t first, std::size_t last) {
  std::size_t middle = first + (last - first) / 2;
  auto highest = static_cast<std::uint32_t>(middle);
  auto consider = [&](std::uint32_t other) {
    if (upper_end_before(entries_[highest].interval, entries_[other].interval)) highest = other;
  };
  if (first < middle) consider(build(first, middle));
  if (middle + 1 < last) consider(build(middle + 1, last));
  return entries_[middle].highest = highest;
}

std::size_t IntervalSet::memory() const {
  return entries_.capacity() * sizeof(Entry) + integers_.capacity() * sizeof(IntegerEntry) +
         points_.memory();
}

}  // namespace semper::pattern
