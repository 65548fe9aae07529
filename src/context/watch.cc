#include "context/watch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/hash.h"
#include "base/limits.h"

namespace semper::context {

std::uint64_t file_mark(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return 0;
  std::int64_t identity[] = {
      static_cast<std::int64_t>(status.st_dev), static_cast<std::int64_t>(status.st_ino),
      static_cast<std::int64_t>(status.st_size), static_cast<std::int64_t>(status.st_mtim.tv_sec),
      static_cast<std::int64_t>(status.st_mtim.tv_nsec)};
  return hash64({reinterpret_cast<const char*>(identity), sizeof identity}, 1) | 1;
}

std::uint64_t file_identity(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return 0;
  std::int64_t identity[] = {static_cast<std::int64_t>(status.st_dev),
                             static_cast<std::int64_t>(status.st_ino)};
  return hash64({reinterpret_cast<const char*>(identity), sizeof identity}, 1) | 1;
}

bool is_regular(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

Result<std::string> read_file(const std::string& path, bool only_regular) {
  auto failure = [&](std::string_view why) {
    return Status(StatusCode::kIo, fmt::format("{}: {}", path, why));
  };
  int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | (only_regular ? O_NONBLOCK : 0));
  if (file < 0) return failure(std::strerror(errno));
  struct Closer {
    int file;
    ~Closer() { ::close(file); }
  } closer{file};
  struct stat status {};
  if (::fstat(file, &status) != 0) return failure(std::strerror(errno));
  if (S_ISDIR(status.st_mode)) return failure(std::strerror(EISDIR));
  if (only_regular && !S_ISREG(status.st_mode)) return failure("is no regular file");
  const std::size_t limit = Limits::provider_file_bytes;
  if (static_cast<std::uint64_t>(status.st_size) > limit) {
    return Status(StatusCode::kLimitExceeded, fmt::format("{}: larger than {} bytes", path, limit));
  }
  std::string text(static_cast<std::size_t>(status.st_size) + 1, '\0');
  std::size_t size = 0;
  for (;;) {
    if (size == text.size()) text.resize(2 * size);
    ssize_t read = ::read(file, text.data() + size, text.size() - size);
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) return failure(std::strerror(errno));
    if (read == 0) break;
    size += static_cast<std::size_t>(read);
    if (size > limit) {
      return Status(StatusCode::kLimitExceeded,
                    fmt::format("{}: larger than {} bytes", path, limit));
    }
  }
  text.resize(size);
  return text;
}

}  // namespace semper::context
