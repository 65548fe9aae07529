/// All patterns of a policy set as one immutable program.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "json/event.h"
#include "pattern/ast.h"

namespace semper::pattern {

class Program {
 public:
  /// Returns the pattern's number: 0, 1, 2, …
  std::uint32_t add(Pattern pattern, Arrays arrays);
  std::size_t size() const { return patterns_.size(); }

 private:
  friend class Matcher;
  struct Entry {
    Pattern pattern;
    Arrays arrays;
  };
  std::vector<Entry> patterns_;
};

/// Scratch memory for running programs. One thread at a time.
class Matcher {
 public:
  /// Replaces `matched` by the numbers of the patterns that match, ascending.
  void match(const Program& program, const json::ObjectView& event,
             std::vector<std::uint32_t>& matched);
};

}  // namespace semper::pattern
