/// Compiling members in order (SPEC 7.4). `parse` runs it to enforce the limits as it goes, the
/// compiler and `expand` to get the branches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "pattern/ast.h"
#include "pattern/interner.h"

namespace semper::pattern {

/// Paths as numbers: equal steps from one path are one.
class Steps {
 public:
  Steps() : steps_(1) {}

  static constexpr std::uint32_t kRoot = 0;
  /// `key` outlives the object.
  std::uint32_t step(std::uint32_t path, std::string_view key);
  std::vector<Step> take() { return std::move(steps_); }

 private:
  std::vector<Step> steps_;
  Interner children_;  ///< by parent and key
};

/// The path that a key of a pattern leads to, by way of `steps.step(path, part)`.
template <class S>
std::uint32_t step_along(S& steps, Dialect dialect, std::uint32_t path, std::string_view key) {
  if (dialect == Dialect::kSemper) return steps.step(path, key);
  for (std::size_t dot = key.find('.'); dot != std::string_view::npos; dot = key.find('.')) {
    path = steps.step(path, key.substr(0, dot));
    key.remove_prefix(dot + 1);
  }
  return steps.step(path, key);
}

/// The state of 7.4. A `$or` goes: fork; for every alternative begin, its members, end; join.
/// Paths are any numbers, equal ones for equal paths.
class Expander {
 public:
  static constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

  /// Begins a pattern; memory is used again.
  void begin(Dialect dialect, std::size_t max_fields = kUnlimited,
             std::size_t max_branches = kUnlimited);

  enum class Added : std::uint8_t { kNew, kReplaced, kTooMany };
  Added add(std::uint32_t path, Items items);

  class Fork;
  Fork fork();
  void begin(const Fork& fork);
  /// False: there are too many branches.
  bool end(Fork& fork);
  void join(Fork& fork);

  /// What was added: each once, whatever number of branches has it.
  std::span<const Field> fields() const { return fields_; }
  /// Numbers of fields. What one `add` gave to all branches of a state is there once.
  using Draft = std::vector<std::uint32_t>;
  std::span<const Draft> branches() const { return drafts_; }

 private:
  struct Latest {
    std::uint64_t state = 0;
    std::uint32_t field = 0;
  };

  Dialect dialect_ = Dialect::kSemper;
  std::size_t max_fields_ = kUnlimited;
  std::size_t max_branches_ = kUnlimited;
  std::vector<Field> fields_;
  std::vector<Draft> drafts_;
  /// Number of the present state, and where each path was last added to all of a state: a pattern
  /// that repeats a key ten thousand times shall not cost that times a thousand branches.
  std::uint64_t state_ = 0;
  std::vector<Latest> latest_;  ///< eventbridge only
};

class Expander::Fork {
 private:
  friend class Expander;
  std::vector<Draft> before_;
  std::vector<Draft> after_;
};

/// Runs a pattern's members through the expander, from the path `root` on.
template <class S>
void expand_object(const Object& object, std::uint32_t path, Dialect dialect, S& steps,
                   Expander& expander) {
  for (const Member& member : object.members) {
    switch (member.kind) {
      case Member::Kind::kObject:
        expand_object(member.objects[0], step_along(steps, dialect, path, member.key), dialect,
                      steps, expander);
        break;
      case Member::Kind::kField:
        expander.add(step_along(steps, dialect, path, member.key), member.items);
        break;
      case Member::Kind::kOr: {
        Expander::Fork fork = expander.fork();
        for (const Object& alternative : member.objects) {
          expander.begin(fork);
          expand_object(alternative, path, dialect, steps, expander);
          expander.end(fork);
        }
        expander.join(fork);
        break;
      }
    }
  }
}

}  // namespace semper::pattern
