/// Numbers by their exact decimal value (SPEC 3.4): nothing here passes through a double.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace semper::pattern {

/// sign × 0.digits × 10^exponent, digits without leading or trailing zeros; zero has none.
struct Decimal {
  bool negative = false;
  std::int64_t exponent = 0;
  std::string digits;

  /// `literal` is a valid JSON number. nullopt where it is beyond SPEC 3.4's limits (longer than
  /// 1024 bytes, or a written exponent beyond ±1 000 000).
  static std::optional<Decimal> parse(std::string_view literal);

  std::strong_ordering operator<=>(const Decimal& other) const;
  bool operator==(const Decimal& other) const = default;
};

}  // namespace semper::pattern
