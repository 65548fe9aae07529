#pragma once

#include <string>

namespace semper::cli {

/// Where data that comes with the command lies: `share/semper` beside the folder of the command,
/// else where it was to be installed.
std::string share_folder();

}  // namespace semper::cli
