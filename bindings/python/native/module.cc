/// The extension module semper._semper: thin classes over semper.h, which the Python files of the
/// package finish. Nothing here is public.
#include <dlfcn.h>
#include <nanobind/nanobind.h>
#include <semper/debug.h>
#include <semper/semper.h>

#include <string>

#include "compiler.h"
#include "errors.h"
#include "evaluator.h"
#include "gil.h"
#include "pattern.h"
#include "provider.h"
#include "result.h"

namespace semper_python {
namespace {

std::string version_text(std::uint32_t version) {
  return std::to_string(version >> 16) + "." + std::to_string(version & 0xffff);
}

/// The library may be another one than the package was built with: one in LD_LIBRARY_PATH, or one
/// that the program had loaded before.
void check_version() {
  std::uint32_t library = semper_abi_version();
  if (library >> 16 == SEMPER_ABI_MAJOR && library >= SEMPER_ABI_VERSION) return;
  Dl_info info{};
  const char* path = "libsemper.so";
  if (dladdr(reinterpret_cast<void*>(&semper_abi_version), &info) != 0) path = info.dli_fname;
  std::string message = "the package semper was built for version " +
                        version_text(SEMPER_ABI_VERSION) + " of Semper's C ABI, but " + path +
                        " has version " + version_text(library) +
                        "; take that library out of the way (LD_LIBRARY_PATH, LD_PRELOAD), or "
                        "build the package anew with it";
  PyErr_SetString(PyExc_ImportError, message.c_str());
  throw nb::python_error();
}

}  // namespace
}  // namespace semper_python

NB_MODULE(_semper, module) {
  using namespace semper_python;
  // The library prints nothing, so its binding does not either.
  nb::set_leak_warnings(false);
  module.def("set_leak_warnings", [](bool on) { nb::set_leak_warnings(on); });
  module.def("live_handles", &semper_debug_live_handles);
  module.def("library_version", [] { return to_str(semper_version()); });
  module.def("check_version", &check_version);
  module.def("abi_version", &semper_abi_version);
  module.def("before_fork", &before_fork);
  module.def("after_fork_in_parent", &after_fork_in_parent);
  module.def("after_fork_in_child", &after_fork_in_child);
  module.def(
      "configure",
      [](nb::object make_error, nb::object make_diagnostic, nb::object make_hit,
         nb::object make_policy, nb::object make_counters, nb::object make_route,
         nb::object make_provider_counters, nb::object dumps, nb::object loads) {
        python() = Python{make_error, make_diagnostic,        make_hit, make_policy, make_counters,
                          make_route, make_provider_counters, dumps,    loads};
      },
      nb::arg("make_error"), nb::arg("make_diagnostic"), nb::arg("make_hit"),
      nb::arg("make_policy"), nb::arg("make_counters"), nb::arg("make_route"),
      nb::arg("make_provider_counters"), nb::arg("dumps"), nb::arg("loads"));
  define_providers(module);
  define_result(module);
  define_compiler(module);
  define_evaluator(module);
  define_patterns(module);
}
