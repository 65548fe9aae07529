/// What a string must hold to match at all: a cheap question before the true one.
#pragma once

#include <string>
#include <string_view>

namespace semper::pattern {

struct RequiredLiteral {
  std::string text;       ///< empty: nothing is required
  bool at_start = false;  ///< the value starts with it; else it holds it anywhere
};

/// For a regular expression anchored at the start. Conservative: what is not understood requires
/// nothing.
RequiredLiteral required_literal(std::string_view regex);

}  // namespace semper::pattern
