/// What a look-up in a table with linear probing costs at most.
#pragma once

#include <algorithm>
#include <cstddef>

namespace semper::pattern {

/// The slots looked at by the worst look-up of all, whatever is looked up: the longest run of used
/// slots, around the end too, and the free one behind it.
template <class IsUsed>
std::size_t worst_probes(std::size_t slots, IsUsed is_used) {
  std::size_t worst = 0;
  std::size_t run = 0;
  for (std::size_t i = 0; i < 2 * slots; ++i) {
    run = is_used(i % slots) ? run + 1 : 0;
    worst = std::max(worst, std::min(run, slots));
  }
  return worst + 1;
}

}  // namespace semper::pattern
