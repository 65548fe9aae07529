#include "provider.h"

#include <cstdint>
#include <limits>
#include <string>

#include "errors.h"
#include "gil.h"

namespace semper_python {
namespace {

using SharedState = std::shared_ptr<ProviderState>;

void fail_all(semper_call_t* call, std::string_view reason) {
  for (size_t i = 0; i < semper_call_count(call); ++i) {
    semper_call_fail(call, i, view(reason), nullptr);
  }
}

/// "KeyError: 'x'": the text alone says little for many exceptions.
std::string describe(PyObject* exception) {
  std::string text = Py_TYPE(exception)->tp_name;
  PyObject* made = nullptr;
  bear_interpreter_end([&] { made = PyObject_Str(exception); });
  nb::object message = nb::steal(made);
  if (message.is_valid() && PyUnicode_GetLength(message.ptr()) > 0) {
    Py_ssize_t size = 0;
    if (const char* data = PyUnicode_AsUTF8AndSize(message.ptr(), &size)) {
      text.append(": ").append(data, static_cast<size_t>(size));
    }
  }
  PyErr_Clear();
  return text;
}

/// Takes an exception as the failure of all keys.
void fail_all(semper_call_t* call, Unlocked& unlocked, nb::python_error& error) {
  PyObject* exception = error.value().ptr();
  fail_all(call, describe(exception));
  if (!PyObject_IsInstance(exception, PyExc_Exception)) unlocked.keep(Py_NewRef(exception));
}

void give_answer(semper_call_t* call, size_t index, PyObject* answer) {
  if (answer == Py_None) {
    semper_call_set_absent(call, index, nullptr);
  } else if (PyBytes_Check(answer)) {
    semper_string_view_t json = {PyBytes_AS_STRING(answer),
                                 static_cast<size_t>(PyBytes_GET_SIZE(answer))};
    semper_call_set_json(call, index, json, nullptr);
  } else if (PyTuple_Check(answer)) {  // a stale object, and its age in seconds
    PyObject* object = PyTuple_GET_ITEM(answer, 0);
    semper_string_view_t json = {PyBytes_AS_STRING(object),
                                 static_cast<size_t>(PyBytes_GET_SIZE(object))};
    auto age = nb::cast<std::uint64_t>(nb::handle(PyTuple_GET_ITEM(answer, 1)));
    semper_call_set_stale_json(call, index, json, age, nullptr);
  } else {
    Py_ssize_t size = 0;
    const char* reason = PyUnicode_AsUTF8AndSize(answer, &size);
    if (reason == nullptr) throw nb::python_error();
    semper_call_fail(call, index, {reason, static_cast<size_t>(size)}, nullptr);
  }
}

void ask(const ProviderState& state, semper_call_t* call) {
  if (state.answer == nullptr) return fail_all(call, "the provider is gone");
  nb::object function = nb::borrow(state.answer);  // for the time of the call
  nb::list keys;
  for (size_t i = 0; i < semper_call_count(call); ++i)
    keys.append(to_str(semper_call_key(call, i)));
  std::int64_t left = semper_call_remaining_ns(call);
  nb::object remaining = nb::none();
  if (left != std::numeric_limits<std::int64_t>::max()) {
    remaining = nb::float_(static_cast<double>(left) / 1e9);
  }
  nb::object answers = call_python(function, keys, remaining);
  for (size_t i = 0; i < semper_call_count(call); ++i) {
    nb::object answer = answers[i];
    give_answer(call, i, answer.ptr());
  }
}

void look_up(void* state, semper_call_t* call) {
  Unlocked* unlocked = Unlocked::current();
  if (unlocked == nullptr) return fail_all(call, "a provider is asked outside of an evaluation");
  bear_interpreter_end([&] {
    Relocked locked(*unlocked);
    try {
      ask(**static_cast<SharedState*>(state), call);
    } catch (nb::python_error& error) {
      fail_all(call, *unlocked, error);
    } catch (const std::exception& error) {
      fail_all(call, error.what());
    }
  });
}

/// Without the interpreter: it may be gone, and who frees the last policy set is any thread.
void destroy(void* state) {
  delete static_cast<SharedState*>(state);
}

}  // namespace

ProviderHolder::ProviderHolder(nb::object answer)
    : answer_(std::move(answer)), state_(std::make_shared<ProviderState>()) {
  state_->answer = answer_.ptr();
}

void ProviderHolder::describe(semper_provider_t& provider) const {
  provider.state = new SharedState(state_);
  provider.lookup = look_up;
  provider.destroy = destroy;
}

void define_providers(nb::module_& module) {
  nb::class_<ProviderHolder>(module, "ProviderHolder",
                             nb::type_slots(garbage_slots<ProviderHolder>()))
      .def(nb::init<nb::object>(), nb::arg("answer"));
}

}  // namespace semper_python
