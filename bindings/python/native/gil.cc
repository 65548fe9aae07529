#include "gil.h"

#include <unistd.h>

#include <chrono>
#include <thread>

namespace semper_python {
namespace {

// All guarded by the interpreter's lock.
std::uint64_t generation = 0;
std::uint64_t calls = 0;  // Unlocked scopes of all threads
unsigned forks = 0;       // that wait for calls to end, or are under way

thread_local Unlocked* innermost = nullptr;

std::uint64_t calls_of_this_thread() {
  std::uint64_t count = 0;
  for (Unlocked* call = innermost; call != nullptr; call = call->outer()) ++count;
  return count;
}

/// How long a fork waits for the calls of other threads.
constexpr auto kPatience = std::chrono::seconds(2);

/// Lets others have the lock for a moment.
void let_others_go_on() {
  PyThreadState* state = PyEval_SaveThread();
  std::this_thread::sleep_for(std::chrono::microseconds(200));
  bear_interpreter_end([&] { PyEval_RestoreThread(state); });
}

}  // namespace

Unlocked::Unlocked() noexcept : outer_(innermost) {
  // A call in a provider goes on: the one around it is waited for.
  while (forks > 0 && outer_ == nullptr) let_others_go_on();
  innermost = this;
  ++calls;
  state_ = PyEval_SaveThread();
}

Unlocked::~Unlocked() {
  bear_interpreter_end([&] { PyEval_RestoreThread(state_); });
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
  PyEval_RestoreThread(unlocked_.state_);
}

Relocked::~Relocked() {
  unlocked_.state_ = PyEval_SaveThread();
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
  ++forks;
  auto end = std::chrono::steady_clock::now() + kPatience;
  while (calls > calls_of_this_thread() && std::chrono::steady_clock::now() < end) {
    let_others_go_on();
  }
}

void after_fork_in_parent() {
  --forks;
}

void after_fork_in_child() {
  forks = 0;
  std::uint64_t own = calls_of_this_thread();
  if (calls > own) ++generation;
  calls = own;
}

}  // namespace semper_python
