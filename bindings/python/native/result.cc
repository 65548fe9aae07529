#include "result.h"

#include <string>

#include "errors.h"
#include "gil.h"
#include "input.h"

namespace semper_python {
namespace {

constexpr size_t kIdleResults = 4;
/// Larger ones are freed, so that one large event does not hold its memory for ever.
constexpr size_t kIdleBytes = size_t{4} << 20;

// The types, for instances that are made here. Kept for ever, as the module is.
PyObject* result_type = nullptr;
PyObject* record_type = nullptr;

template <class T, class... Arguments>
nb::object make_instance(PyObject* type, Arguments&&... arguments) {
  nb::object instance = nb::inst_alloc(type);
  new (nb::inst_ptr<T>(instance)) T(std::forward<Arguments>(arguments)...);
  nb::inst_mark_ready(instance);
  return instance;
}

const char* effect_name(std::int32_t effect) {
  switch (effect) {
    case SEMPER_EFFECT_DROP:
      return "drop";
    case SEMPER_EFFECT_EXTEND:
      return "extend";
    case SEMPER_EFFECT_DETECT:
      return "detect";
    case SEMPER_EFFECT_WOULD_DROP:
      return "would_drop";
    case SEMPER_EFFECT_EXPIRED:
      return "expired";
    case SEMPER_EFFECT_UNDETERMINED:
      return "undetermined";
    default:
      return "other";
  }
}

/// The slots of a sequence: what iterates over a result ends without a C++ exception.
Py_ssize_t length(PyObject* self) {
  return static_cast<Py_ssize_t>(nb::inst_ptr<Result>(self)->size());
}

PyObject* item(PyObject* self, Py_ssize_t index) {
  if (index < 0 || static_cast<size_t>(index) >= nb::inst_ptr<Result>(self)->size()) {
    PyErr_SetString(PyExc_IndexError, "there is no record with this index");
    return nullptr;
  }
  try {
    return make_instance<Record>(record_type, nb::borrow(self), static_cast<size_t>(index))
        .release()
        .ptr();
  } catch (nb::python_error& error) {
    error.restore();
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_MemoryError, error.what());
  }
  return nullptr;
}

PyType_Slot* result_slots() {
  static PyType_Slot slots[] = {
      {Py_tp_traverse, reinterpret_cast<void*>(&traverse_instance<Result>)},
      {Py_tp_clear, reinterpret_cast<void*>(&clear_instance<Result>)},
      {Py_sq_length, reinterpret_cast<void*>(&length)},
      {Py_sq_item, reinterpret_cast<void*>(&item)},
      {0, nullptr},
  };
  return slots;
}

}  // namespace

semper_result_t* ResultPool::take() {
  semper_result_t* result = nullptr;
  if (!idle_.empty()) {
    result = idle_.back();
    idle_.pop_back();
    return result;
  }
  semper_error_t* error = nullptr;
  check(semper_result_create(&result, &error), error);
  return result;
}

void ResultPool::give_back(semper_result_t* result) {
  if (is_closed_ || idle_.size() >= kIdleResults ||
      semper_result_ndjson(result).size > kIdleBytes) {
    semper_result_free(result);
  } else {
    idle_.push_back(result);
  }
}

void ResultPool::close() {
  is_closed_ = true;
  for (semper_result_t* result : idle_) semper_result_free(result);
  idle_.clear();
}

nb::object Result::ndjson() const {
  return to_bytes(semper_result_ndjson(handle_));
}

nb::object make_result(const std::shared_ptr<ResultPool>& pool, semper_result_t* handle,
                       nb::object policies) {
  return make_instance<Result>(result_type, pool, handle, std::move(policies));
}

Record::Record(nb::object result, size_t index) : result_(std::move(result)), index_(index) {
  semper_error_t* error = nullptr;
  check(semper_result_record(this->result().handle(), index_, &record_, &error), error);
}

const char* Record::decision() const {
  switch (record_.decision) {
    case SEMPER_DECISION_DROPPED:
      return "dropped";
    case SEMPER_DECISION_NO_FINDING:
      return "no_finding";
    case SEMPER_DECISION_INVALID:
      return "invalid";
    default:
      return "relevant";  // one that a newer library has: semper.h wants it taken for this
  }
}

std::uint64_t Record::event() const {
  return result().first_event() + record_.event;
}

nb::object Record::json() const {
  return to_bytes(record_.json);
}

nb::object Record::text() const {
  return to_str(record_.json);
}

