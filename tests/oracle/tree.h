/// A JSON value that tests build, change and print.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace semper::oracle {

struct TreeMember;

struct Tree {
  std::string scalar;  ///< its JSON text; empty: a container
  bool is_object = false;
  std::vector<TreeMember> members;
  std::vector<Tree> elements;

  std::string print() const;
  /// `text` is valid JSON.
  static Tree parse(const std::string& text);
};

struct TreeMember {
  TreeMember(std::string key_text, Tree member_value)
      : key(std::move(key_text)), value(std::move(member_value)) {}
  std::string key;  ///< as between its quotes
  Tree value;
};

inline Tree scalar(std::string text) {
  return {std::move(text), false, {}, {}};
}
inline Tree list(std::vector<Tree> elements) {
  return {"", false, {}, std::move(elements)};
}
inline Tree object(std::vector<TreeMember> members) {
  return {"", true, std::move(members), {}};
}
/// A string as JSON.
std::string quoted(std::string_view text);

/// `tree` without all that `still` does not need: members, elements and containers are taken away
/// one after another as long as it says yes.
Tree reduced(Tree tree, const std::function<bool(const Tree&)>& still);

}  // namespace semper::oracle
