#include "context/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "base/text.h"
#include "json/writer.h"

namespace semper::context {
namespace {

constexpr std::size_t kNoColumn = static_cast<std::size_t>(-1);
constexpr std::size_t kDeepest = 32;

/// A column, or an object of columns.
struct Node {
  std::string name;
  std::size_t column = kNoColumn;
  std::vector<std::unique_ptr<Node>> children;
};

class CsvReader {
 public:
  CsvReader(std::string_view text, std::string_view key, Contexts& contexts)
      : text_(text), key_(key), contexts_(contexts) {}

  Status read() {
    std::size_t invalid = find_invalid_utf8(text_);
    if (invalid != std::string_view::npos) {
      line_ = 1 + static_cast<std::size_t>(std::count(
                      text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(invalid), '\n'));
      return problem("a byte that is no UTF-8");
    }
    Status status = next_row();
    if (!status.ok()) return status;
    if (row_.empty())
      return problem("the file is empty; want a header with the names of the columns");
    status = read_header();
    while (status.ok() && at_ < text_.size()) {
      status = next_row();
      bool blank = row_.size() == 1 && row_[0].empty();
      if (status.ok() && !blank) status = add_row();
    }
    return status;
  }

 private:
  Status read_header() {
    columns_ = row_.size();
    for (std::size_t i = 0; i < columns_; ++i) {
      if (row_[i] == key_) key_column_ = i;
      Node* node = &root_;
      std::size_t depth = 0;
      for (std::string_view rest = row_[i];;) {
        std::size_t dot = std::min(rest.find('.'), rest.size());
        std::string_view name = rest.substr(0, dot);
        if (name.empty() || ++depth > kDeepest)
          return problem(fmt::format("\"{}\" cannot name a column", row_[i]));
        Node* child = nullptr;
        for (const auto& one : node->children) {
          if (one->name == name) child = one.get();
        }
        bool last = dot == rest.size();
        if (child != nullptr && (last || child->column != kNoColumn)) {
          return problem(fmt::format("the column {} stands in the header twice", row_[i]));
        }
        if (child == nullptr) {
          node->children.push_back(std::make_unique<Node>());
          child = node->children.back().get();
          child->name = name;
        }
        node = child;
        if (last) break;
        rest.remove_prefix(dot + 1);
      }
      node->column = i;
    }
    if (key_column_ == kNoColumn) {
      return problem(fmt::format("the header has no column {}", key_));
    }
    return {};
  }

  Status add_row() {
    if (row_.size() != columns_) {
      return problem(fmt::format("{} cells, but the header has {}", row_.size(), columns_));
    }
    const std::string& key = row_[key_column_];
    if (key.empty()) return problem(fmt::format("the row has no {}", key_));
    std::string json;
    append(root_, json);
    if (!contexts_.emplace(key, std::move(json)).second) {
      return problem(fmt::format("{} occurs twice", key));
    }
    return {};
  }

  bool has_cell(const Node& node) const {
    if (node.column != kNoColumn) return !row_[node.column].empty();
    return std::any_of(node.children.begin(), node.children.end(),
                       [this](const auto& child) { return has_cell(*child); });
  }

  void append(const Node& node, std::string& out) const {
    if (node.column != kNoColumn) {
      json::append_quoted(out, row_[node.column]);
      return;
    }
    json::Writer writer(out);
    writer.begin_object();
    for (const auto& child : node.children) {
      if (!has_cell(*child)) continue;
      writer.quoted_key(child->name).raw({});
      append(*child, out);
    }
    writer.end_object();
  }

  Status next_row() {
    row_.clear();
    line_ = next_line_;
    while (at_ < text_.size()) {
      row_.emplace_back();
      Status status = text_[at_] == '"' ? quoted_cell() : plain_cell();
      if (!status.ok()) return status;
      if (at_ == text_.size()) break;
      char end = text_[at_++];
      if (end == ',') {
        if (at_ == text_.size()) row_.emplace_back();
        continue;
      }
      if (end == '\r' && at_ < text_.size() && text_[at_] == '\n') ++at_;
      ++next_line_;
      break;
    }
    return {};
  }

  Status plain_cell() {
    std::size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
    row_.back() = text_.substr(at_, end - at_);
    at_ = end;
    return {};
  }

  Status quoted_cell() {
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] != '"') {
        next_line_ += text_[at_] == '\n';
        row_.back() += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        row_.back() += text_[at_++];
      } else {
        ++at_;
        bool ends =
            at_ == text_.size() || text_[at_] == ',' || text_[at_] == '\r' || text_[at_] == '\n';
        return ends ? Status()
                    : problem(
                          "behind the closing quote only a comma may stand; write a quote in a "
                          "cell as \"\"");
      }
    }
    return problem("a cell begins with a quote that is never closed");
  }

  Status problem(std::string_view what) const {
    return {StatusCode::kInvalidArgument, fmt::format("{}:1: {}", line_, what)};
  }

  std::string_view text_;
  std::string_view key_;
  Contexts& contexts_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t next_line_ = 1;
  std::vector<std::string> row_;
  std::size_t columns_ = 0;
  std::size_t key_column_ = kNoColumn;
  Node root_;
};

}  // namespace

Status read_csv(std::string_view text, std::string_view key, Contexts& contexts) {
  return CsvReader(text, key, contexts).read();
}

}  // namespace semper::context
