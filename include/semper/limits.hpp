/// All budgets of the library.
#pragma once

#include <cstddef>
#include <cstdint>

namespace semper {

/// Every one has a default here and is documented in docs/limits.md.
struct Limits {
  std::size_t event_bytes = std::size_t{16} << 20;  ///< one event; larger ones are `invalid`
  std::size_t event_depth = 1024;                   ///< nested containers of an event
  std::size_t event_findings = 100'000;             ///< findings of one event; else it stays one
  std::size_t policy_bytes = std::size_t{1} << 20;  ///< one policy file, one pattern
  std::size_t pattern_depth = 128;                  ///< nested containers of a policy or pattern
  std::size_t branch_fields = 256;                  ///< fields of one branch of a pattern
  std::size_t branches = 1000;                      ///< branches after $or expansion
  std::size_t wildcard_stars = 64;                  ///< stars of one wildcard
  std::size_t regex_bytes = 4096;                   ///< text of one regular expression
  std::size_t combinator_depth = 16;                ///< nested not / and / or
  std::size_t number_bytes = 1024;                  ///< digits of a number literal
  std::int64_t number_exponent = 1'000'000;         ///< written exponent of a number literal
  std::size_t accounts = 100'000;                   ///< accounts an evaluator remembers
  std::size_t context_keys = 64;                    ///< keys of one finding, by member of `context`

  // Of providers, which outlive a policy set: constants.
  static constexpr std::size_t answer_bytes = std::size_t{1} << 20;  ///< one answer of a provider
  static constexpr std::size_t provider_file_bytes = std::size_t{1} << 30;  ///< file of `file`
};

}  // namespace semper
