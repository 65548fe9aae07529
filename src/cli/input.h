/// Input files: opened, told apart by content, decompressed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/gzip.h"
#include "cli/splitter.h"

namespace semper::cli {

/// "-" is standard input.
class InputFile : public ByteSource {
 public:
  explicit InputFile(std::string path);
  ~InputFile() override;
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  std::size_t read(char* to, std::size_t size) override;
  /// Why it could not be opened or read to its end, with its name; empty: it could.
  std::string error() const;
  /// As a message names it.
  const std::string& name() const { return name_; }
  /// Bytes taken from the file so far (compressed ones, where it is compressed).
  std::uint64_t bytes_read() const { return raw_.bytes_read; }

 private:
  /// The bytes as they are in the file.
  struct Raw : ByteSource {
    std::size_t read(char* to, std::size_t size) override;

    int descriptor = -1;
    std::uint64_t bytes_read = 0;
    std::string head;  ///< read to tell gzip, not yet handed on
    std::string error;
  };

  void detect();

  std::string name_;
  Raw raw_;
  bool detected_ = false;
  std::unique_ptr<GzipSource> gzip_;
};

/// The whole of a file, decompressed. False: `error` says why.
bool read_all(const std::string& path, std::string& content, std::string& error);

/// The sum of the sizes of files; 0 where one of them is no regular file.
std::uint64_t total_size(const std::vector<std::string>& paths);

}  // namespace semper::cli
