#include "cli/splitter.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "json/event.h"

using semper::cli::ByteSource;
using semper::cli::DocumentSink;
using semper::cli::SplitOptions;
using semper::cli::Splitter;

namespace {

class TextSource : public ByteSource {
 public:
  TextSource(std::string_view text, std::size_t piece) : text_(text), piece_(piece) {}
  std::size_t read(char* to, std::size_t size) override {
    std::size_t count = std::min({size, piece_, text_.size()});
    text_.copy(to, count);
    text_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view text_;
  std::size_t piece_;
};

/// Notes documents as they are, bytes that are no JSON with a "!", oversize ones with a "^".
class Recorder : public DocumentSink {
 public:
  bool try_document(std::string_view text) override {
    if (!document_.parse(text)) return false;
    seen.emplace_back(text);
    return true;
  }
  void document(std::string_view text) override {
    seen.emplace_back(document_.parse(text) ? "" : "!");
    seen.back() += text;
  }
  void begin_oversize() override { seen.emplace_back("^"); }
  void oversize_piece(std::string_view bytes) override { seen.back() += bytes; }
  void end_oversize() override { ended_oversize = true; }
  bool done() const override { return seen.size() >= wanted; }

  std::vector<std::string> seen;
  bool ended_oversize = false;
  std::size_t wanted = std::string::npos;

 private:
  semper::json::EventDocument document_;
};

using Seen = std::vector<std::string>;

Seen split(std::string_view text, SplitOptions options = {}, std::size_t piece = 1 << 20,
           bool* unclosed = nullptr) {
  TextSource source(text, piece);
  Recorder recorder;
  Splitter splitter(source, recorder, options);
  splitter.run();
  if (unclosed != nullptr) *unclosed = splitter.unclosed_list();
  return recorder.seen;
}

Seen split_events(std::string_view text) {
  SplitOptions options;
  options.unwrap = false;
  return split(text, options);
}

std::string without_space(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') out += c;
  }
  return out;
}

}  // namespace

TEST_CASE("documents of every form are told apart") {
  CHECK(split("") == Seen{});
  CHECK(split(" \n\t\r\n ") == Seen{});
  CHECK(split("{\"a\":1}\n{\"b\":2}\n") == Seen{"{\"a\":1}", "{\"b\":2}"});
  CHECK(split("{\"a\":1}\r\n\n  {\"b\":2}") == Seen{"{\"a\":1}", "{\"b\":2}"});
  CHECK(split("{\"a\":1}{\"b\":2} [3]\n{}") == Seen{"{\"a\":1}", "{\"b\":2}", "[3]", "{}"});
  CHECK(split("{\n \"a\": {},\n \"b\": [\n {}\n]\n}\n{\n}") ==
        Seen{"{\n \"a\": {},\n \"b\": [\n {}\n]\n}", "{\n}"});
  CHECK(split("{\"a\":{}\n,\"b\":{}}") == Seen{"{\"a\":{}\n,\"b\":{}}"});
  CHECK(split(R"({"a":"}\"{\\"}{"b":"[\\\"]"})") == Seen{R"({"a":"}\"{\\"})", R"({"b":"[\\\"]"})"});
}

TEST_CASE("a byte order mark is skipped where documents are unwrapped, and only there") {
  CHECK(split("\xEF\xBB\xBF{\"a\":1}") == Seen{"{\"a\":1}"});
  CHECK(split_events("\xEF\xBB\xBF{\"a\":1}") == Seen{"!\xEF\xBB\xBF{\"a\":1}"});
}

TEST_CASE("elements of lists of objects are documents") {
  CHECK(split("[{\"a\":1},{\"b\":2}]") == Seen{"{\"a\":1}", "{\"b\":2}"});
  CHECK(split("[\n  {\"a\":1},\n  {\n\"b\":2}, 5, \"x,]\\\"\"\n]\n{}") ==
        Seen{"{\"a\":1}", "{\n\"b\":2}", "5", "\"x,]\\\"\"", "{}"});
  CHECK(split("[{},[{}]][{}]") == Seen{"{}", "[{}]", "{}"});
  CHECK(split("[]\n[1,2]\n[[{}]]") == Seen{"[]", "[1,2]", "[[{}]]"});
  CHECK(split("[{\"a\":1}] x\n{}") == Seen{"{\"a\":1}", "!x", "{}"});
}

