/// Where the interpreter's lock is given up and taken back, and what makes that safe under forks
/// and at the interpreter's end.
#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>

namespace semper_python {

namespace nb = nanobind;

/// The scope of one call of the library: without the interpreter's lock. All providers that it asks
/// run on this thread, which is how they find the way back.
class Unlocked {
 public:
  Unlocked() noexcept;
  ~Unlocked();
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

  /// The innermost one of this thread; nullptr: none.
  static Unlocked* current() noexcept;
  Unlocked* outer() const noexcept { return outer_; }

  /// What a provider raised that is no Exception (KeyboardInterrupt, SystemExit): to be raised by
  /// the call, when the library has returned. Takes the reference.
  void keep(PyObject* exception) noexcept;
  PyObject* take_kept() noexcept;

 private:
  friend class Relocked;
  PyThreadState* state_ = nullptr;
  Unlocked* outer_;
  PyObject* kept_ = nullptr;
};

/// The scope of a callback within an Unlocked: with the lock.
class Relocked {
 public:
  explicit Relocked(Unlocked& unlocked);
  ~Relocked();
  Relocked(const Relocked&) = delete;
  Relocked& operator=(const Relocked&) = delete;

 private:
  Unlocked& unlocked_;
};

/// Ends this thread's part in the program for ever, without unwinding: what the interpreter does
/// with a thread that wants its lock when it has ended, and what the library's frames can bear.
[[noreturn]] void hang() noexcept;

/// Runs `body` and hangs where the interpreter ends the thread inside.
template <class Body>
void bear_interpreter_end(Body body);

/// Counts forks that happened while other threads were inside of the library: handles from before
/// may be locked or half-written for ever.
std::uint64_t fork_generation() noexcept;

/// Remembers when a handle was made.
class Born {
 public:
  /// Raises RuntimeError where the handle came through such a fork.
  void check() const;

 private:
  std::uint64_t generation_ = fork_generation();
};

void before_fork();
void after_fork_in_parent();
void after_fork_in_child();

}  // namespace semper_python

namespace semper_python {

/// Calls what is written in Python; raises what it raises. All calls go through this: the
/// interpreter's end may find the thread inside.
template <class... Arguments>
nb::object call_python(const nb::object& function, const Arguments&... arguments);

}  // namespace semper_python

#if defined(__GLIBCXX__)
#include <cxxabi.h>
template <class Body>
void semper_python::bear_interpreter_end(Body body) {
  try {
    body();
  } catch (abi::__forced_unwind&) {
    hang();
  }
}
#else
template <class Body>
void semper_python::bear_interpreter_end(Body body) {
  body();
}
#endif

template <class... Arguments>
semper_python::nb::object semper_python::call_python(const nb::object& function,
                                                     const Arguments&... arguments) {
  nb::tuple packed = nb::make_tuple(arguments...);
  PyObject* made = nullptr;
  bear_interpreter_end([&] { made = PyObject_Call(function.ptr(), packed.ptr(), nullptr); });
  if (made == nullptr) throw nb::python_error();
  return nb::steal(made);
}
