#include "cli/input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace semper::cli {
namespace {

constexpr std::string_view kGzipMagic = "\x1f\x8b";

}  // namespace

InputFile::InputFile(std::string path) : name_(std::move(path)) {
  if (name_ == "-") {
    name_ = "standard input";
    raw_.descriptor = STDIN_FILENO;
    return;
  }
  raw_.descriptor = open(name_.c_str(), O_RDONLY | O_CLOEXEC);
  if (raw_.descriptor < 0) raw_.error = std::strerror(errno);
}

InputFile::~InputFile() {
  if (raw_.descriptor > STDIN_FILENO) close(raw_.descriptor);
}

std::string InputFile::error() const {
  const std::string& reason = raw_.error.empty() && gzip_ ? gzip_->error() : raw_.error;
  return reason.empty() ? "" : name_ + ": " + reason;
}

std::size_t InputFile::Raw::read(char* to, std::size_t size) {
  if (!head.empty()) {
    std::size_t count = std::min(size, head.size());
    std::memcpy(to, head.data(), count);
    head.erase(0, count);
    return count;
  }
  if (!error.empty()) return 0;
  for (;;) {
    ssize_t count = ::read(descriptor, to, size);
    if (count >= 0) {
      bytes_read += static_cast<std::uint64_t>(count);
      return static_cast<std::size_t>(count);
    }
    if (errno == EINTR) continue;
    error = std::strerror(errno);
    return 0;
  }
}

void InputFile::detect() {
  detected_ = true;
  std::string head;
  while (head.size() < kGzipMagic.size()) {
    char byte;
    if (raw_.read(&byte, 1) == 0) break;
    head += byte;
  }
  raw_.head = head;
  if (head == kGzipMagic) gzip_ = std::make_unique<GzipSource>(raw_);
}

std::size_t InputFile::read(char* to, std::size_t size) {
  if (!detected_) detect();
  return gzip_ ? gzip_->read(to, size) : raw_.read(to, size);
}

bool read_all(const std::string& path, std::string& content, std::string& error) {
  InputFile file(path);
  std::string chunk(std::size_t{64} << 10, '\0');
  content.clear();
  while (std::size_t count = file.read(chunk.data(), chunk.size())) content.append(chunk, 0, count);
  error = file.error();
  return error.empty();
}

std::uint64_t total_size(const std::vector<std::string>& paths) {
  std::uint64_t total = 0;
  for (const std::string& path : paths) {
    struct stat status {};
    int failed = path == "-" ? fstat(STDIN_FILENO, &status) : stat(path.c_str(), &status);
    if (failed != 0 || !S_ISREG(status.st_mode)) return 0;
    total += static_cast<std::uint64_t>(status.st_size);
  }
  return total;
}

}  // namespace semper::cli
