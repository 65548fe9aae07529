/// The hot path allocates nothing once its buffers are large enough.
#include <doctest/doctest.h>

#include <cstdlib>
#include <new>

#include "finding_samples.h"

namespace {
std::size_t allocations = 0;
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* place = std::malloc(size)) return place;
  throw std::bad_alloc();
}
void operator delete(void* place) noexcept {
  std::free(place);
}
void operator delete(void* place, std::size_t) noexcept {
  std::free(place);
}

using namespace samples;

TEST_CASE("no allocation for an event of a kind that was seen before") {
  std::string record =
      R"({"eventVersion":"1.08","eventID":"e-1","eventTime":"2023-07-10T12:07:57Z",)"
      R"("eventSource":"secretsmanager.amazonaws.com","eventName":"GetSecretValue",)"
      R"("eventType":"AwsApiCall","requestParameters":{"secretId":"a\"b"},"userIdentity":[]})";
  std::string texts[] = {
      std::string(kSlideCloudTrail),
      security_hub_event(R"({"findings":[)" + std::string(kSlideAsff) + "]}"),
      record,
      R"({"Records":[)" + record + "," + record + "]}",
      R"({"TopicArn":"t","Message":)" + quoted(kSlideCloudTrail) + "}",
      R"({"no":"format that is known, with a note that is longer than a short string"})",
  };
  semper::finding::Parser parser;
  semper::finding::Normalized normalized;
  semper::Arena arena;
  auto run = [&] {
    std::size_t findings = 0;
    for (const std::string& text : texts) {
      if (!parser.parse(text)) return std::size_t{0};
      for (const auto& finding : parser.findings()) {
        arena.reset();
        normalize(finding, {}, arena, normalized);
        ++findings;
      }
    }
    return findings;
  };
  for (int warm_up = 0; warm_up < 2; ++warm_up) REQUIRE(run() == 7);
  std::size_t before = allocations;
  std::size_t findings = run();
  std::size_t after = allocations;
  CHECK(findings == 7);
  CHECK(after - before == 0);
}
