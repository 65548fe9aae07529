/// The pages for policy authors say what the library does.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

#include "policy_case.h"
#include "unit/source_dir.h"

namespace semper::policy {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("the policies on the page load without a word") {
  std::string page = read(source_dir() + "/docs/policies.md");
  constexpr std::string_view kFence = "```json ";
  int count = 0;
  for (std::size_t at = page.find(kFence); at != std::string::npos; at = page.find(kFence, at)) {
    std::size_t id = at + kFence.size();
    std::size_t begin = page.find('\n', id);
    std::size_t end = page.find("```", begin);
    Loaded loaded = load(page.substr(id, begin - id), page.substr(begin, end - begin));
    CAPTURE(page.substr(id, begin - id));
    CHECK(loaded.ok);
    CHECK(summary(loaded.diagnostics).empty());
    ++count;
    at = end;
  }
  CHECK(count > 3);
}

TEST_CASE("every code is on the page") {
  std::string page = read(source_dir() + "/docs/diagnostics.md");
  const std::regex kCode(R"re((?:(?:error|warning)\(|k(?:Error|Warning),)\s*"([a-z_]+)")re");
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(source_dir() + "/src/policy")) {
    std::string source = read(entry.path());
    for (std::sregex_iterator it(source.begin(), source.end(), kCode), end; it != end; ++it) {
      CAPTURE(it->str(1));
      CHECK(page.find("`" + it->str(1) + "`") != std::string::npos);
      ++count;
    }
  }
  CHECK(count > 30);
}

}  // namespace
}  // namespace semper::policy
