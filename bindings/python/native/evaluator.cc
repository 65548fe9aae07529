#include "evaluator.h"

#include <string_view>

#include "compiler.h"

namespace semper_python {

int32_t Task::run(semper_evaluator_t* evaluator, semper_result_t* result,
                  semper_error_t** error) const {
  switch (kind_) {
    case Kind::kOne:
      return semper_evaluate(evaluator, input_.view(), result, error);
    case Kind::kLines:
      return semper_evaluate_ndjson(evaluator, input_.view(), result, error);
    case Kind::kBatch:
      break;
  }
  return semper_evaluate_batch(evaluator, inputs_.data(), inputs_.size(), result, error);
}

Lane::Lane(const semper_policy_set_t* policies, const semper_slot_t* slot,
           EvaluatorOptions options) {
  semper_evaluator_options_t filled = SEMPER_EVALUATOR_OPTIONS_INIT;
  filled.format = options.format;
  filled.flags = options.flags;
  if (options.has_clock) {
    clock_ = new Clock;
    filled.state = clock_;
    filled.now = [](void* state) { return static_cast<Clock*>(state)->now; };
    filled.destroy = [](void* state) { delete static_cast<Clock*>(state); };
  }
  semper_error_t* error = nullptr;
  int32_t status = slot != nullptr
                       ? semper_evaluator_create_for_slot(slot, &filled, &handle_, &error)
                       : semper_evaluator_create(policies, &filled, &handle_, &error);
  check(status, error);
}

Lane::~Lane() {
  semper_evaluator_free(handle_);
}

semper_result_t* Lane::run(const Task& task, ResultPool& pool) {
  semper_result_t* result = pool.take();
  semper_error_t* error = nullptr;
  int32_t status = SEMPER_OK;
  PyObject* raised = nullptr;
  {
    Unlocked unlocked;
    status = task.run(handle_, result, &error);
    raised = unlocked.take_kept();
  }
  if (status == SEMPER_OK && raised == nullptr) return result;
  pool.give_back(result);
  if (raised != nullptr) raise_kept(raised, error);
  raise(error);
}

semper_result_t* Lanes::run(const Task& task) {
  std::unique_ptr<Lane> lane;
  if (idle_.empty()) {
    lane = make_lane();
  } else {
    lane = std::move(idle_.back());
    idle_.pop_back();
  }
  struct Return {
    Lanes& lanes;
    std::unique_ptr<Lane>& lane;
    ~Return() {
      if (!lanes.is_closed_) lanes.idle_.push_back(std::move(lane));
    }
  } give_back{*this, lane};
  return lane->run(task, *results_);
}

nb::object Lanes::evaluate(nb::handle policies, const Task& task) {
  born_.check();
  if (is_closed_) raise_value_error("the policy set is closed");
  return make_result(results_, run(task), nb::borrow(policies));
}

void Lanes::close_lanes() {
  is_closed_ = true;
  idle_.clear();
  results_->close();
}

Slot::Slot(nb::handle_t<PolicySet> policies) : current_(nb::borrow(policies)) {
  semper_error_t* error = nullptr;
  check(semper_slot_create(nb::inst_ptr<PolicySet>(policies)->handle(), &handle_, &error), error);
}

semper_slot_t* Slot::handle() const {
  born().check();
  if (handle_ == nullptr) raise_value_error("the slot is closed");
  return handle_;
}

void Slot::replace(nb::handle_t<PolicySet> policies) {
  semper_error_t* error = nullptr;
  check(semper_slot_replace(handle(), nb::inst_ptr<PolicySet>(policies)->handle(), &error), error);
  nb::object before = std::move(current_);
  current_ = nb::borrow(policies);
  if (uses_ > 0) replaced_.push_back(before);
}

nb::object Slot::evaluate(const Task& task) {
  handle();
  Use use(*this);
  semper_result_t* result = run(task);
  return make_result(results(), result, decided(result));
}

nb::object Slot::decided(const semper_result_t* result) const {
  if (replaced_.empty()) return current_;
  semper_policy_set_t* policies = nullptr;
  if (semper_result_policy_set(result, &policies, nullptr) != SEMPER_OK) return current_;
  auto text = [](const semper_policy_set_t* set) {
    semper_string_view_t fingerprint = semper_policy_set_fingerprint(set);
    return std::string_view(fingerprint.data, fingerprint.size);
  };
  nb::object found = current_;
  auto is_it = [&](const nb::object& candidate) {
    auto* set = nb::inst_ptr<PolicySet>(candidate);
    return !set->is_closed() && text(set->handle()) == text(policies);
  };
  if (!is_it(current_)) {
    for (size_t i = replaced_.size(); i-- > 0;) {
      if (!is_it(replaced_[i])) continue;
      found = replaced_[i];
      break;
    }
  }
  semper_policy_set_free(policies);
  return found;
}

void Slot::close() {
  close_lanes();
  semper_slot_free(handle_);
  handle_ = nullptr;
}

int Slot::traverse(visitproc visit, void* arg) {
  for (const nb::object& policies : replaced_) Py_VISIT(policies.ptr());
  return visit_object(current_, visit, arg);
}

void Slot::clear() {
  close();
  current_.reset();
}

std::unique_ptr<Lane> Slot::make_lane() {
  return std::make_unique<Lane>(nullptr, handle(), EvaluatorOptions());
}

Evaluator::Evaluator(nb::handle source, std::int32_t format, nb::object now, std::uint64_t flags)
    : source_(nb::borrow(source)) {
  EvaluatorOptions options;
  options.format = format;
  options.flags = flags;
  options.has_clock = !now.is_none();
  if (options.has_clock) now_ = std::move(now);
  if (nb::isinstance<PolicySet>(source)) {
    lane_ = std::make_unique<Lane>(nb::inst_ptr<PolicySet>(source)->handle(), nullptr, options);
  } else if (nb::isinstance<Slot>(source)) {
    slot_ = nb::inst_ptr<Slot>(source);
    lane_ = std::make_unique<Lane>(nullptr, slot_->handle(), options);
  } else {
    PyErr_SetString(PyExc_TypeError, "a PolicySet or a Slot is wanted");
    throw nb::python_error();
  }
}

Lane& Evaluator::lane() const {
  born_.check();
  if (is_closed()) raise_value_error("the evaluator is closed");
  if (is_busy_) raise_busy("evaluator");
  return *lane_;
}

nb::object Evaluator::evaluate(const Task& task) {
  if (now_.is_valid()) {
    auto seconds = nb::cast<std::int64_t>(call_python(now_));
    lane().set_now(seconds);
  }
  Lane& own = lane();
  struct Busy {
    Evaluator& evaluator;
    explicit Busy(Evaluator& it) : evaluator(it) { it.is_busy_ = true; }
    ~Busy() {
      evaluator.is_busy_ = false;
      if (evaluator.is_closing_) evaluator.close();
    }
  } busy(*this);
  if (slot_ == nullptr) return make_result(results_, own.run(task, *results_), source_);
  Slot::Use use(*slot_);
  semper_result_t* result = own.run(task, *results_);
  return make_result(results_, result, slot_->decided(result));
}

void Evaluator::replace(nb::handle_t<PolicySet> policies) {
  semper_error_t* error = nullptr;
  semper_policy_set_t* set = nb::inst_ptr<PolicySet>(policies)->handle();
  check(semper_evaluator_replace(lane().handle(), set, &error), error);
  slot_ = nullptr;
  source_ = nb::borrow(policies);
}

nb::object Evaluator::counters() const {
  semper_counters_t counters = SEMPER_COUNTERS_INIT;
  semper_error_t* error = nullptr;
  check(semper_evaluator_counters(lane().handle(), &counters, &error), error);
  return call_python(python().make_counters, counters.in, counters.relevant, counters.dropped,
                     counters.no_finding, counters.invalid);
}

std::uint64_t Evaluator::policy_hits(size_t policy) const {
  std::uint64_t hits = 0;
  semper_error_t* error = nullptr;
  check(semper_evaluator_policy_hits(lane().handle(), policy, &hits, &error), error);
  return hits;
}

nb::object Evaluator::policies() const {
  return slot_ != nullptr ? slot_->policies() : source_;
}

void Evaluator::close() {
  if (is_busy_) {
    is_closing_ = true;
    return;
  }
  lane_.reset();
  results_->close();
}

int Evaluator::traverse(visitproc visit, void* arg) {
  if (int stop = visit_object(now_, visit, arg)) return stop;
  return visit_object(source_, visit, arg);
}

void Evaluator::clear() {
  close();
  slot_ = nullptr;
  source_.reset();
  now_.reset();
}

void define_evaluator(nb::module_& module) {
  nb::class_<Slot>(module, "Slot", nb::type_slots(garbage_slots<Slot>()))
      .def(nb::init<nb::handle_t<PolicySet>>(), nb::arg("policies"))
      .def("replace", &Slot::replace, nb::arg("policies"),
           "From now on, calls that begin are decided by these policies.")
      .def_prop_ro("policies", &Slot::policies, "What is in the slot.")
      .def(
          "evaluate", [](Slot& self, nb::handle event) { return self.evaluate(Task::one(event)); },
          nb::arg("event"), kEvaluateDoc)
      .def(
          "evaluate_batch",
          [](Slot& self, nb::handle events) { return self.evaluate(Task::batch(events)); },
          nb::arg("events"), kBatchDoc)
      .def(
          "evaluate_ndjson",
          [](Slot& self, nb::handle lines) { return self.evaluate(Task::ndjson(lines)); },
          nb::arg("lines"), kNdjsonDoc)
      .def_prop_ro("closed", &Slot::is_closed, kClosedDoc)
      .def("close", &Slot::close, kCloseDoc);

  nb::class_<Evaluator>(module, "Evaluator", nb::type_slots(garbage_slots<Evaluator>()))
      .def(nb::init<nb::handle, std::int32_t, nb::object, std::uint64_t>(), nb::arg("source"),
           nb::arg("format"), nb::arg("now").none(), nb::arg("flags"))
      .def(
          "evaluate",
          [](Evaluator& self, nb::handle event) { return self.evaluate(Task::one(event)); },
          nb::arg("event"), kEvaluateDoc)
      .def(
          "evaluate_batch",
          [](Evaluator& self, nb::handle events) { return self.evaluate(Task::batch(events)); },
          nb::arg("events"), kBatchDoc)
      .def(
          "evaluate_ndjson",
          [](Evaluator& self, nb::handle lines) { return self.evaluate(Task::ndjson(lines)); },
          nb::arg("lines"), kNdjsonDoc)
      .def("replace", &Evaluator::replace, nb::arg("policies"),
           "From the next call on, these policies decide; an evaluator of a slot leaves it.")
      .def_prop_ro("policies", &Evaluator::policies, "The policy set that decides the next call.")
      .def_prop_ro("counters", &Evaluator::counters,
                   "Since the evaluator was made. Calls that failed count nothing.")
      .def("_policy_hits", &Evaluator::policy_hits)
      .def_prop_ro("closed", &Evaluator::is_closed, kClosedDoc)
      .def("close", &Evaluator::close, kCloseDoc);
}

}  // namespace semper_python
