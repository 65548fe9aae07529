#include <doctest/doctest.h>

#include "cli/processor.h"

using semper::cli::last_cut;

TEST_CASE("input is cut where a document surely ends") {
  CHECK(last_cut("{\"a\":1}\n{\"a\":2}\n{\"a\"", false) == 16);
  CHECK(last_cut("{\"a\":1} \r\n{\"a\":2}", false) == 10);
  CHECK(last_cut("{\"a\":1}", false) == 0);
  CHECK(last_cut("", false) == 0);
  CHECK(last_cut("\n", true) == 0);
}

TEST_CASE("no cut goes through a document") {
  CHECK(last_cut("{\n \"a\": {\n }\n}\n", false) == 0);
  CHECK(last_cut("[\n{\"a\":1},\n{\"a\":2}\n]\n", false) == 0);
  CHECK(last_cut("{\"a\":\n{\"b\":1}\n}\n", false) == 0);
}

TEST_CASE("in a pause a last line that is a document is not kept waiting") {
  CHECK(last_cut("{\"a\":1}\n", true) == 8);
  CHECK(last_cut("{\"a\":1}\n{\"a\":2}\n", true) == 16);
  CHECK(last_cut("{\"a\":1}\n", false) == 0);
  CHECK(last_cut("{\n \"a\": {\"b\":1}\n", true) == 0);
  CHECK(last_cut("{\"a\": {\"b\":1}\n", true) == 0);
  CHECK(last_cut("[\n{\"a\":1}\n", true) == 0);
}
