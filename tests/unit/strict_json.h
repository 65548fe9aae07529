/// A JSON reader of the tests' own, which shares no code with the library: RFC 8259 and not more,
/// with every literal, every repeated key and the order of all members kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strict_json {

struct Node {
  enum class Kind { kLiteral, kNumber, kString, kArray, kObject };
  Kind kind = Kind::kLiteral;
  std::string text;  ///< literals and numbers as written, strings decoded
  std::vector<Node> elements;
  std::vector<std::pair<std::string, Node>> members;

  bool operator==(const Node&) const = default;
  const Node* find(std::string_view key) const {
    for (const auto& [name, value] : members) {
      if (name == key) return &value;
    }
    return nullptr;
  }
};

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<Node> read() {
    Node root;
    if (!is_utf8(text_) || !value(root)) return std::nullopt;
    space();
    if (at_ != text_.size()) return std::nullopt;
    return root;
  }
  /// Containers inside each other at the deepest place so far.
  std::size_t depth() const { return deepest_; }

  static bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
      auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
      std::size_t length = byte(i) < 0x80 ? 1 : byte(i) >> 5 == 6 ? 2 : byte(i) >> 4 == 14 ? 3 : 4;
      if (length == 4 && byte(i) >> 3 != 30) return false;
      if (i + length > text.size()) return false;
      std::uint32_t code = length == 1 ? byte(i) : byte(i) & (0x7Fu >> length);
      for (std::size_t k = 1; k < length; ++k) {
        if (byte(i + k) >> 6 != 2) return false;
        code = code << 6 | (byte(i + k) & 0x3Fu);
      }
      constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
      if (code < kSmallest[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
        return false;
      }
      i += length;
    }
    return true;
  }

 private:
  /// Deeper than any event that is one (1024) and the record around it; the reader calls itself,
  /// and sanitizers make its frames large.
  static constexpr std::size_t kMostDeep = 2000;

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char expected) { return peek() == expected && at_ < text_.size() && ++at_; }
  void space() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string::npos) {
      ++at_;
    }
  }

  bool value(Node& node) {
    space();
    switch (peek()) {
      case '{':
        return container(node, Node::Kind::kObject, '}');
      case '[':
        return container(node, Node::Kind::kArray, ']');
      case '"':
        node.kind = Node::Kind::kString;
        return string(node.text);
      default:
        break;
    }
    for (std::string_view literal : {"true", "false", "null"}) {
      if (text_.substr(at_).starts_with(literal)) {
        at_ += literal.size();
        node.text = literal;
        return true;
      }
    }
    node.kind = Node::Kind::kNumber;
    return number(node.text);
  }

  bool container(Node& node, Node::Kind kind, char end) {
    node.kind = kind;
    ++at_;
    if (++depth_ > deepest_) deepest_ = depth_;
    if (depth_ > kMostDeep) return false;
    space();
    if (!take(end)) {
      do {
        Node* child;
        if (kind == Node::Kind::kObject) {
          std::string key;
          space();
          if (!string(key)) return false;
          space();
          if (!take(':')) return false;
          child = &node.members.emplace_back(std::move(key), Node()).second;
        } else {
          child = &node.elements.emplace_back();
        }
        if (!value(*child)) return false;
        space();
      } while (take(','));
      if (!take(end)) return false;
    }
    --depth_;
    return true;
  }

  bool number(std::string& out) {
    std::size_t begin = at_;
    auto digits = [&] {
      std::size_t first = at_;
      while (peek() >= '0' && peek() <= '9') ++at_;
      return at_ > first;
    };
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (!digits()) return false;
    }
    out = text_.substr(begin, at_ - begin);
    return true;
  }

  /// Lone surrogates become three bytes of their own, so that they stay distinct.
  bool string(std::string& out) {
    if (!take('"')) return false;
    while (at_ < text_.size()) {
      char c = text_[at_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') {
        out += c;
        continue;
      }
      constexpr std::string_view kNames = "\"\\/bfnrt", kValues = "\"\\/\b\f\n\r\t";
      char name = peek();
      ++at_;
      if (std::size_t which = kNames.find(name); name != '\0' && which != std::string::npos) {
        out += kValues[which];
        continue;
      }
      std::uint32_t code;
      if (name != 'u' || !hex(code)) return false;
      std::uint32_t low;
      std::size_t back = at_;
      if (code >= 0xD800 && code < 0xDC00 && take('\\') && take('u') && hex(low) && low >= 0xDC00 &&
          low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      } else if (code >= 0xD800 && code < 0xDC00) {
        at_ = back;
      }
      append(out, code);
    }
    return false;
  }

  bool hex(std::uint32_t& code) {
    code = 0;
    if (at_ + 4 > text_.size()) return false;
    for (int i = 0; i < 4; ++i) {
      char c = text_[at_++];
      int digit = c >= '0' && c <= '9'   ? c - '0'
                  : c >= 'a' && c <= 'f' ? c - 'a' + 10
                  : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                         : -1;
      if (digit < 0) return false;
      code = code * 16 + static_cast<std::uint32_t>(digit);
    }
    return true;
  }

  static void append(std::string& out, std::uint32_t code) {
    auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (code < 0x80) {
      put(code);
    } else if (code < 0x800) {
      put(0xC0 | code >> 6);
      put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      put(0xE0 | code >> 12);
      put(0x80 | (code >> 6 & 0x3F));
      put(0x80 | (code & 0x3F));
    } else {
      put(0xF0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3F));
      put(0x80 | (code >> 6 & 0x3F));
      put(0x80 | (code & 0x3F));
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t deepest_ = 0;
};

inline std::optional<Node> read(std::string_view text) {
  return Reader(text).read();
}

}  // namespace strict_json
