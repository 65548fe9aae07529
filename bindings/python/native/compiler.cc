#include "compiler.h"

#include <nanobind/stl/vector.h>

#include "errors.h"
#include "gil.h"
#include "input.h"
#include "provider.h"

namespace semper_python {
namespace {

/// Fills fields of a struct that lie one after another.
void fill(std::uint64_t* fields, size_t count, const std::vector<std::uint64_t>& values) {
  if (values.size() != count) raise_value_error("a wrong number of options");
  for (size_t i = 0; i < count; ++i) fields[i] = values[i];
}

class Options {
 public:
  explicit Options(nb::handle values) {
    if (values.is_none()) return;
    fill(&options_.cache_bytes, 8, nb::cast<std::vector<std::uint64_t>>(values));
    given_ = &options_;
  }
  const semper_provider_options_t* get() const { return given_; }

 private:
  semper_provider_options_t options_ = SEMPER_PROVIDER_OPTIONS_INIT;
  semper_provider_options_t* given_ = nullptr;
};

}  // namespace

Compiler::Compiler(const std::vector<std::uint64_t>& limits, nb::handle regions) {
  semper_limits_t filled = SEMPER_LIMITS_INIT;
  fill(&filled.event_bytes, 11, limits);
  Inputs names(regions);
  semper_error_t* error = nullptr;
  check(semper_compiler_create(&handle_, &error), error);
  int32_t status = semper_compiler_set_limits(handle_, &filled, &error);
  if (status == SEMPER_OK) {
    status = semper_compiler_set_default_regions(handle_, names.data(), names.size(), &error);
  }
  if (status != SEMPER_OK) {
    close();
    raise(error);
  }
}

template <class Call>
void Compiler::alone(Call call) {
  born_.check();
  if (handle_ == nullptr) raise_value_error("the compiler is closed");
  if (is_busy_) raise_busy("compiler");
  is_busy_ = true;
  semper_error_t* error = nullptr;
  int32_t status = SEMPER_OK;
  PyObject* raised = nullptr;
  {
    Unlocked unlocked;
    status = call(&error);
    raised = unlocked.take_kept();
  }
  is_busy_ = false;
  if (is_closing_) close();
  if (raised != nullptr) raise_kept(raised, error);
  check(status, error);
}

void Compiler::add_repository(nb::handle directory) {
  Input path(directory);
  alone([&](semper_error_t** error) {
    return semper_compiler_add_repository(handle_, path.view(), error);
  });
}

void Compiler::add_policy(nb::handle id, nb::handle json) {
  Input name(id);
  Input text(json);
  alone([&](semper_error_t** error) {
    return semper_compiler_add_policy(handle_, name.view(), text.view(), error);
  });
}

void Compiler::add_provider(nb::handle name, nb::handle_t<ProviderHolder> holder,
                            std::int32_t key_kind, nb::handle options) {
  Input text(name);
  Options filled(options);
  alone([&](semper_error_t** error) {
    semper_provider_t provider = SEMPER_PROVIDER_INIT;
    provider.key_kind = key_kind;
    provider.name = text.view();
    nb::inst_ptr<ProviderHolder>(holder)->describe(provider);
    return semper_compiler_add_provider(handle_, &provider, filled.get(), error);
  });
  providers_.append(holder);
}

void Compiler::add_builtin_provider(nb::handle name, nb::handle specification, nb::handle options) {
  Input text(name);
  Input spec(specification);
  Options filled(options);
  alone([&](semper_error_t** error) {
    return semper_compiler_add_builtin_provider(handle_, text.view(), spec.view(), filled.get(),
                                                error);
  });
}

nb::list Compiler::diagnostics() {
  if (handle_ == nullptr) raise_value_error("the compiler is closed");
  if (is_busy_) raise_busy("compiler");
  nb::list diagnostics;
  for (size_t i = 0; i < semper_compiler_diagnostic_count(handle_); ++i) {
    semper_diagnostic_t diagnostic = SEMPER_DIAGNOSTIC_INIT;
    semper_error_t* error = nullptr;
    check(semper_compiler_diagnostic(handle_, i, &diagnostic, &error), error);
    diagnostics.append(to_diagnostic(diagnostic));
  }
  return diagnostics;
}

semper_policy_set_t* Compiler::compile() {
  semper_policy_set_t* policies = nullptr;
  alone([&](semper_error_t** error) { return semper_compiler_compile(handle_, &policies, error); });
  return policies;
}

namespace {

/// What a plan calls back into.
struct PlanSink {
  nb::object write, warn;

