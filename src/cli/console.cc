#include "cli/console.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

namespace semper::cli {
namespace {

std::int64_t milliseconds() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void put(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

void complain(std::string_view message) {
  put(fmt::format("semper: {}\n", message));
}

void say(std::string_view line) {
  put(fmt::format("{}\n", line));
}

void print_diagnostics(const std::vector<Diagnostic>& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics) say(to_string(diagnostic));
}

ProgressBar::ProgressBar(std::uint64_t total) : total_(isatty(STDERR_FILENO) != 0 ? total : 0) {}

ProgressBar::~ProgressBar() {
  if (shown_) put("\r\033[K");
}

void ProgressBar::update(std::uint64_t done) {
  if (total_ == 0) return;
  std::int64_t now = milliseconds();
  if (now < next_update_) return;
  next_update_ = now + 100;
  shown_ = true;
  constexpr std::uint64_t kWidth = 40;
  done = std::min(done, total_);
  auto filled = static_cast<std::size_t>(kWidth * done / total_);
  put(fmt::format("\r[{}{}] {:3}%  {} of {} MiB", std::string(filled, '#'),
                  std::string(kWidth - filled, '.'), 100 * done / total_, done >> 20,
                  total_ >> 20));
}

}  // namespace semper::cli
