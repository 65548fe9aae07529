/// Patterns, scopes and events with everything the language knows, from few keys and few values at
/// a time, so that they often meet; events are made from what a pattern asks for, then changed.
#pragma once

#include <string>
#include <vector>

#include "oracle/choices.h"
#include "oracle/judge.h"
#include "oracle/tree.h"
#include "pattern/ast.h"

namespace semper::oracle {

class WildGenerator {
 public:
  /// Chooses what the round is about: `keys` and `values` are how many of each.
  WildGenerator(Choices& choices, std::size_t keys, std::size_t values);
  /// One of the keys is `accountId` from now on.
  void use_account_id();

  /// A pattern, of any dialect and quantifier; now and then one that does not compile.
  Subject pattern();
  /// Close to a pattern that was generated before.
  std::string event();
  /// A policyScope; `event` gives account contexts then.
  std::string scope();
  /// A value of the round as decoded text: what an account id may be.
  std::string text();

 private:
  using Spellings = std::vector<std::string>;
  struct Value {
    bool is_string = false;
    Spellings spellings;  ///< strings decoded, others as JSON
  };
  /// A part of a pattern, and something that it probably matches.
  struct Made {
    Tree asked;
    Tree witness;
  };
  /// `asked` is one item; nothing as a witness: it wants absence.
  struct Item {
    Tree asked;
    Tree witness;
    bool wants_absence = false;
  };

  Made object_of(std::size_t depth, std::vector<std::size_t> keys);
  void add_alternatives(Made& made, std::size_t depth, const std::vector<std::size_t>& keys);
  void add_field(Made& made, std::size_t key);

  Item item(std::size_t depth = 0);
  Item literal(const Value& value);
  Item exists();
  Item string_test(const Value& value);
  Item number_test(const Value& value);
  Item anything_but(const Value& value);
  Item negated(const Value& value);
  Item combined(std::size_t depth);
  Item all_of(Item first, const Item& second);
  std::string wildcard(const std::string& text);
  std::string regex(const std::string& text);
  Item test(std::string_view comparator, Tree operand, Tree witness);

  std::string key_text(std::size_t key);
  Tree spelling(const Value& value);
  Tree any_scalar();
  Tree any_value();
  std::string any_string();
  Tree any_strings();

  void change(Tree& tree);
  void change_value(Tree& tree);
  void change_members(Tree& object);

  Choices& choices_;
  pattern::Dialect dialect_ = pattern::Dialect::kSemper;
  std::vector<Spellings> keys_;
  std::vector<Value> values_;
  std::vector<Tree> witnesses_;
};

}  // namespace semper::oracle
