/// Semper as a peer of other matchers, with no more around it than they have: see
/// tests/bench/peers/run.py for the protocol.
///   semper_bench_peer PATTERNS EVENTS
#include <fmt/format.h>

#include <cstdio>
#include <ctime>
#include <iostream>

#include "data.h"

namespace {

using semper::bench::Data;

double cpu_seconds() {
  timespec time = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

class Peer {
 public:
  Peer(const semper::pattern::Program& program, std::vector<std::string> events)
      : matcher_(program), events_(std::move(events)) {}

  /// Events a second of CPU time, over whole passes that take at least so many seconds.
  double rate(double seconds) {
    double start = cpu_seconds();
    double elapsed = 0;
    std::size_t done = 0;
    do {
      for (const std::string& event : events_) match(event);
      done += events_.size();
      elapsed = cpu_seconds() - start;
    } while (elapsed < seconds);
    return static_cast<double>(done) / elapsed;
  }

  void print_matches() {
    for (const std::string& event : events_) {
      match(event);
      fmt::print("matches");
      for (std::uint32_t pattern : matched_) fmt::print(" {}", pattern);
      fmt::print("\n");
    }
  }

 private:
  void match(const std::string& event) {
    if (!document_.parse(event)) semper::bench::fail(document_.error().message);
    matcher_.match({document_.root(), {}}, matched_);
  }

  semper::json::EventDocument document_;
  semper::pattern::Matcher matcher_;
  std::vector<std::uint32_t> matched_;
  std::vector<std::string> events_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) semper::bench::fail("wants PATTERNS and EVENTS");
  Data data(".");
  semper::pattern::Program program = semper::bench::program(
      data, argv[1], semper::pattern::Dialect::kEventBridge, semper::pattern::Arrays::kAny);
  std::vector<std::string> events = data.lines(argv[2]);
  fmt::print("ready {} {}\n", program.size(), events.size());
  std::fflush(stdout);
  Peer peer(program, std::move(events));
  for (std::string command; std::getline(std::cin, command);) {
    if (command == "matches") {
      peer.print_matches();
    } else {
      fmt::print("rate {}\n", peer.rate(std::stod(command)));
    }
    std::fflush(stdout);
  }
}