TEST_CASE("a small file of records stays whole, a large or broken one is taken apart") {
  CHECK(split("{\"Records\":[{\"a\":1},{}],\"b\":2}") ==
        Seen{"{\"Records\":[{\"a\":1},{}],\"b\":2}"});
  CHECK(split("{\n\"findings\" : [\n{}\n]\n}\n{}") == Seen{"{\n\"findings\" : [\n{}\n]\n}", "{}"});
  CHECK(split("{\"Records\":[{\"a\":1},{x},{\"b\":2}]}\n{}") ==
        Seen{"{\"a\":1}", "!{x}", "{\"b\":2}", "{}"});
  bool unclosed = false;
  CHECK(split("{\"Findings\":[{\"a\":1},{\"b\":", {}, 7, &unclosed) ==
        Seen{"{\"a\":1}", "!{\"b\":"});
  CHECK(unclosed);
  CHECK(split("{\"Findings\":[{\"a\":1}]", {}, 7, &unclosed) == Seen{"{\"a\":1}"});
  CHECK(unclosed);

  std::string large = "{\"Records\": [";
  Seen expected;
  for (int i = 0; i < 30'000; ++i) {
    std::string record = "{\"i\": \"";
    record += std::to_string(i) + std::string(60, 'x') + "\"}";
    if (i > 0) large += ",\n";
    large += record;
    expected.push_back(std::move(record));
  }
  CHECK(split(large + "]}", {}, 1 << 16) == expected);
  CHECK(split(large + "], \"NextToken\": \"x\"}", {}, 1 << 16) == [&] {
    Seen with_tail = expected;
    with_tail.emplace_back("{\"Records\": [], \"NextToken\": \"x\"}");
    return with_tail;
  }());
  CHECK(split(large + "], \"b\": [1\n{\"c\":1}\n", {}, 1 << 16) == [&] {
    Seen with_tail = expected;
    with_tail.emplace_back("!, \"b\": [1");
    with_tail.emplace_back("{\"c\":1}");
    return with_tail;
  }());
}

TEST_CASE("a line that is cut off swallows none of its neighbours") {
  for (std::string cut :
       {"{\"a\":1", "{\"a\":{\"b\":1},", "{\"a\":\"x", "{\"a\":[1,2", "{\"a\":[{}", "{\"a", "{",
        "{\"a\":", "{\"a\":[", "{\"a\":[1,", "{\"a\":tr", "{\"a\\"}) {
    CAPTURE(cut);
    std::string good = "{\"g\":[1,{\"h\":2}]}";
    CHECK(split(cut + "\n" + good + "\n" + good + "\n") == Seen{"!" + cut, good, good});
    CHECK(split(good + "\n" + cut + "\n" + good) == Seen{good, "!" + cut, good});
    CHECK(split(good + "\n" + cut) == Seen{good, "!" + cut});
    CHECK(split(cut + "\n" + cut + "\n" + good) == Seen{"!" + cut, "!" + cut, good});
    CHECK(split_events(cut + "\n" + good + "\n" + good + "\n") == Seen{"!" + cut, good, good});
  }
  CHECK(split("[{\"a\":1},{\"b\":\n[{\"c\":1}]\n{\"d\":1}") ==
        Seen{"{\"a\":1}", "!{\"b\":", "[{\"c\":1}]", "{\"d\":1}"});
}

TEST_CASE("a damaged document of several lines is one invalid document") {
  std::string damaged = "{\n  \"a\": \"x\ny\",\n  \"b\": {\n    \"c\": 1\n  }\n}";
  CHECK(split(damaged + "\n{\"g\":1}\n") == Seen{"!" + damaged, "{\"g\":1}"});
  damaged = "{\n  \"a\": 1\n  \"b\": [\n    {\n      \"c\": 1\n    }\n  ]\n}";
  CHECK(split(damaged + "\n{\n  \"g\": 1\n}\n") == Seen{"!" + damaged, "{\n  \"g\": 1\n}"});
  CHECK(
      split("[\n  {\n    \"a\": \"x\ny\",\n    \"b\": [1]\n  },\n  {\n    \"c\": 1\n  }\n]\n{}") ==
      Seen{"!{\n    \"a\": \"x\ny\",\n    \"b\": [1]\n  },", "{\n    \"c\": 1\n  }", "{}"});
  CHECK(split("{\n  \"a\": {\n    \"b\": 1,\n") == Seen{"!{\n  \"a\": {\n    \"b\": 1,"});
}

TEST_CASE("bytes that begin no document are invalid line by line") {
  CHECK(split("hello\n{\"a\":1}\nnull\n\"x\"") == Seen{"!hello", "{\"a\":1}", "null", "\"x\""});
  CHECK(split("{\"a\":1} x {\"b\":1}\n{}") == Seen{"!{\"a\":1} x {\"b\":1}", "{}"});
  CHECK(split("{\"a\":1}}\n{}") == Seen{"!{\"a\":1}}", "{}"});
  CHECK(split("{\"a\" 1}{\"b\":1}\n{\"c\":[}}\n{}") ==
        Seen{"!{\"a\" 1}", "{\"b\":1}", "!{\"c\":[}}", "{}"});
  CHECK(split("[INFO] started\n{}") == Seen{"![INFO] started", "{}"});
}

