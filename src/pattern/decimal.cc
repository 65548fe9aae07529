#include "pattern/decimal.h"

#include <algorithm>
#include <charconv>

#include "base/limits.h"

namespace semper::pattern {
namespace {

/// The written exponent; nullopt beyond the limit, however many digits it has.
std::optional<std::int64_t> parse_exponent(std::string_view text) {
  bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value > Limits{}.number_exponent) return std::nullopt;
  return negative ? -value : value;
}

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view literal) {
  if (literal.size() > Limits{}.number_bytes) return std::nullopt;
  Decimal result;
  result.negative = literal.starts_with('-');
  if (result.negative) literal.remove_prefix(1);

  std::size_t e = literal.find_first_of("eE");
  if (e != std::string_view::npos) {
    std::optional<std::int64_t> exponent = parse_exponent(literal.substr(e + 1));
    if (!exponent) return std::nullopt;
    result.exponent = *exponent;
    literal = literal.substr(0, e);
  }
  std::size_t point = std::min(literal.find('.'), literal.size());
  result.exponent += static_cast<std::int64_t>(point);
  result.digits = literal.substr(0, point);
  if (point < literal.size()) result.digits += literal.substr(point + 1);

  std::size_t first = result.digits.find_first_not_of('0');
  if (first == std::string::npos) return Decimal{};
  result.exponent -= static_cast<std::int64_t>(first);
  result.digits.erase(result.digits.find_last_not_of('0') + 1);
  result.digits.erase(0, first);
  return result;
}

std::strong_ordering Decimal::operator<=>(const Decimal& other) const {
  auto sign = [](const Decimal& d) { return d.digits.empty() ? 0 : d.negative ? -1 : 1; };
  if (auto order = sign(*this) <=> sign(other); order != 0) return order;
  std::strong_ordering magnitude = exponent <=> other.exponent;
  if (magnitude == 0) magnitude = digits.compare(other.digits) <=> 0;
  return negative ? 0 <=> magnitude : magnitude;
}

}  // namespace semper::pattern
