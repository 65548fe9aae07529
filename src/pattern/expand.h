/// Compiling members in order (SPEC 7.4). `parse` runs it to enforce the limits as it goes,
/// `expand` to get the branches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pattern/ast.h"
#include "pattern/interner.h"

namespace semper::pattern {

/// The state of 7.4. A `$or` goes: fork; for every alternative begin, its members, end; join.
class Expander {
 public:
  Expander(Dialect dialect, std::size_t max_fields, std::size_t max_branches);

  static constexpr std::uint32_t kRoot = 0;
  /// The path that a key of the pattern leads to from another. `key` outlives the expander.
  std::uint32_t step(std::uint32_t path, std::string_view key);

  enum class Added : std::uint8_t { kNew, kReplaced, kTooMany };
  Added add(std::uint32_t path, const std::vector<Item>* items);

  class Fork;
  Fork fork();
  void begin(const Fork& fork);
  /// False: there are too many branches.
  bool end(Fork& fork);
  void join(Fork& fork);

  Expansion finish();

 private:
  /// Indexes into fields_. What one `add` gave to all branches of a state is there once.
  using Draft = std::vector<std::uint32_t>;
  struct Latest {
    std::uint64_t state = 0;
    std::uint32_t field = 0;
  };

  std::uint32_t single_step(std::uint32_t path, std::string_view key);

  Dialect dialect_;
  std::size_t max_fields_;
  std::size_t max_branches_;
  std::vector<Step> steps_;
  Interner children_;  ///< steps by parent and key
  std::vector<Field> fields_;
  std::vector<Draft> drafts_;
  /// Number of the present state, and where each path was last added to all of a state: a pattern
  /// that repeats a key ten thousand times shall not cost that times a thousand branches.
  std::uint64_t state_ = 1;
  std::vector<Latest> latest_;
};

class Expander::Fork {
 private:
  friend class Expander;
  std::vector<Draft> before_;
  std::vector<Draft> after_;
};

}  // namespace semper::pattern
