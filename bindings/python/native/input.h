/// Events and other JSON texts that come from Python.
#pragma once

#include <nanobind/nanobind.h>
#include <semper/semper.h>

#include <vector>

namespace semper_python {

namespace nb = nanobind;

/// The bytes of an argument: bytes and str as they are, other buffers copied (somebody may write
/// to them while the lock is given up), anything else as the JSON text that json.dumps makes of it.
class Input {
 public:
  /// `argument` must outlive the input.
  Input() : view_{nullptr, 0} {}
  explicit Input(nb::handle argument);
  semper_string_view_t view() const { return view_; }
  /// What holds the bytes; nothing where that is the argument.
  const nb::object& owner() const { return owner_; }

 private:
  nb::object owner_;
  semper_string_view_t view_;
};

/// The same for all of an iterable.
class Inputs {
 public:
  Inputs() = default;
  explicit Inputs(nb::handle iterable);
  const semper_string_view_t* data() const { return views_.data(); }
  size_t size() const { return views_.size(); }

 private:
  nb::object list_;  // a list of our own, so that nobody takes the events away
  std::vector<nb::object> owners_;
  std::vector<semper_string_view_t> views_;
};

}  // namespace semper_python
