// Patterns, scopes and events from a generator that the input steers: the program must say what
// the oracle says.
#include <string>
#include <vector>

#include "fuzz/fuzz.h"
#include "oracle/judge.h"
#include "oracle/wild_generator.h"

using namespace semper;
using namespace semper::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  oracle::Choices choices(text_of(data, size));
  oracle::WildGenerator generator(choices, 1 + choices.below(4), 1 + choices.below(6));
  bool is_scope = choices.chance(25);
  std::vector<oracle::Subject> subjects;
  std::vector<std::string> scopes;
  std::vector<std::string> events;
  if (is_scope) generator.use_account_id();
  for (std::size_t i = 1 + choices.below(6); i > 0; --i) {
    if (is_scope) {
      scopes.push_back(generator.scope());
    } else {
      subjects.push_back(generator.pattern());
    }
  }
  for (std::size_t i = 1 + choices.below(4); i > 0; --i) events.push_back(generator.event());
  oracle::Tally tally;
  std::string difference = is_scope
                               ? oracle::judge_scopes(scopes, events, {"", generator.text()}, tally)
                               : oracle::judge(subjects, events, tally);
  require(difference.empty(), difference);
  return 0;
}
