/// semper_bench --data=DIRECTORY [options of Google Benchmark]
#include <benchmark/benchmark.h>

#include <string_view>

#include "benchmarks.h"

int main(int argc, char** argv) {
  std::string directory;
  constexpr std::string_view kData = "--data=";
  int kept = 0;
  for (int i = 0; i < argc; ++i) {
    std::string_view argument = argv[i];
    if (argument.substr(0, kData.size()) == kData) {
      directory = argument.substr(kData.size());
    } else {
      argv[kept++] = argv[i];
    }
  }
  argc = kept;
  if (directory.empty()) semper::bench::fail("--data=DIRECTORY is missing; script/bench gives it");

  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  semper::bench::Data data(directory);
  semper::bench::register_process(data);
  semper::bench::register_matcher(data);
  semper::bench::register_compile(data);
  semper::bench::register_providers(data);
  semper::bench::register_c_abi(data);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
