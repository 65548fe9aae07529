/// What the bindings are compared with: the same work through the C++ API. The protocol is in
/// run.py.
///   semper_bench_runner POLICIES_DIR ACCOUNTS_FILE EVENTS_NDJSON
#include <time.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <semper/semper.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace {

[[noreturn]] void fail(const std::string& message) {
  std::cerr << "semper_bench_runner: " << message << '\n';
  std::exit(1);
}

long long cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) fail("usage: semper_bench_runner POLICIES_DIR ACCOUNTS_FILE EVENTS_NDJSON");
  semper::Compiler compiler;
  if (auto status = compiler.add_repository(argv[1]); !status.ok()) fail(status.message());
  auto accounts = semper::open_account_file(argv[2]);
  if (!accounts) fail(accounts.status().message());
  if (auto status = compiler.add_provider("accounts", *accounts); !status.ok()) {
    fail(status.message());
  }
  auto policies = compiler.compile();
  if (!policies) fail(policies.status().message());
  std::ifstream file(argv[3], std::ios::binary);
  if (!file) fail("events cannot be read");
  std::vector<std::string> events;
  for (std::string line; std::getline(file, line);) events.push_back(line);

  semper::Evaluator evaluator(*policies);
  std::cout << "ready" << std::endl;
  std::string command;
  for (long passes = 0; std::cin >> command && command != "quit";) {
    // C++ has one way: a call costs nothing that a batch would save.
    if ((command != "single" && command != "batch") || !(std::cin >> passes)) fail("no command");
    long long findings = 0;
    long long bytes = 0;
    long long begin = cpu_ns();
    for (long pass = 0; pass < passes; ++pass) {
      for (const std::string& event : events) {
        const semper::Evaluation& records = evaluator.evaluate(event);
        for (std::size_t i = 0; i < records.size(); ++i) {
          bytes += static_cast<long long>(records.json(i).size());
        }
        findings += static_cast<long long>(records.size());
      }
    }
    std::printf("{\"findings\": %lld, \"bytes\": %lld, \"cpu_ns\": %lld}\n", findings, bytes,
                cpu_ns() - begin);
    std::fflush(stdout);
  }
}
