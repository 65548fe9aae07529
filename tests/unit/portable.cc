// In programs that semper_test_portable names: with SEMPER_TEST_PORTABLE set, the whole program
// reads events as on a processor without AVX2.
#include <doctest/doctest.h>

#include <cstdlib>

#include "json/tokens.h"

namespace {

bool is_portable() {
  return std::getenv("SEMPER_TEST_PORTABLE") != nullptr;
}

[[maybe_unused]] const bool is_set = [] {
  if (is_portable()) semper::json::never_find_tokens();
  return true;
}();

}  // namespace

TEST_CASE("the portable reader is the one that is tested") {
  if (is_portable()) CHECK_FALSE(semper::json::can_find_tokens());
}
