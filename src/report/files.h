#pragma once

#include <string>

#include "semper/status.hpp"

namespace semper::report {

/// The whole of a file. kIo, with its name.
Result<std::string> read_file(const std::string& path);

}  // namespace semper::report
