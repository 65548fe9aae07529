/// Writes small MaxMind databases of IPv4 networks (MaxMind DB format, version 2.0).
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace semper::test {

class MmdbWriter {
 public:
  static std::string text(std::string_view text) { return header(2, text.size()).append(text); }
  static std::string number(std::uint32_t number) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) {
      char byte = static_cast<char>(number >> shift & 0xff);
      if (byte != 0 || !bytes.empty()) bytes += byte;
    }
    return header(6, bytes.size()).append(bytes);
  }
  static std::string map(std::initializer_list<std::pair<std::string_view, std::string>> members) {
    std::string out = header(7, members.size());
    for (const auto& [key, value] : members) out.append(text(key)).append(value);
    return out;
  }
  static std::string city(std::string_view code, std::string_view country, std::string_view name) {
    return map(
        {{"city", map({{"names", map({{"en", text(name)}})}})},
         {"country", map({{"iso_code", text(code)}, {"names", map({{"en", text(country)}})}})}});
  }
  static std::string asn(std::uint32_t asn_number, std::string_view organization) {
    return map({{"autonomous_system_number", number(asn_number)},
                {"autonomous_system_organization", text(organization)}});
  }

  /// All addresses that begin with the first `bits` of `address` get `data`.
  void add(std::uint32_t address, int bits, std::string_view data) {
    std::size_t node = 0;
    for (int i = 0; i < bits; ++i) {
      std::size_t side = address >> (31 - i) & 1;
      if (i + 1 == bits) {
        nodes_[node][side] = {Kind::kData, data_.size()};
      } else if (nodes_[node][side].kind == Kind::kNode) {
        node = nodes_[node][side].value;
      } else {
        nodes_[node][side] = {Kind::kNode, nodes_.size()};
        node = nodes_.size();
        nodes_.emplace_back();
      }
    }
    data_.append(data);
  }

  std::string file() const {
    std::string out;
    for (const auto& node : nodes_) {
      for (const Record& record : node) {
        std::size_t value = nodes_.size();
        if (record.kind == Kind::kNode) value = record.value;
        if (record.kind == Kind::kData) value = nodes_.size() + 16 + record.value;
        for (int shift = 16; shift >= 0; shift -= 8)
          out += static_cast<char>(value >> shift & 0xff);
      }
    }
    out.append(16, '\0').append(data_).append("\xab\xcd\xefMaxMind.com");
    auto u16 = [](char value) { return header(5, 1).append(1, value); };
    return out.append(map({{"node_count", number(static_cast<std::uint32_t>(nodes_.size()))},
                           {"record_size", u16(24)},
                           {"ip_version", u16(4)},
                           {"database_type", text("Test-City")},
                           {"languages", header(11, 1).append(text("en"))},
                           {"binary_format_major_version", u16(2)},
                           {"binary_format_minor_version", header(5, 0)},
                           {"build_epoch", header(9, 1).append(1, '\1')},
                           {"description", map({{"en", text("a test")}})}}));
  }

 private:
  enum class Kind : std::uint8_t { kEmpty, kNode, kData };
  struct Record {
    Kind kind = Kind::kEmpty;
    std::size_t value = 0;
  };

  /// `size` < 285.
  static std::string header(int type, std::size_t size) {
    std::string out;
    std::size_t inline_size = size < 29 ? size : 29;
    out += static_cast<char>((type < 8 ? type << 5 : 0) | static_cast<int>(inline_size));
    if (type >= 8) out += static_cast<char>(type - 7);
    if (size >= 29) out += static_cast<char>(size - 29);
    return out;
  }

  std::vector<std::array<Record, 2>> nodes_{1};
  std::string data_;
};

}  // namespace semper::test
