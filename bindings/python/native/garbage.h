/// Lets Python's garbage collector see the Python objects that instances hold: cycles through
/// providers ("the host holds the policies, they hold the host's method") are collected.
#pragma once

#include <nanobind/nanobind.h>

namespace semper_python {

namespace nb = nanobind;

inline int visit_object(const nb::object& object, visitproc visit, void* arg) {
  return object.is_valid() ? visit(object.ptr(), arg) : 0;
}

template <class T>
int traverse_instance(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  return nb::inst_ready(self) ? nb::inst_ptr<T>(self)->traverse(visit, arg) : 0;
}

template <class T>
int clear_instance(PyObject* self) {
  if (nb::inst_ready(self)) nb::inst_ptr<T>(self)->clear();
  return 0;
}

/// For nb::type_slots; T has traverse(visit, arg) and clear().
template <class T>
PyType_Slot* garbage_slots() {
  static PyType_Slot slots[] = {
      {Py_tp_traverse, reinterpret_cast<void*>(&traverse_instance<T>)},
      {Py_tp_clear, reinterpret_cast<void*>(&clear_instance<T>)},
      {0, nullptr},
  };
  return slots;
}

}  // namespace semper_python
