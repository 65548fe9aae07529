/// Failures of the library as exceptions, and the few Python objects that the module needs.
#pragma once

#include <nanobind/nanobind.h>
#include <semper/semper.h>

#include <string_view>

namespace semper_python {

namespace nb = nanobind;

/// What semper/__init__.py hands over when it is imported. Kept for ever.
struct Python {
  nb::object make_error;              ///< (status name, message, diagnostics) → exception
  nb::object make_diagnostic;         ///< the class Diagnostic
  nb::object make_hit;                ///< the class Hit
  nb::object make_policy;             ///< the class Policy
  nb::object make_counters;           ///< the class Counters
  nb::object make_route;              ///< (kind, target as text, record) → Route
  nb::object make_provider_counters;  ///< the class ProviderCounters
  nb::object dumps;                   ///< an object as JSON text, bytes
  nb::object loads;                   ///< the reverse
};
Python& python();

/// Raises the error, which it frees.
[[noreturn]] void raise(semper_error_t* error);
[[noreturn]] void raise_value_error(const char* message);
/// Raises what a callback raised, which it takes, instead of the error, which it frees.
[[noreturn]] void raise_kept(PyObject* exception, semper_error_t* error);
/// `what` is in use by a call that still runs.
[[noreturn]] void raise_busy(const char* what);

/// Raises unless the call of the library succeeded.
/// By reference: the call that fills it stands in the same list of arguments.
inline void check(int32_t status, semper_error_t*& error) {
  if (status != SEMPER_OK) raise(error);
}

/// Text of the library; what is no UTF-8 (a file name) comes as Python's surrogate escapes.
nb::object to_str(semper_string_view_t text);
nb::object to_bytes(semper_string_view_t text);
/// None where it is empty.
nb::object to_str_or_none(semper_string_view_t text);
nb::object to_diagnostic(const semper_diagnostic_t& diagnostic);

inline semper_string_view_t view(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace semper_python