nb::object Record::data() {
  if (!data_.is_valid())
    data_ = record_.json.size == 0 ? nb::none() : call_python(python().loads, text());
  return data_;
}

nb::tuple Record::policies() const {
  if (record_.hit_count == 0) return nb::tuple();
  nb::list hits;
  for (size_t i = 0; i < record_.hit_count; ++i) {
    semper_hit_t hit = SEMPER_HIT_INIT;
    semper_error_t* error = nullptr;
    check(semper_result_hit(result().handle(), index_, i, &hit, &error), error);
    hits.append(call_python(python().make_hit, to_str(hit.id), effect_name(hit.effect),
                            to_str_or_none(hit.reason), to_str_or_none(hit.title),
                            to_str_or_none(hit.ticket), hit.policy));
  }
  return nb::tuple(hits);
}

nb::tuple Record::routes() const {
  size_t count = semper_result_route_count(result().handle(), index_);
  if (count == 0) return nb::tuple();
  nb::list routes;
  for (size_t i = 0; i < count; ++i) {
    semper_route_t route = SEMPER_ROUTE_INIT;
    semper_error_t* error = nullptr;
    check(semper_result_route(result().handle(), index_, i, &route, &error), error);
    routes.append(
        call_python(python().make_route, route.type, to_str(route.target), to_bytes(route.record)));
  }
  return nb::tuple(routes);
}

nb::object Record::normalized(nb::handle name, nb::object otherwise) const {
  Input text(name);
  semper_string_view_t value = {nullptr, 0};
  std::int32_t kind = 0;
  semper_error_t* error = nullptr;
  int32_t status =
      semper_result_normalized(result().handle(), index_, text.view(), &value, &kind, &error);
  if (status == SEMPER_NOT_FOUND) {
    semper_error_free(error);
    return otherwise;
  }
  check(status, error);
  if (kind == SEMPER_KIND_STRING) return to_str(value);
  if (kind == SEMPER_KIND_NULL) return nb::none();
  return call_python(python().loads, to_str(value));
}

int Record::traverse(visitproc visit, void* arg) {
  if (int stop = visit_object(data_, visit, arg)) return stop;
  return visit_object(result_, visit, arg);
}

void Record::clear() {
  // The result stays: the record's texts are in it. What makes a cycle is behind it.
  data_.reset();
}

void define_result(nb::module_& module) {
  auto result = nb::class_<Result>(module, "Result", nb::type_slots(result_slots()),
                                   "The records of one call, a sequence.");
  result_type = result.inc_ref().ptr();
  result
      .def("ndjson", &Result::ndjson,
           "All records that have JSON as NDJSON, each with its newline.")
      .def_prop_ro("policies", &Result::policies, "The policy set that decided.")
      .def_prop_rw("_first_event", &Result::first_event, &Result::set_first_event)
      .def("__repr__", [](const Result& self) {
        return nb::str(("<semper.Result: " + std::to_string(self.size()) + " records>").c_str());
      });

  auto record = nb::class_<Record>(module, "Record", nb::type_slots(garbage_slots<Record>()),
                                   "A finding with its decision. ``str`` is its JSON text.");
  record_type = record.inc_ref().ptr();
  record
      .def_prop_ro("decision", &Record::decision,
                   "\"relevant\": for the SIEM; \"dropped\": accepted by a filter policy; "
                   "\"no_finding\": nothing "
                   "that anybody asked to detect; \"invalid\": bytes that are no event.")
      .def_prop_ro("event", &Record::event, "The number of its event in the call, from 0.")
      .def_prop_ro("policies", &Record::policies,
                   "The policies that stand in the verdict, with effect and reason.")
      .def_prop_ro("routes", &Record::routes,
                   "Where extension policies send the record, and what is to be sent there.")
      .def_prop_ro(
          "data", &Record::data,
          "The record as a dict, made when it is first asked for; None where it has no JSON.")
      .def("json", &Record::json,
           "The record as JSON on one line, UTF-8; empty only by the options of an evaluator.")
      .def("normalized", &Record::normalized, nb::arg("name"), nb::arg("default") = nb::none(),
           "A normalized field (docs/normalized.md), without parsing the record: "
           "``normalized(\"severity\")``.")
      .def("__str__", &Record::text)
      .def("__repr__", [](const Record& self) {
        std::string text = std::string("<semper.Record: ") + self.decision() + ", event " +
                           std::to_string(self.event()) + ">";
        return nb::str(text.c_str());
      });
}

}  // namespace semper_python
