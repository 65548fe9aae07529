/// What a compiler has collected.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/policy_set.h"
#include "policy/policy.h"
#include "policy/repository.h"

namespace semper::engine {

struct CompilerState {
  Limits limits;
  policy::Policies policies;
  std::vector<Diagnostic> load_diagnostics;
  std::vector<Diagnostic> diagnostics;  ///< load_diagnostics and those of the last compile, sorted
  bool has_compiled = false;            ///< since policies were added
  policy::PolicyMemory memory;          ///< for loading
  std::vector<std::string> default_regions;
  Providers providers;

  /// After policies were loaded: those of `load_diagnostics` from `first` on are new.
  void add_diagnostics(std::size_t first) {
    if (std::exchange(has_compiled, false)) {
      diagnostics = load_diagnostics;
    } else {
      diagnostics.insert(diagnostics.end(),
                         load_diagnostics.begin() + static_cast<std::ptrdiff_t>(first),
                         load_diagnostics.end());
    }
  }
};

}  // namespace semper::engine
