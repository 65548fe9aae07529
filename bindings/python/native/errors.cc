#include "errors.h"
#include "gil.h"

#include <string>

namespace semper_python {

namespace {

[[noreturn]] void raise_made(const nb::object& exception) {
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
  throw nb::python_error();
}

}  // namespace

Python& python() {
  static auto* kept = new Python;  // never freed: the interpreter may be gone before
  return *kept;
}

nb::object to_str(semper_string_view_t text) {
  PyObject* made = PyUnicode_DecodeUTF8(text.data != nullptr ? text.data : "",
                                        static_cast<Py_ssize_t>(text.size), "surrogateescape");
  if (made == nullptr) throw nb::python_error();
  return nb::steal(made);
}

nb::object to_bytes(semper_string_view_t text) {
  PyObject* made = PyBytes_FromStringAndSize(text.data, static_cast<Py_ssize_t>(text.size));
  if (made == nullptr) throw nb::python_error();
  return nb::steal(made);
}

nb::object to_str_or_none(semper_string_view_t text) {
  return text.size == 0 ? nb::none() : to_str(text);
}

nb::object to_diagnostic(const semper_diagnostic_t& diagnostic) {
  const char* severity = diagnostic.severity == SEMPER_SEVERITY_WARNING ? "warning" : "error";
  return call_python(python().make_diagnostic, severity, to_str(diagnostic.code),
                     to_str(diagnostic.file), to_str(diagnostic.pointer),
                     to_str(diagnostic.message), diagnostic.offset, diagnostic.line,
                     diagnostic.column);
}

void raise(semper_error_t* error) {
  struct Freed {
    semper_error_t* error;
    ~Freed() { semper_error_free(error); }
  } freed{error};
  nb::list diagnostics;
  for (size_t i = 0; i < semper_error_diagnostic_count(error); ++i) {
    semper_diagnostic_t diagnostic = SEMPER_DIAGNOSTIC_INIT;
    semper_error_diagnostic(error, i, &diagnostic, nullptr);
    diagnostics.append(to_diagnostic(diagnostic));
  }
  // Where no memory was left for the error, it is NULL.
  int32_t status = error != nullptr ? semper_error_status(error) : SEMPER_OUT_OF_MEMORY;
  raise_made(call_python(python().make_error, to_str(semper_status_name(status)),
                         to_str(semper_error_message(error)), nb::tuple(diagnostics)));
}

void raise_kept(PyObject* exception, semper_error_t* error) {
  semper_error_free(error);
  raise_made(nb::steal(exception));
}

void raise_busy(const char* what) {
  std::string message = std::string("a call that uses the same ") + what +
                        " is still running; use one per thread, and none in a provider";
  raise_made(call_python(python().make_error, to_str(semper_status_name(SEMPER_BUSY)),
                         to_str(view(message)), nb::tuple()));
}

void raise_value_error(const char* message) {
  PyErr_SetString(PyExc_ValueError, message);
  throw nb::python_error();
}

}  // namespace semper_python
