#include "input.h"

#include "errors.h"
#include "gil.h"

namespace semper_python {
namespace {

semper_string_view_t bytes_view(PyObject* bytes) {
  return {PyBytes_AS_STRING(bytes), static_cast<size_t>(PyBytes_GET_SIZE(bytes))};
}

}  // namespace

Input::Input(nb::handle argument) {
  PyObject* object = argument.ptr();
  if (PyBytes_Check(object)) {
    view_ = bytes_view(object);
    return;
  }
  PyObject* made = nullptr;
  if (PyUnicode_Check(object)) {
    Py_ssize_t size = 0;
    if (const char* text = PyUnicode_AsUTF8AndSize(object, &size)) {
      view_ = {text, static_cast<size_t>(size)};
      return;
    }
    // Lone surrogates: no UTF-8, so the event comes out as invalid, which is better than a lost
    // one.
    PyErr_Clear();
    made = PyUnicode_AsEncodedString(object, "utf-8", "surrogatepass");
  } else if (PyObject_CheckBuffer(object)) {
    made = PyBytes_FromObject(object);
  } else if (PyMapping_Check(object) || PySequence_Check(object)) {
    owner_ = call_python(python().dumps, argument);
    view_ = bytes_view(owner_.ptr());
    return;
  } else {
    PyErr_Format(PyExc_TypeError,
                 "JSON text as bytes or str, a dict or a list is wanted, not %.200s",
                 Py_TYPE(object)->tp_name);
  }
  if (made == nullptr) throw nb::python_error();
  owner_ = nb::steal(made);
  view_ = bytes_view(made);
}

Inputs::Inputs(nb::handle iterable) {
  PyObject* object = iterable.ptr();
  if (PyBytes_Check(object) || PyUnicode_Check(object) || PyDict_Check(object)) {
    PyErr_Format(PyExc_TypeError,
                 "several JSON texts are wanted, not one %.200s; put it into a list",
                 Py_TYPE(object)->tp_name);
    throw nb::python_error();
  }
  PyObject* list = nullptr;
  bear_interpreter_end([&] { list = PySequence_List(object); });
  if (list == nullptr) throw nb::python_error();
  list_ = nb::steal(list);
  Py_ssize_t size = PyList_GET_SIZE(list);
  views_.reserve(static_cast<size_t>(size));
  for (Py_ssize_t i = 0; i < size; ++i) {
    Input input(PyList_GET_ITEM(list, i));
    views_.push_back(input.view());
    if (input.owner().is_valid()) owners_.push_back(input.owner());
  }
}

}  // namespace semper_python
