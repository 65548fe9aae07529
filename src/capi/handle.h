/// What all functions of the C ABI are made of: handles, the wall that no exception passes, and the
/// rules of semper.h about arguments.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "semper/semper.h"
#include "semper/semper.hpp"

namespace semper::capi {

/// References that the host holds, of all handles.
extern std::atomic<std::int64_t> live_handles;

/// Base of all handles. `references` are the host's, and one for the time of a call that uses the
/// handle alone, so that a callback may free it.
struct Handle {
  std::atomic<std::uint32_t> references{1};
  std::atomic<bool> busy{false};
};

template <class T>
void drop_reference(T* handle) noexcept {
  if (handle->references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete handle;
}

/// Gives a new handle to the host.
template <class T>
T* publish(T* handle) noexcept {
  live_handles.fetch_add(1, std::memory_order_relaxed);
  return handle;
}

template <class T>
void free_handle(T* handle) noexcept {
  if (handle == nullptr) return;
  live_handles.fetch_sub(1, std::memory_order_relaxed);
  drop_reference(handle);
}

/// Alone with a handle until the end of the scope, unless another call is: false then.
template <class T>
class Alone {
 public:
  explicit Alone(T* handle) : handle_(handle) {
    taken_ = !handle->busy.exchange(true, std::memory_order_acquire);
    if (taken_) handle->references.fetch_add(1, std::memory_order_relaxed);
  }
  ~Alone() {
    if (!taken_) return;
    handle_->busy.store(false, std::memory_order_release);
    drop_reference(handle_);
  }
  Alone(const Alone&) = delete;
  Alone& operator=(const Alone&) = delete;
  explicit operator bool() const { return taken_; }

 private:
  T* handle_;
  bool taken_;
};

/// Whether a call uses the handle alone right now: callbacks of that call may ask.
inline bool is_busy(const Handle& handle) {
  return handle.busy.load(std::memory_order_relaxed);
}

/// How a call failed; success by default.
struct Outcome {
  Outcome() = default;
  Outcome(Status failure) : status(std::move(failure)) {}
  Outcome(Status failure, std::vector<Diagnostic> why)
      : status(std::move(failure)), diagnostics(std::move(why)) {}

  Status status;
  std::vector<Diagnostic> diagnostics;
};

inline Status bad_argument(std::string message) {
  return {StatusCode::kInvalidArgument, std::move(message)};
}
inline Status null_argument(const char* name) {
  return bad_argument(std::string(name) + " is NULL");
}
inline Status bad_view(const char* name) {
  return bad_argument(std::string(name) + " has a size, but its data is NULL");
}
inline Status busy(const char* name) {
  return {StatusCode::kBusy, std::string("a call that uses the same ") + name +
                                 " is still running; use one per thread, and none in a callback"};
}
inline Status no_index(const char* what) {
  return {StatusCode::kNotFound, std::string("there is no ") + what + " with this index"};
}

/// Makes `*error`, where wanted, and returns the status.
std::int32_t report(semper_error_t** error, Outcome outcome) noexcept;
std::int32_t report_out_of_memory(semper_error_t** error) noexcept;
std::int32_t report_internal(semper_error_t** error, const char* what) noexcept;

/// Runs the body of an ABI function, which returns an Outcome.
template <class Body>
std::int32_t wall(semper_error_t** error, Body body) noexcept {
  if (error != nullptr) *error = nullptr;
  try {
    Outcome outcome = body();
    if (outcome.status.ok()) return SEMPER_OK;
    return report(error, std::move(outcome));
  } catch (const std::bad_alloc&) {
    return report_out_of_memory(error);
  } catch (const std::length_error&) {
    return report_out_of_memory(error);
  } catch (const std::exception& exception) {
    return report_internal(error, exception.what());
  } catch (...) {
    return report_internal(error, "an exception of unknown type");
  }
}

inline bool usable(semper_string_view_t view) {
  return view.data != nullptr || view.size == 0;
}
inline std::string_view text(semper_string_view_t view) {
  return view.size == 0 ? std::string_view() : std::string_view(view.data, view.size);
}
inline semper_string_view_t view(std::string_view text) {
  return {text.data(), text.size()};
}

/// Checks a list of the caller's.
inline Status check_views(const char* name, const semper_string_view_t* views, std::size_t count) {
  if (views == nullptr && count > 0) return null_argument(name);
  for (std::size_t i = 0; i < count; ++i) {
    if (!usable(views[i])) return bad_view(name);
  }
  return {};
}
inline Status read_texts(const char* name, const semper_string_view_t* views, std::size_t count,
                         std::vector<std::string>& texts) {
  if (Status status = check_views(name, views, count); !status.ok()) return status;
  for (std::size_t i = 0; i < count; ++i) texts.emplace_back(text(views[i]));
  return {};
}

/// No struct ever gets larger: protects from a struct_size that was never set.
inline constexpr std::size_t kLargestStruct = 4096;

inline Status check_size(const char* name, std::size_t size, std::size_t least) {
  if (size >= least && size <= kLargestStruct) return {};
  return bad_argument(std::string("struct_size of ") + name + " is " + std::to_string(size) +
                      "; initialise the struct with its _INIT macro");
}

/// Reads a struct of the caller's, of whatever age its header is.
template <class T>
Status read_struct(const char* name, const T* from, std::size_t least, T& to) {
  std::size_t size = from->struct_size;
  if (Status status = check_size(name, size, least); !status.ok()) return status;
  std::memcpy(&to, from, std::min(size, sizeof(T)));
  const char* bytes = reinterpret_cast<const char*>(from);
  for (std::size_t i = sizeof(T); i < size; ++i) {
    if (bytes[i] == 0) continue;
    return {StatusCode::kUnsupported, std::string(name) +
                                          " sets a field that this version of the library does not "
                                          "know; update the library or leave the field zero"};
  }
  return {};
}

/// Fills a struct of the caller's that `check_output` has seen, and zeroes what its header has
/// beyond ours.
template <class T>
void write_struct(T* to, T values) noexcept {
  std::size_t size = to->struct_size;
  values.struct_size = to->struct_size;
  std::memcpy(to, &values, std::min(size, sizeof(T)));
  if (size > sizeof(T)) std::memset(reinterpret_cast<char*>(to) + sizeof(T), 0, size - sizeof(T));
}

/// Checks an output before anything else is looked at.
template <class T>
Status check_output(const char* name, const T* to, std::size_t least) {
  return to == nullptr ? null_argument(name) : check_size(name, to->struct_size, least);
}

/// What a failing call leaves in an output. Outside of the wall: it makes no message.
template <class T>
void clear_struct(T* to, std::size_t least) noexcept {
  if (to == nullptr || to->struct_size < least || to->struct_size > kLargestStruct) return;
  write_struct(to, T{});
}

/// The diagnostic as the host gets it; views into `diagnostic`.
semper_diagnostic_t to_c(const Diagnostic& diagnostic);

}  // namespace semper::capi

struct semper_error : semper::capi::Handle {
  std::int32_t status = SEMPER_OK;
  std::string message;
  std::vector<semper::Diagnostic> diagnostics;
};

struct semper_policy_set : semper::capi::Handle {
  explicit semper_policy_set(semper::PolicySet policies) : set(std::move(policies)) {}
  semper::PolicySet set;
};
