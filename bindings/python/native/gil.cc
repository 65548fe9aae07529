#include "gil.h"

#include <unistd.h>

#include <chrono>
#include <thread>

namespace semper_python {
namespace {

// All guarded by the interpreter's lock.
std::uint64_t generation = 0;
std::uint64_t calls = 0;  // Unlocked scopes of all threads
bool is_forking = false;

thread_local Unlocked* innermost = nullptr;

std::uint64_t calls_of_this_thread() {
  std::uint64_t count = 0;
  for (Unlocked* call = innermost; call != nullptr; call = call->outer()) ++count;
  return count;
}

/// How long a fork waits for the calls of other threads.
constexpr auto kPatience = std::chrono::seconds(2);

}  // namespace

Unlocked::Unlocked() noexcept : outer_(innermost) {
  innermost = this;
  ++calls;
  state_ = is_forking ? nullptr : PyEval_SaveThread();
}

Unlocked::~Unlocked() {
  if (state_ != nullptr) bear_interpreter_end([&] { PyEval_RestoreThread(state_); });
  innermost = outer_;
  --calls;
  Py_XDECREF(kept_);
}

Unlocked* Unlocked::current() noexcept {
  return innermost;
}

void Unlocked::keep(PyObject* exception) noexcept {
  Py_XDECREF(kept_);
  kept_ = exception;
}

PyObject* Unlocked::take_kept() noexcept {
  PyObject* exception = kept_;
  kept_ = nullptr;
  return exception;
}

Relocked::Relocked(Unlocked& unlocked) : unlocked_(unlocked) {
  if (unlocked_.state_ != nullptr) PyEval_RestoreThread(unlocked_.state_);
}

Relocked::~Relocked() {
  if (unlocked_.state_ != nullptr) unlocked_.state_ = PyEval_SaveThread();
}

void hang() noexcept {
  for (;;) pause();
}

std::uint64_t fork_generation() noexcept {
  return generation;
}

void Born::check() const {
  if (generation_ == generation) return;
  PyErr_SetString(PyExc_RuntimeError,
                  "this object was made before a fork that happened while other threads were "
                  "evaluating; make a new one in the child");
  throw nb::python_error();
}

void before_fork() {
  is_forking = true;  // calls that begin now keep the lock, unless a provider lets go of it
  auto end = std::chrono::steady_clock::now() + kPatience;
  while (calls > calls_of_this_thread() && std::chrono::steady_clock::now() < end) {
    nb::gil_scoped_release release;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
}

void after_fork_in_parent() {
  is_forking = false;
}

void after_fork_in_child() {
  is_forking = false;
  std::uint64_t own = calls_of_this_thread();
  if (calls > own) ++generation;
  calls = own;
}

}  // namespace semper_python
