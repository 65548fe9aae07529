/// IP addresses and ranges (SPEC 6.9).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace semper::pattern {

/// A range of addresses; a single address is one of full length. An IPv4-mapped IPv6 address is the
/// IPv4 address, and a mapped range of length ≥ 96 the IPv4 range.
struct AddressRange {
  bool v6 = false;
  std::uint8_t length = 0;  ///< 0..32 or 0..128
  std::array<std::uint8_t, 16>
      bytes{};  ///< network order, host bits cleared; IPv4 uses the first 4

  bool is_address() const { return length == (v6 ? 128 : 32); }
  /// Same family, shorter or equal length, equal network bits.
  bool contains(const AddressRange& other) const;
  bool operator==(const AddressRange&) const = default;
};

enum class AddressError : std::uint8_t { kNone, kSyntax, kMask };

/// False: the text is neither an address nor a range; a look at its beginning tells.
inline bool may_be_address(std::string_view text) {
  bool is_decimal = true;
  for (char c : text.substr(0, 5)) {
    if (c == ':') return true;
    if (c == '.') return is_decimal;
    is_decimal = is_decimal && c >= '0' && c <= '9';
    bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (!is_hex) return false;
  }
  return false;
}

/// `addr`; nullopt where the text is no address.
std::optional<AddressRange> parse_address(std::string_view text);
/// `addr` or `addr/len`; nullopt where it is neither, with the reason in `error`.
std::optional<AddressRange> parse_address_or_range(std::string_view text,
                                                   AddressError* error = nullptr);

}  // namespace semper::pattern
