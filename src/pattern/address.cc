#include "pattern/address.h"

#include <algorithm>

namespace semper::pattern {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/// A decimal number 0..max without leading zeros or sign.
std::optional<unsigned> parse_number(std::string_view text, unsigned max) {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  unsigned value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value <= max ? std::optional(value) : std::nullopt;
}

bool parse_v4(std::string_view text, std::uint8_t* out) {
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int i = 0; i < 4; ++i) {
    if (i > 0 && (at == end || *at++ != '.')) return false;
    const char* const begin = at;
    unsigned number = 0;
    for (; at != end && at < begin + 3 && *at >= '0' && *at <= '9'; ++at) {
      number = number * 10 + static_cast<unsigned>(*at - '0');
    }
    if (at == begin || number > 255 || (*begin == '0' && at != begin + 1)) return false;
    out[i] = static_cast<std::uint8_t>(number);
  }
  return at == end;
}

std::optional<unsigned> parse_group(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  unsigned value = 0;
  for (char c : text) {
    unsigned digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<unsigned>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<unsigned>(c - 'A' + 10);
    } else {
      return std::nullopt;
    }
    value = value * 16 + digit;
  }
  return value;
}

constexpr std::size_t kLongestV6 = 45;  // eight groups, the last two as a dotted quad

/// What the groups of so short a text may be, without an allocation.
class GroupBytes {
 public:
  void push_back(unsigned byte) { bytes_[size_++] = static_cast<std::uint8_t>(byte); }
  std::size_t size() const { return size_; }
  const std::uint8_t* begin() const { return bytes_.data(); }
  const std::uint8_t* end() const { return bytes_.data() + size_; }

 private:
  std::array<std::uint8_t, 2 * kLongestV6>
      bytes_;  // a group, two bytes, takes a character at least
  std::size_t size_ = 0;
};

/// Colon-separated groups, the last one a dotted quad if `quad_allowed`; empty text: none.
bool parse_groups(std::string_view text, bool quad_allowed, GroupBytes& out) {
  while (!text.empty()) {
    std::size_t colon = text.find(':');
    std::string_view group = text.substr(0, colon);
    bool last = colon == std::string_view::npos;
    if (last && quad_allowed && group.find('.') != std::string_view::npos) {
      std::uint8_t quad[4];
      if (!parse_v4(group, quad)) return false;
      for (std::uint8_t byte : quad) out.push_back(byte);
    } else {
      std::optional<unsigned> value = parse_group(group);
      if (!value) return false;
      out.push_back(*value >> 8);
      out.push_back(*value & 0xff);
    }
    if (last) return true;
    text.remove_prefix(colon + 1);
    if (text.empty()) return false;
  }
  return true;
}

bool parse_v6(std::string_view text, std::array<std::uint8_t, 16>& out) {
  if (text.size() > kLongestV6) return false;
  GroupBytes head;
  GroupBytes tail;
  std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    if (!parse_groups(text, true, head) || head.size() != 16) return false;
  } else {
    // The gap stands for one group at least.
    if (!parse_groups(text.substr(0, gap), false, head) ||
        !parse_groups(text.substr(gap + 2), true, tail) || head.size() + tail.size() > 14) {
      return false;
    }
  }
  out.fill(0);
  std::copy(head.begin(), head.end(), out.begin());
  std::copy_backward(tail.begin(), tail.end(), out.end());
  return true;
}

void clear_host_bits(AddressRange& range) {
  std::size_t byte = range.length / 8;
  if (byte == range.bytes.size()) return;
  range.bytes[byte] &= static_cast<std::uint8_t>(~(0xFFU >> (range.length % 8)));
  std::fill(range.bytes.begin() + static_cast<std::ptrdiff_t>(byte) + 1, range.bytes.end(),
            std::uint8_t{0});
}

/// The address as written: a mapped one is still IPv6.
std::optional<AddressRange> parse_written(std::string_view text) {
  AddressRange range;
  if (parse_v4(text, range.bytes.data())) {
    range.length = 32;
    return range;
  }
  if (!parse_v6(text, range.bytes)) return std::nullopt;
  range.v6 = true;
  range.length = 128;
  return range;
}

/// Mapped ranges become IPv4 ranges; host bits go.
AddressRange normalized(AddressRange range) {
  if (range.v6 && range.length >= 96 &&
      std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), range.bytes.begin())) {
    std::copy(range.bytes.begin() + 12, range.bytes.end(), range.bytes.begin());
    range.v6 = false;
    range.length = static_cast<std::uint8_t>(range.length - 96);
  }
  clear_host_bits(range);
  return range;
}

}  // namespace

bool AddressRange::contains(const AddressRange& other) const {
  if (v6 != other.v6 || length > other.length) return false;
  AddressRange cut = other;
  cut.length = length;
  clear_host_bits(cut);
  return cut == *this;
}

std::optional<AddressRange> parse_address(std::string_view text) {
  std::optional<AddressRange> range = parse_written(text);
  return range ? std::optional(normalized(*range)) : std::nullopt;
}

std::optional<AddressRange> parse_address_or_range(std::string_view text, AddressError* error) {
  auto fail = [error](AddressError reason) {
    if (error != nullptr) *error = reason;
    return std::nullopt;
  };
  std::size_t slash = text.find('/');
  std::optional<AddressRange> range = parse_written(text.substr(0, slash));
  if (!range) return fail(AddressError::kSyntax);
  if (slash != std::string_view::npos) {
    std::optional<unsigned> length = parse_number(text.substr(slash + 1), range->length);
    if (!length) return fail(AddressError::kMask);
    range->length = static_cast<std::uint8_t>(*length);
  }
  if (error != nullptr) *error = AddressError::kNone;
  return normalized(*range);
}

}  // namespace semper::pattern