  /// Runs `call` with the interpreter's lock; false where it raised, which is kept.
  template <class Call>
  static bool locked(Call call) {
    Unlocked* unlocked = Unlocked::current();
    bool is_well = true;
    bear_interpreter_end([&] {
      Relocked lock(*unlocked);
      try {
        call();
      } catch (nb::python_error& error) {
        unlocked->keep(Py_NewRef(error.value().ptr()));
        is_well = false;
      }
    });
    return is_well;
  }
  static int32_t take(void* state, semper_string_view_t path, semper_string_view_t bytes) {
    auto* sink = static_cast<PlanSink*>(state);
    return locked([&] { call_python(sink->write, to_str(path), to_bytes(bytes)); }) ? 0 : 1;
  }
  static void take_warning(void* state, const semper_diagnostic_t* warning) {
    auto* sink = static_cast<PlanSink*>(state);
    locked([&] { call_python(sink->warn, to_diagnostic(*warning)); });
  }
};

}  // namespace

void Compiler::plan(std::int32_t format, nb::handle accounts, nb::handle account_ids,
                    nb::handle control_ids, nb::handle old_plan, nb::object write,
                    nb::object warn) {
  Input contexts(accounts);
  Inputs ids(account_ids);
  Input controls(control_ids);
  Input old(old_plan);
  PlanSink sink{std::move(write), std::move(warn)};
  semper_plan_options_t options = SEMPER_PLAN_OPTIONS_INIT;
  options.format = format;
  options.accounts = contexts.view();
  options.account_ids = ids.data();
  options.account_id_count = ids.size();
  options.control_ids = controls.view();
  options.old_plan = old.view();
  options.write = &PlanSink::take;
  options.warn = &PlanSink::take_warning;
  options.state = &sink;
  alone([&](semper_error_t** error) { return semper_compiler_plan(handle_, &options, error); });
}

void Compiler::close() {
  if (is_busy_) {
    is_closing_ = true;
    return;
  }
  semper_compiler_free(handle_);
  handle_ = nullptr;
}

PolicySet::PolicySet(nb::handle source) {
  if (nb::isinstance<Compiler>(source)) {
    auto* compiler = nb::inst_ptr<Compiler>(source);
    providers_ = compiler->providers();
    handle_ = compiler->compile();
  } else if (nb::isinstance<PolicySet>(source)) {
    auto* other = nb::inst_ptr<PolicySet>(source);
    providers_ = other->providers_;
    handle_ = semper_policy_set_retain(other->handle());
  } else {
    PyErr_SetString(PyExc_TypeError, "a Compiler or a PolicySet is wanted");
    throw nb::python_error();
  }
}

semper_policy_set_t* PolicySet::handle() const {
  born().check();
  if (handle_ == nullptr) raise_value_error("the policy set is closed");
  return handle_;
}

nb::object PolicySet::policy(size_t index) const {
  semper_policy_t policy = SEMPER_POLICY_INIT;
  semper_error_t* error = nullptr;
  check(semper_policy_set_describe(handle(), index, &policy, &error), error);
  return call_python(python().make_policy, to_str(policy.id), to_str(policy.kind),
                     to_str_or_none(policy.title), to_str_or_none(policy.reason),
                     to_str_or_none(policy.ticket), to_str(policy.file), to_str(policy.hash),
                     policy.valid_from, policy.expires_at,
                     (policy.flags & SEMPER_POLICY_OBSERVES) != 0);
}

nb::list PolicySet::provider_counters() const {
  nb::list all;
  for (size_t i = 0; i < semper_policy_set_provider_count(handle()); ++i) {
    semper_provider_counters_t counters = SEMPER_PROVIDER_COUNTERS_INIT;
    semper_error_t* error = nullptr;
    check(semper_policy_set_provider_counters(handle(), i, &counters, &error), error);
    nb::list latency;
    for (std::uint64_t count : counters.latency) latency.append(count);
    all.append(call_python(python().make_provider_counters, to_str(counters.name), counters.asked,
                           counters.found, counters.stale, counters.absent, counters.failed,
                           counters.cached, counters.shared, counters.rejected, counters.calls,
                           counters.failed_calls, counters.late_calls, counters.breaker_opened,
                           counters.cache_entries, counters.cache_bytes, counters.evictions,
                           nb::tuple(latency)));
  }
  return all;
}

void PolicySet::close() {
  close_lanes();
  semper_policy_set_free(handle_);
  handle_ = nullptr;
}

std::unique_ptr<Lane> PolicySet::make_lane() {
  return std::make_unique<Lane>(handle(), nullptr, EvaluatorOptions());
}

void define_compiler(nb::module_& module) {
  nb::class_<Compiler>(module, "Compiler", nb::type_slots(garbage_slots<Compiler>()))
      .def(nb::init<const std::vector<std::uint64_t>&, nb::handle>(), nb::arg("limits"),
           nb::arg("regions"))
      .def("_add_repository", &Compiler::add_repository)
      .def("_add_policy", &Compiler::add_policy)
      .def("_add_provider", &Compiler::add_provider, nb::arg("name"), nb::arg("holder"),
           nb::arg("key_kind"), nb::arg("options").none())
      .def("_add_builtin_provider", &Compiler::add_builtin_provider, nb::arg("name"),
           nb::arg("specification"), nb::arg("options").none())
      .def("_plan", &Compiler::plan)
      .def("_diagnostics", &Compiler::diagnostics)
      .def_prop_ro("closed", &Compiler::is_closed, kClosedDoc)
      .def("close", &Compiler::close, kCloseDoc);

  nb::class_<PolicySet>(module, "PolicySet", nb::type_slots(garbage_slots<PolicySet>()))
      .def(nb::init<nb::handle>(), nb::arg("source"))
      .def("__len__", &PolicySet::size)
      .def("_policy", &PolicySet::policy)
      .def_prop_ro("provider_counters", &PolicySet::provider_counters,
                   "What each provider has done since it was added, sorted by name.")
      .def_prop_ro(
          "fingerprint", &PolicySet::fingerprint,
          "Names the generation: a hash over all policies and options, 32 hex digits, which each "
          "record carries.")
      .def(
          "evaluate",
          [](nb::handle_t<PolicySet> self, nb::handle event) {
            return nb::inst_ptr<PolicySet>(self)->evaluate(self, Task::one(event));
          },
          nb::arg("event"), kEvaluateDoc)
      .def(
          "evaluate_batch",
          [](nb::handle_t<PolicySet> self, nb::handle events) {
            return nb::inst_ptr<PolicySet>(self)->evaluate(self, Task::batch(events));
          },
          nb::arg("events"), kBatchDoc)
      .def(
          "evaluate_ndjson",
          [](nb::handle_t<PolicySet> self, nb::handle lines) {
            return nb::inst_ptr<PolicySet>(self)->evaluate(self, Task::ndjson(lines));
          },
          nb::arg("lines"), kNdjsonDoc)
      .def_prop_ro("closed", &PolicySet::is_closed, kClosedDoc)
      .def("close", &PolicySet::close, kCloseDoc);
}

}  // namespace semper_python