TEST_CASE("events stand by themselves where nothing is unwrapped") {
  CHECK(split_events("{\"a\":1} {\"a\":1}\n{}") == Seen{"!{\"a\":1} {\"a\":1}", "{}"});
  CHECK(split_events("[{\"a\":1}]\n{\n\"a\":1\n}\n5\n") ==
        Seen{"[{\"a\":1}]", "{\n\"a\":1\n}", "5"});
  CHECK(split_events("{\"Records\":[{}]}") == Seen{"{\"Records\":[{}]}"});
}

TEST_CASE("a document beyond the limit is passed on in pieces, and the next one is found") {
  SplitOptions options;
  options.limit = 64;
  std::string long_string(500, 'x');
  for (std::size_t piece : {1, 7, 64, 4096}) {
    CAPTURE(piece);
    std::string line = "{\"a\":\"" + long_string + "\"}";
    CHECK(split("{}\n" + line + "\n{\"b\":1}\n", options, piece) ==
          Seen{"{}", "^" + line, "{\"b\":1}"});
    CHECK(split(line + "{\"b\":1}", options, piece) == Seen{"^" + line, "{\"b\":1}"});
    CHECK(split("[" + line + ",{\"b\":1}]", options, piece) == Seen{"^" + line, "{\"b\":1}"});
    CHECK(split(line + " x\n{}", options, piece) == Seen{"^" + line + " x", "{}"});
    CHECK(split(long_string + "\n{}", options, piece) == Seen{"^" + long_string, "{}"});
    std::string pretty = "{\n";
    for (int i = 0; i < 50; ++i) pretty += "  \"k\": [1,\n  2],\n";
    CHECK(split(pretty + " \"l\": 1\n}\n{}", options, piece) ==
          Seen{"^" + pretty + " \"l\": 1\n}", "{}"});
    // Cut off: the next line is not part of it.
    std::string cut = pretty + "  \"m\": [1\n";
    CHECK(split(cut + "{\"b\":1}\n{}", options, piece) == Seen{"^" + cut, "{\"b\":1}", "{}"});
    CHECK(split(cut, options, piece) == Seen{"^" + cut});
  }
}

TEST_CASE("any depth is scanned") {
  std::string deep = std::string(10'000, '[') + std::string(10'000, ']');
  CHECK(split(deep + "\n{}") == Seen{"!" + deep, "{}"});
  std::string open(3'000'000, '[');
  CHECK(split(open + "\n{}") == Seen{"!" + open, "{}"});
}

TEST_CASE("the splitter stops when nothing more is wanted") {
  TextSource source("{}\n{}\n[{},{}]\n{}", 100);
  Recorder recorder;
  recorder.wanted = 3;
  Splitter(source, recorder).run();
  CHECK(recorder.seen.size() == 3);
}

TEST_CASE("mutated input: no byte is lost, and the size of reads changes nothing") {
  const std::string seeds[] = {
      "{\"a\":1}\n{\"b\":\"x\\\"y\"}\n{\"c\":[1,2,{\"d\":null}]}\n",
      "{\n  \"a\": {\n    \"b\": [\n      {},\n      1\n    ]\n  }\n}\n{\n  \"c\": 1\n}\n",
      "[\n  {\"a\": 1},\n  {\n    \"b\": \"{\"\n  }\n]\n{\"z\": []}\n",
      "{\"Records\": [\n  {\"a\": 1},\n  {\"b\": 2}\n]}\n{\"c\": 3}\n"};
  const std::string alphabet = "{}[]\",:\\\n 1ax";
  std::mt19937 random(20'261'124);
  auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  for (int round = 0; round < 4000; ++round) {
    std::string text = seeds[below(4)] + seeds[below(4)];
    for (std::size_t changes = below(4); changes > 0; --changes) {
      std::size_t at = below(text.size());
      switch (below(3)) {
        case 0:
          text.erase(at, 1 + below(5));
          break;
        case 1:
          text.insert(at, 1, alphabet[below(alphabet.size())]);
          break;
        default:
          text[at] = alphabet[below(alphabet.size())];
      }
      if (text.empty()) text += 'x';
    }
    CAPTURE(text);
    SplitOptions events;
    events.unwrap = false;
    Seen whole = split(text, events);
    std::string joined;
    for (const std::string& document : whole) joined += document.substr(document[0] == '!');
    REQUIRE(without_space(joined) == without_space(text));
    REQUIRE(split(text, events, 1) == whole);
    REQUIRE(split(text, events, 5) == whole);
    whole = split(text);
    REQUIRE(split(text, {}, 1) == whole);
    REQUIRE(split(text, {}, 3) == whole);
  }
}
