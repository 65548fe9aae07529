/// Puts JSON together from texts that exist already: gathered first, then copied at once. For what
/// is written for every finding, where `Writer` would look for room with every comma.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.h"

namespace semper::json {

/// `,"name":` of a name that needs no escaping.
template <std::size_t N>
struct KeyText {
  char text[N + 3]{};
  consteval KeyText(const char (&name)[N]) {
    text[0] = ',';
    text[1] = '"';
    for (std::size_t i = 0; i + 1 < N; ++i) text[2 + i] = name[i];
    text[N + 1] = '"';
    text[N + 2] = ':';
  }
};

/// The key of a member, as `Pieces` wants it.
struct Key {
  std::string_view text;
};
template <KeyText kText>
constexpr Key operator""_key() {
  return {{kText.text, sizeof kText.text}};
}

/// The texts live until they are copied. No allocation once as many pieces were there before.
class Pieces {
 public:
  void clear() {
    pieces_.clear();
    size_ = 0;
    fresh_ = true;
  }
  std::size_t size() const { return size_; }

  /// Any text; commas are the caller's business.
  Pieces& add(std::string_view text) {
    pieces_.push_back(text);
    size_ += text.size();
    return *this;
  }
  /// Text that ends with an opening bracket, or with the colon after a key.
  Pieces& begin(std::string_view text) {
    add(text);
    fresh_ = true;
    return *this;
  }
  Pieces& open_object() { return open("{"); }
  Pieces& close_object() { return close("}"); }
  Pieces& open_array() { return open("["); }
  Pieces& close_array() { return close("]"); }
  Pieces& key(Key key) {
    add(fresh_ ? key.text.substr(1) : key.text);
    fresh_ = true;
    return *this;
  }
  /// After a key that was added as a value.
  Pieces& colon() {
    fresh_ = true;
    return add(":");
  }
  /// One value that is JSON already, or several members.
  Pieces& value(std::string_view json) {
    if (!fresh_) add(",");
    fresh_ = false;
    return add(json);
  }
  /// A member whose value is JSON already.
  Pieces& member(Key key, std::string_view json) {
    add(fresh_ ? key.text.substr(1) : key.text);
    fresh_ = false;
    return add(json);
  }
  /// The same where there is a value.
  Pieces& member_if(Key name, std::string_view json) {
    return json.empty() ? *this : member(name, json);
  }
  /// A member whose value is a string with this content, escaped already.
  Pieces& string_member(Key name, std::string_view content) {
    key(name);
    return string(content);
  }
  Pieces& string(std::string_view content) {
    value("\"");
    add(content);
    return add("\"");
  }

  /// Writes `size()` bytes.
  void copy_to(char* to) const {
    for (std::string_view piece : pieces_) to = copy(piece, to);
  }
  /// Writes over `memory` from its start and returns what was written. What is longer stays longer,
  /// so that nothing is cleared before it is written.
  std::string_view write_over(std::string& memory) const {
    if (memory.size() < size_) memory.resize(size_);
    copy_to(memory.data());
    return {memory.data(), size_};
  }
  void append_to(Buffer& out) const { copy_to(out.grow(size_)); }
  void append_to(std::string& out) const {
    std::size_t before = out.size();
    out.resize(before + size_);
    copy_to(out.data() + before);
  }

 private:
  Pieces& open(std::string_view bracket) {
    value(bracket);
    fresh_ = true;
    return *this;
  }
  Pieces& close(std::string_view bracket) {
    fresh_ = false;
    return add(bracket);
  }

  /// Most pieces are short: two words, which may overlap, are quicker than a call.
  static char* copy(std::string_view piece, char* to) {
    std::size_t size = piece.size();
    auto both_ends = [&]<class Word>(Word first, Word last) {
      std::memcpy(&first, piece.data(), sizeof first);
      std::memcpy(&last, piece.data() + size - sizeof last, sizeof last);
      std::memcpy(to, &first, sizeof first);
      std::memcpy(to + size - sizeof last, &last, sizeof last);
    };
    if (size > 16) {
      std::memcpy(to, piece.data(), size);
    } else if (size >= 8) {
      both_ends(std::uint64_t{}, std::uint64_t{});
    } else if (size >= 4) {
      both_ends(std::uint32_t{}, std::uint32_t{});
    } else {
      for (std::size_t i = 0; i < size; ++i) to[i] = piece[i];
    }
    return to + size;
  }

  std::vector<std::string_view> pieces_;
  std::size_t size_ = 0;
  bool fresh_ = true;  ///< no comma is due
};

}  // namespace semper::json
