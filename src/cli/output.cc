#include "cli/output.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace semper::cli {
namespace {

constexpr std::size_t kBufferSize = std::size_t{256} << 10;

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool is_one_of(const struct stat& file, const std::vector<std::string>& paths) {
  return std::any_of(paths.begin(), paths.end(), [&](const std::string& path) {
    struct stat other {};
    int failed = path == "-" ? fstat(STDIN_FILENO, &other) : stat(path.c_str(), &other);
    return failed == 0 && same_file(file, other);
  });
}

}  // namespace

Output::Output(std::string name, int descriptor) : name_(std::move(name)), descriptor_(descriptor) {
  buffer_.reserve(kBufferSize);
}

Output::~Output() {
  close();
}

void Output::append(std::string_view bytes) {
  if (failed()) return;
  if (buffer_.size() + bytes.size() > kBufferSize) flush();
  if (bytes.size() > kBufferSize) {
    write(bytes);
  } else {
    buffer_ += bytes;
  }
}

void Output::flush() {
  write(buffer_);
  buffer_.clear();
}

void Output::close() {
  if (descriptor_ < 0) return;
  flush();
  if (::close(descriptor_) != 0 && error_ == 0 && errno != EINTR) error_ = errno;
  descriptor_ = -1;
}

void Output::write(std::string_view bytes) {
  while (!bytes.empty() && error_ == 0) {
    ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {  // somebody shares a non-blocking pipe with us
      pollfd ready{descriptor_, POLLOUT, 0};
      poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
}

bool Output::pipe_closed() const {
  return error_ == EPIPE;
}

std::string Output::error() const {
  if (error_ == 0 || pipe_closed()) return "";
  return name_ + ": " + std::strerror(error_);
}

Output* Outputs::open(const std::string& path, const std::vector<std::string>& inputs,
                      std::string& error) {
  bool standard = path == "-";
  std::string name = standard ? "standard output" : path;
  // Standard output is closed by us, too: only that shows whether all of it was written.
  int descriptor = standard ? STDOUT_FILENO
                            : ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
  struct stat status {};
  if (descriptor < 0 || fstat(descriptor, &status) != 0) {
    error = name + ": " + std::strerror(errno);
    return nullptr;
  }
  for (const Entry& entry : entries_) {
    if (entry.device != status.st_dev || entry.inode != status.st_ino) continue;
    if (!standard) ::close(descriptor);
    return entry.output.get();
  }
  auto output = std::make_unique<Output>(name, descriptor);
  if (!standard && S_ISREG(status.st_mode)) {
    if (is_one_of(status, inputs)) {
      error = name + ": is an input, too; write to another file";
      return nullptr;
    }
    if (ftruncate(descriptor, 0) != 0) {
      error = name + ": " + std::strerror(errno);
      return nullptr;
    }
  }
  entries_.push_back({status.st_dev, status.st_ino, std::move(output)});
  return entries_.back().output.get();
}

void Outputs::flush() {
  for (Entry& entry : entries_) entry.output->flush();
}

std::vector<std::string> Outputs::close() {
  std::vector<std::string> errors;
  for (Entry& entry : entries_) {
    entry.output->close();
    std::string error = entry.output->error();
    if (!error.empty()) errors.push_back(std::move(error));
  }
  return errors;
}

bool Outputs::failed() const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const Entry& entry) { return entry.output->failed(); });
}

bool Outputs::pipe_closed() const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const Entry& entry) { return entry.output->pipe_closed(); });
}

}  // namespace semper::cli
