#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace semper::cli {

/// "a,b" gives a and b; empty parts are left out, blanks around them too.
std::vector<std::string> split_list(std::string_view text);

}  // namespace semper::cli
