/// Reads the members that matter out of an object in one walk, instead of one search per key.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.h"
#include "json/event.h"

namespace semper::finding {

/// The names of an enum `Key` that ends with `kCount`, hashed at compile time. Names must differ in
/// more than ASCII case.
template <class Key>
class KeyTable {
 public:
  static constexpr std::size_t kSize = static_cast<std::size_t>(Key::kCount);
  static_assert(kSize <= 64);

  consteval explicit KeyTable(const std::array<std::string_view, kSize>& names) : names_(names) {
    for (std::size_t i = 0; i < kSize; ++i) {
      std::size_t slot = hash(names[i]);
      while (slots_[slot] != 0) slot = (slot + 1) % kSlots;
      slots_[slot] = static_cast<std::uint8_t>(i + 1);
      sizes_ |= std::uint64_t{1} << (names[i].size() % 64);
    }
    if (has_size(0)) throw "a name is empty";
  }

  struct Match {
    std::size_t index = kSize;  ///< kSize: the table has no such name
    bool exact = false;
  };

  Match find(std::string_view name) const {
    if (!has_size(name.size())) return {};
    for (std::size_t slot = hash(name); slots_[slot] != 0; slot = (slot + 1) % kSlots) {
      std::size_t index = slots_[slot] - 1u;
      if (names_[index].size() != name.size()) continue;
      if (same_bytes(names_[index].data(), name.data(), name.size())) return {index, true};
      if (equals_ignore_ascii_case(names_[index], name)) return {index, false};
    }
    return {};
  }

 private:
  /// Most foreign keys have a size that no name has. No name is empty.
  constexpr bool has_size(std::size_t size) const { return (sizes_ >> (size % 64) & 1) != 0; }

  // A power of two with room enough that most foreign keys meet an empty slot at once.
  static constexpr std::size_t kSlots = kSize <= 8 ? 64 : 256;

  static constexpr std::size_t hash(std::string_view name) {
    auto fold = [](char c) { return static_cast<unsigned char>(c) | 0x20u; };
    // eventName, eventTime and eventType end alike.
    const char third_quarter = name[name.size() * 3 / 4];
    return (name.size() * 11 + fold(name.front()) * 37 + fold(third_quarter) * 17 +
            fold(name.back()) * 5) %
           kSlots;
  }

  std::array<std::string_view, kSize> names_;
  std::array<std::uint8_t, kSlots> slots_{};
  std::uint64_t sizes_ = 0;
};

/// The values of a table's keys in one object. A key that is written exactly beats one that differs
/// in ASCII case, the first of equals wins; as `EventValue::find` has it.
template <class Key>
class Fields {
 public:
  Fields(const KeyTable<Key>& table, json::EventValue object) {
    if (!object.is_object()) return;
    document_ = object.document();
    const bool has_escapes = document_->has_escapes();
    std::string scratch;
    const std::uint32_t last = document_->closing(object.token());
    for (std::uint32_t key = object.token() + 1; key < last; key = document_->after(key + 1)) {
      std::string_view name =
          has_escapes ? document_->value(key).string(scratch) : document_->key_text(key);
      if (offer(table, name, key + 1)) return;
    }
  }

  json::EventValue operator[](Key key) const {
    std::uint32_t token = tokens_[static_cast<std::size_t>(key)];
    return token == kNone ? json::EventValue() : document_->value(token);
  }
  /// Whether several members could have been meant.
  bool is_repeated(Key key) const { return (repeated_ >> static_cast<std::size_t>(key) & 1) != 0; }

 private:
  static constexpr std::size_t kSize = KeyTable<Key>::kSize;
  static constexpr std::uint64_t kAll = ~std::uint64_t{0} >> (64 - kSize);
  static constexpr std::uint32_t kNone = 0;  ///< the root is nobody's member

  /// True where no later member can change anything.
  bool offer(const KeyTable<Key>& table, std::string_view name, std::uint32_t value) {
    auto match = table.find(name);
    if (match.index == kSize) return false;
    std::uint64_t bit = std::uint64_t{1} << match.index;
    std::uint32_t& known = tokens_[match.index];
    if (known != kNone) repeated_ |= bit;
    if (match.exact ? (exact_ & bit) == 0 : known == kNone) known = value;
    if (match.exact) exact_ |= bit;
    return exact_ == kAll;
  }

  const json::EventDocument* document_ = nullptr;
  std::array<std::uint32_t, kSize> tokens_{};
  std::uint64_t exact_ = 0;
  std::uint64_t repeated_ = 0;
};

}  // namespace semper::finding
