#include "pattern.h"

#include <nanobind/stl/vector.h>
#include <semper/semper.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "errors.h"
#include "gil.h"
#include "input.h"

namespace semper_python {

namespace nb = nanobind;

namespace {

/// Patterns in one program. Calls hold it, so that it may be closed while they run.
class Patterns {
 public:
  Patterns(nb::handle patterns, std::int32_t dialect, std::int32_t arrays) {
    Inputs texts(patterns);
    size_ = texts.size();
    semper_pattern_t* made = nullptr;
    semper_error_t* error = nullptr;
    int32_t status = SEMPER_OK;
    {
      Unlocked unlocked;
      status = semper_pattern_compile(texts.data(), texts.size(), dialect, arrays, &made, &error);
    }
    check(status, error);
    handle_.reset(made, semper_pattern_free);
  }

  std::vector<std::uint32_t> match(nb::handle event) const {
    std::vector<std::uint32_t> numbers(size_);
    numbers.resize(run(event, numbers.data(), size_));
    return numbers;
  }
  bool matches(nb::handle event) const { return run(event, nullptr, 0) > 0; }

  size_t size() const { return size_; }
  bool is_closed() const { return handle_ == nullptr; }
  void close() { handle_.reset(); }

 private:
  size_t run(nb::handle event, std::uint32_t* matched, size_t capacity) const {
    Input text(event);
    std::shared_ptr<semper_pattern_t> pattern = handle_;
    born_.check();
    if (pattern == nullptr) raise_value_error("the pattern is closed");
    size_t count = 0;
    semper_error_t* error = nullptr;
    int32_t status = SEMPER_OK;
    {
      Unlocked unlocked;
      status = semper_pattern_match(pattern.get(), text.view(), matched, capacity, &count, &error);
    }
    check(status, error);
    return count;
  }

  std::shared_ptr<semper_pattern_t> handle_;
  size_t size_ = 0;
  Born born_;
};

class Scope {
 public:
  Scope(nb::handle json, std::int32_t kind) {
    Input text(json);
    semper_scope_t* made = nullptr;
    semper_error_t* error = nullptr;
    check(semper_scope_compile(text.view(), kind, &made, &error), error);
    handle_.reset(made, semper_scope_free);
  }

  /// What is None is unknown; the answer is, too.
  nb::object contains(nb::handle account, nb::handle account_id, nb::handle region,
                      nb::handle regions) const {
    Input context = optional(account);
    Input id = optional(account_id);
    Input name = optional(region);
    Inputs defaults(regions);
    std::shared_ptr<semper_scope_t> scope = handle_;
    born_.check();
    if (scope == nullptr) raise_value_error("the scope is closed");
    semper_place_t place = SEMPER_PLACE_INIT;
    place.account_context = context.view();
    place.account_id = id.view();
    place.region = name.view();
    place.regions = defaults.data();
    place.region_count = defaults.size();
    std::int32_t answer = SEMPER_UNKNOWN;
    semper_error_t* error = nullptr;
    check(semper_scope_contains(scope.get(), &place, &answer, &error), error);
    if (answer == SEMPER_YES) return nb::bool_(true);
    return answer == SEMPER_NO ? nb::object(nb::bool_(false)) : nb::none();
  }

  bool is_closed() const { return handle_ == nullptr; }
  void close() { handle_.reset(); }

 private:
  static Input optional(nb::handle argument) {
    return argument.is_none() ? Input() : Input(argument);
  }

  std::shared_ptr<semper_scope_t> handle_;
  Born born_;
};

}  // namespace

void define_patterns(nb::module_& module) {
  nb::class_<Patterns>(module, "Patterns")
      .def(nb::init<nb::handle, std::int32_t, std::int32_t>(), nb::arg("patterns"),
           nb::arg("dialect"), nb::arg("arrays"))
      .def("_match", &Patterns::match)
      .def("_matches", &Patterns::matches)
      .def("__len__", &Patterns::size)
      .def_prop_ro("closed", &Patterns::is_closed, "Whether it is closed.")
      .def("close", &Patterns::close,
           "Frees it; a call that still runs ends first. Closing twice is fine.");

  nb::class_<Scope>(module, "Scope")
      .def(nb::init<nb::handle, std::int32_t>(), nb::arg("scope"), nb::arg("kind"))
      .def("_contains", &Scope::contains, nb::arg("account").none(), nb::arg("account_id").none(),
           nb::arg("region").none(), nb::arg("regions"))
      .def_prop_ro("closed", &Scope::is_closed, "Whether it is closed.")
      .def("close", &Scope::close,
           "Frees it; a call that still runs ends first. Closing twice is fine.");
}

}  // namespace semper_python
