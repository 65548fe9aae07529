#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "unit/source_dir.h"

namespace semper {

std::string source_dir() {
  return SEMPER_SOURCE_DIR;
}

}  // namespace semper
