#include "cli/output.h"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using semper::cli::Output;
using semper::cli::Outputs;

namespace {

class Folder {
 public:
  Folder() : path_("/tmp/semper-output-XXXXXX") { REQUIRE(mkdtemp(path_.data()) != nullptr); }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string content(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("two names of one file share their lines") {
  Folder folder;
  std::string path = folder.file("a");
  std::ofstream(path) << "old content";
  std::filesystem::create_symlink(path, folder.file("b"));
  Outputs outputs;
  std::string error;
  Output* a = outputs.open(path, {}, error);
  Output* b = outputs.open(folder.file("b"), {}, error);
  REQUIRE(a != nullptr);
  CHECK(a == b);
  std::string large(1'000'000, 'x');
  a->line("1");
  b->line(large);
  a->line("3");
  CHECK(outputs.close().empty());
  CHECK(content(path) == "1\n" + large + "\n3\n");
}

TEST_CASE("an input is never overwritten") {
  Folder folder;
  std::string path = folder.file("in");
  std::ofstream(path) << "precious";
  Outputs outputs;
  std::string error;
  CHECK(outputs.open(path, {"/nowhere", path}, error) == nullptr);
  CHECK(error.find("is an input") != std::string::npos);
  CHECK(content(path) == "precious");
}

TEST_CASE("what cannot be written is told with the file's name") {
  Outputs outputs;
  std::string error;
  CHECK(outputs.open("/nowhere/x", {}, error) == nullptr);
  CHECK(error == "/nowhere/x: No such file or directory");
  Output* full = outputs.open("/dev/full", {}, error);
  REQUIRE(full != nullptr);
  full->line("x");
  CHECK_FALSE(outputs.failed());
  CHECK(outputs.close() == std::vector<std::string>{"/dev/full: No space left on device"});
  CHECK(outputs.failed());
  CHECK_FALSE(outputs.pipe_closed());
}

TEST_CASE("a closed pipe is a reason to stop, not an error") {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  close(ends[0]);
  Output output("pipe", ends[1]);
  output.line("x");
  output.flush();
  CHECK(output.failed());
  CHECK(output.pipe_closed());
  CHECK(output.error().empty());
}
