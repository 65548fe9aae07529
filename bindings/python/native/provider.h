/// Providers that are written in Python.
#pragma once

#include <nanobind/nanobind.h>
#include <semper/semper.h>

#include <memory>

#include "garbage.h"

namespace semper_python {

namespace nb = nanobind;

/// What the library knows of a provider. It holds no reference to a Python object, because Python's
/// garbage collector could not see it: the compilers and policy sets of the provider do.
struct ProviderState {
  PyObject* answer = nullptr;  // guarded by the interpreter's lock; nullptr when its holder is gone
};

/// Holds the function that answers: (keys, seconds that remain or None) → a list with, for each
/// key, bytes (a JSON object), None (absent) or str (why it failed).
class ProviderHolder {
 public:
  explicit ProviderHolder(nb::object answer);
  ~ProviderHolder() { clear(); }
  ProviderHolder(const ProviderHolder&) = delete;
  ProviderHolder& operator=(const ProviderHolder&) = delete;

  /// Fills in lookup, state and destroy.
  void describe(semper_provider_t& provider) const;

  int traverse(visitproc visit, void* arg) { return visit_object(answer_, visit, arg); }
  void clear() {
    state_->answer = nullptr;
    answer_.reset();
  }

 private:
  nb::object answer_;
  std::shared_ptr<ProviderState> state_;
};

void define_providers(nb::module_& module);

}  // namespace semper_python
