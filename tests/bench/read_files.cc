/// What a cold start of `semper check` is compared with: reads every .json file below a folder and
/// parses it with RapidJSON.
///   semper_bench_read_files DIRECTORY
#include <rapidjson/document.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

int main(int argc, char** argv) {
  if (argc != 2) return 1;
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[1])) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    rapidjson::Document document;
    document.Parse(text.c_str(), text.size());
    if (document.HasParseError()) return 1;
    ++files;
  }
  std::printf("%zu files\n", files);
}
