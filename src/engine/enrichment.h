/// What providers tell about the relevant findings of one event.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "context/lookup.h"
#include "engine/policy_set.h"
#include "finding/finding.h"
#include "json/event.h"

namespace semper::engine {

/// One member of a finding's `context`.
struct ContextPart {
  std::uint32_t context = 0;           ///< index into the set's `contexts`
  std::vector<std::string_view> keys;  ///< asked for, each once
  std::string found;                   ///< {"key":…,"value":…},… as JSON
  std::string missing;                 ///< {"key":…,"state":…,"reason":…},… as JSON
  bool failed = false;                 ///< for some key nobody knows whether there is an object
  bool stale = false;
  std::chrono::seconds age{};  ///< of the oldest stale object
};

/// Collects keys, then asks each provider once for all of them.
class Enrichment {
 public:
  /// Forgets the keys of the batch before.
  void begin(const PolicySetState& set);
  /// Adds the keys of a query. `parts` are the finding's; keys that it has already are not asked
  /// for again. `arena` keeps texts for as long as the event is at hand.
  void add(const CompiledQuery& query, const json::ObjectView& processed, Arena& arena,
           std::vector<ContextPart>& parts, std::vector<finding::Note>& notes);
  /// Fills the parts to which keys were added; they must be where they were.
  void ask(const PolicySetState& set);

 private:
  struct Question {
    std::vector<ContextPart>* parts;
    std::size_t part;
    std::size_t answer;  ///< index in the lookup of its context
    std::string_view key;
  };

  void add_key(std::string_view key, Arena& arena, std::vector<ContextPart>& parts,
               std::size_t part, std::vector<finding::Note>& notes);
  void take(const Question& question, const context::Answer& answer);

  const PolicySetState* set_ = nullptr;
  std::vector<std::unique_ptr<context::Lookup>> lookups_;  ///< by provider of the set's contexts
  std::vector<std::size_t> lookup_of_;                     ///< by context
  std::vector<Question> questions_;
  json::EventDocument document_;
  std::string rendered_;
  std::string scratch_;
  std::vector<std::string_view> unanswered_;
};

/// Appends the object `context` of a record.
void append_context(std::string& out, const std::vector<ContextPart>& parts,
                    const PolicySetState& set);

}  // namespace semper::engine
