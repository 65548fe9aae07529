/// What functions of the library return: no exception of ours ever leaves it. (std::bad_alloc may,
/// from the C++ API; the C ABI turns it into a status.)
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace semper {

enum class StatusCode : std::int32_t {
  kOk = 0,
  kInvalidArgument = 1,  ///< the caller's argument is unusable
  kInvalidPolicy = 2,    ///< policies do not load; the diagnostics say why
  kInvalidEvent = 3,     ///< the bytes are no event
  kLimitExceeded = 4,    ///< larger than a documented limit
  kIo = 5,               ///< the operating system refused; the message names the file
  kNotFound = 6,
  kUnsupported = 7,
  kBusy = 8,
  kOutOfMemory = 9,
  kInternal = 10,
};

/// Success, or a code and a sentence for the person who must mend it.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

/// A value, or the status that tells why there is none. Reading the value of a failed result is a
/// programming error (std::bad_variant_access).
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<1>, std::move(value)) {}
  Result(Status status) : state_(std::in_place_index<0>, std::move(status)) {}

  bool ok() const { return state_.index() == 1; }
  explicit operator bool() const { return ok(); }
  Status status() const { return ok() ? Status() : std::get<0>(state_); }

  T& value() & { return std::get<1>(state_); }
  const T& value() const& { return std::get<1>(state_); }
  T&& value() && { return std::get<1>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<Status, T> state_;
};

/// One problem in a policy repository, for the person who must mend it.
struct Diagnostic {
  enum class Severity : std::int32_t { kWarning = 1, kError = 2 };

  Severity severity = Severity::kError;
  std::string code;          ///< stable, lower_snake_case: `unknown_comparator`
  std::string file;          ///< path as it was given; empty for a policy from memory
  std::uint32_t line = 0;    ///< from 1; 0 where there is no place
  std::uint32_t column = 0;  ///< from 1, in bytes
  std::uint64_t offset = 0;  ///< bytes from the start of the file
  std::string pointer;       ///< JSON Pointer (RFC 6901) of the offending value or key
  std::string message;       ///< what is wrong, and what to write instead
};

/// `file:line:column: error: message [code] at /pointer`, on one line: control characters become
/// `\u000a`.
std::string to_string(const Diagnostic& diagnostic);

}  // namespace semper
