/// Patterns and scopes by themselves.
#pragma once

#include <nanobind/nanobind.h>

namespace semper_python {

void define_patterns(nanobind::module_& module);

}  // namespace semper_python
