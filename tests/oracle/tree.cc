#include "oracle/tree.h"

#include <cstdlib>

#include "json/document.h"
#include "json/writer.h"

namespace semper::oracle {
namespace {

Tree tree_of(const json::Value& value, std::string_view text) {
  Tree tree;
  if (value.is_scalar()) {
    tree.scalar = text.substr(value.begin, value.end - value.begin);
    return tree;
  }
  tree.is_object = value.is_object();
  for (const json::Member& member : value.members()) {
    std::string key = quoted(member.key);
    tree.members.emplace_back(key.substr(1, key.size() - 2), tree_of(member.value, text));
  }
  for (const json::Value& element : value.elements()) {
    tree.elements.push_back(tree_of(element, text));
  }
  return tree;
}

class Reducer {
 public:
  Reducer(Tree root, const std::function<bool(const Tree&)>& still)
      : root_(std::move(root)), still_(still) {}

  Tree run() {
    while (pass(root_)) {
    }
    return std::move(root_);
  }

 private:
  /// Whether anything below `at` could be taken away.
  bool pass(Tree& at) {
    bool changed = remove_from(at.members);
    changed |= remove_from(at.elements);
    auto smaller = [&](Tree& part) {
      changed |= lift(part);
      changed |= pass(part);
    };
    for (TreeMember& member : at.members) smaller(member.value);
    for (Tree& element : at.elements) smaller(element);
    return changed;
  }

  template <typename List>
  bool remove_from(List& list) {
    bool changed = false;
    for (std::size_t i = list.size(); i-- > 0;) {
      auto removed = std::move(list[i]);
      list.erase(list.begin() + static_cast<std::ptrdiff_t>(i));
      if (still_(root_)) {
        changed = true;
      } else {
        list.insert(list.begin() + static_cast<std::ptrdiff_t>(i), std::move(removed));
      }
    }
    return changed;
  }

  /// Puts the only part of a container in its place.
  bool lift(Tree& at) {
    if (at.members.size() + at.elements.size() != 1) return false;
    Tree whole = at;
    Tree part = at.members.empty() ? at.elements[0] : at.members[0].value;
    at = std::move(part);
    if (still_(root_)) return true;
    at = std::move(whole);
    return false;
  }

  Tree root_;
  const std::function<bool(const Tree&)>& still_;
};

}  // namespace

std::string Tree::print() const {
  if (!scalar.empty()) return scalar;
  std::string out(1, is_object ? '{' : '[');
  for (const auto& [key, value] : members) {
    out += (out.size() > 1 ? ",\"" : "\"") + key + "\":" + value.print();
  }
  for (const Tree& element : elements) {
    if (out.size() > 1) out += ',';
    out += element.print();
  }
  return out + (is_object ? '}' : ']');
}

Tree Tree::parse(const std::string& text) {
  json::ParseOptions options;
  options.max_bytes = Limits{}.event_bytes;
  options.max_depth = Limits{}.event_depth;
  options.replace_lone_surrogates = true;
  json::Document document;
  json::ParseError error;
  if (!json::Document::parse(text, options, document, error)) std::abort();
  return tree_of(document.root(), document.text());
}

std::string quoted(std::string_view text) {
  std::string out;
  json::append_quoted(out, text);
  return out;
}

Tree reduced(Tree tree, const std::function<bool(const Tree&)>& still) {
  return Reducer(std::move(tree), still).run();
}

}  // namespace semper::oracle
