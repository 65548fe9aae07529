/// All patterns of a policy set as one immutable program, and what runs it.
///
/// Every field of every pattern is there once, however many policies share it. A branch of a
/// pattern hangs on its most selective field (its access field): looking up an event's values finds
/// the branches whose access field holds, and only these are looked at further. What an event costs
/// depends on its own values and on the patterns that nearly match, not on how many there are.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "json/event.h"
#include "pattern/ast.h"

namespace semper::pattern {

struct ProgramData;
struct MatcherState;

class Program {
 public:
  /// Without patterns.
  Program();

  std::size_t size() const;
  /// Bytes held.
  std::size_t memory() const;

 private:
  friend class ProgramBuilder;
  friend class Matcher;
  friend struct MatcherState;
  explicit Program(std::shared_ptr<const ProgramData> data);
  std::shared_ptr<const ProgramData> data_;
};

class ProgramBuilder {
 public:
  ProgramBuilder();
  ~ProgramBuilder();
  ProgramBuilder(ProgramBuilder&&) noexcept;
  ProgramBuilder& operator=(ProgramBuilder&&) noexcept;

  /// Returns the pattern's number: 0, 1, 2, … The pattern is not needed afterwards.
  std::uint32_t add(const Pattern& pattern, Arrays arrays);
  /// Ends the builder. `order`: the number that each pattern gets instead of the one it has; empty:
  /// all keep theirs.
  Program build(std::span<const std::uint32_t> order = {});

 private:
  std::unique_ptr<ProgramData> data_;
  struct Work;
  std::unique_ptr<Work> work_;
};

/// Scratch memory for running one program: no allocation once it has grown. One thread at a time;
/// any number may share a program.
class Matcher {
 public:
  explicit Matcher(Program program);
  ~Matcher();
  Matcher(Matcher&&) noexcept;
  Matcher& operator=(Matcher&&) noexcept;

  /// Replaces `matched` by the numbers of the patterns that match, ascending. `enabled`: a bit per
  /// pattern, those without it are not looked at; empty: all are.
  void match(const json::ObjectView& event, std::vector<std::uint32_t>& matched,
             std::span<const std::uint64_t> enabled = {});

  const Program& program() const;

 private:
  std::unique_ptr<MatcherState> state_;
};

}  // namespace semper::pattern
