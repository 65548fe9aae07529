#include "report/files.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace semper::report {

Result<std::string> read_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (file) content << file.rdbuf();
  if (!file || file.bad() || (content.fail() && errno != 0)) {
    return Status(
        StatusCode::kIo,
        fmt::format("{}: {}", path, errno != 0 ? std::strerror(errno) : "cannot be read"));
  }
  return std::move(content).str();
}

}  // namespace semper::report
