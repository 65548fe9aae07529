#pragma once

#include <string>

namespace semper {

/// The folder of the checkout that the test was built from.
std::string source_dir();

}  // namespace semper
