/// What the command says to the person in front of it: on standard error, never on standard output.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "semper/status.hpp"

namespace semper::cli {

enum ExitCode : int {
  kSuccess = 0,
  kFailure = 1,      ///< usage, or input and output
  kBadPolicies = 2,  ///< policies, patterns or scopes that do not load
};

/// "semper: …" and a newline.
void complain(std::string_view message);
/// One line as it is.
void say(std::string_view line);
void print_diagnostics(const std::vector<Diagnostic>& diagnostics);

/// A bar that shows how much of the input has been read; only where standard error is a terminal
/// and the size of the input is known.
class ProgressBar {
 public:
  /// `total` bytes; 0: unknown.
  explicit ProgressBar(std::uint64_t total);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void update(std::uint64_t done);

 private:
  std::uint64_t total_;
  bool shown_ = false;
  std::int64_t next_update_ = 0;  ///< milliseconds of the steady clock
};

}  // namespace semper::cli
