/// Output files: buffered, complete, and honest about what could not be written.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace semper::cli {

/// After a failure nothing more is written, and `failed` says so.
class Output {
 public:
  /// Takes over the descriptor.
  Output(std::string name, int descriptor);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void append(std::string_view bytes);
  void line(std::string_view text) {
    append(text);
    append("\n");
  }
  void flush();
  /// Flushes; a file system may find out only now that there is no room.
  void close();

  bool failed() const { return error_ != 0; }
  /// The reader of the pipe has gone: a reason to stop, not an error.
  bool pipe_closed() const;
  /// The message with the file's name; empty where nothing failed or only a pipe was closed.
  std::string error() const;

 private:
  void write(std::string_view bytes);

  std::string name_;
  int descriptor_;
  int error_ = 0;
  std::string buffer_;
};

/// All outputs of a command. Names of one file give one Output, so that its lines do not mix.
class Outputs {
 public:
  /// "-" is standard output. A file that exists is emptied, unless it is one of `inputs`. nullptr:
  /// `error` says why.
  Output* open(const std::string& path, const std::vector<std::string>& inputs, std::string& error);

  void flush();
  /// Closes all; returns the messages of those that failed.
  std::vector<std::string> close();
  bool failed() const;
  bool pipe_closed() const;

 private:
  struct Entry {
    dev_t device;
    ino_t inode;
    std::unique_ptr<Output> output;
  };
  std::vector<Entry> entries_;
};

}  // namespace semper::cli
