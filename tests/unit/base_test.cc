#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"

using namespace semper;

namespace {
std::string folded(std::string_view text) {
  std::string out;
  append_folded(out, text);
  return out;
}
std::string utc(std::string_view text) {
  std::string out;
  return append_utc(out, text) ? out : "no time";
}
}  // namespace

TEST_CASE("folding is Unicode's full case folding") {
  CHECK(folded("Severity") == "severity");
  CHECK(folded("STRASSE") == folded("straße"));
  CHECK(folded("ẞ") == "ss");
  CHECK(folded("ΣΑΣ") == folded("σας"));
  CHECK(folded("\xE2\x84\xAA") == "k");
  CHECK(folded("ı") == "ı");
  CHECK(folded("I") == "i");
  CHECK(folded("ﬃ") == "ffi");
  CHECK(folded("𐐀") == "𐐨");
  std::string scratch;
  CHECK(fold("plain", scratch).data() != scratch.data());
}

TEST_CASE("UTF-16 puts what is beyond the BMP before its end") {
  CHECK(utf16("aé😀") == u"aé😀");
  CHECK(utf16("😀") < utf16("\xEF\xBF\xBD"));
}

TEST_CASE("every time format of AWS events becomes RFC 3339 in UTC") {
  CHECK(utc("2023-07-10T12:07:57Z") == "2023-07-10T12:07:57Z");
  CHECK(utc("2023-07-10 12:07:57.123456789") == "2023-07-10T12:07:57.123456789Z");
  CHECK(utc("2023-07-10T23:07:57.5-04:00") == "2023-07-11T03:07:57.5Z");
  CHECK(utc("2023-01-01T00:30:00+0100") == "2022-12-31T23:30:00Z");
  CHECK(utc("2024-02-29") == "2024-02-29T00:00:00Z");
  CHECK(utc("1969-12-31T23:59:59Z") == "1969-12-31T23:59:59Z");
  for (const char* text :
       {"", "2023-02-29", "2023-13-01T00:00:00Z", "2022-03-02T00: 09: 06Z", "now",
        "2023-07-10T12:07:57Zx", "2023-07-10T24:00:00Z", "2023-07-10T12:07:57.Z"}) {
    CAPTURE(text);
    CHECK(utc(text) == "no time");
  }
  CHECK(parse_date("20220120") == parse_time("2022-01-20"));
  CHECK(!parse_date("2022012"));
  CHECK(format_time(*parse_time("2026-11-24T21:00:00Z")) == "2026-11-24T21:00:00Z");
}

TEST_CASE("a time with one byte changed is read alike, whichever way it takes") {
  for (std::string_view time : {"2023-07-10T12:07:57Z", "2024-02-28T23:59:59.123456789Z"}) {
    for (std::size_t i = 0; i < time.size(); ++i) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(time);
        text[i] = static_cast<char>(byte);
        CAPTURE(text);
        std::optional<UnixSeconds> seconds = parse_time(text);
        std::string out = utc(text);
        REQUIRE((out != "no time") == seconds.has_value());
        if (!seconds) continue;
        REQUIRE(parse_time(out) == seconds);
        REQUIRE(out.substr(19) == text.substr(19, text.size() - 20) + "Z");
      }
    }
  }
}

TEST_CASE("hashes are XXH3-128") {
  CHECK(hash_hex("") == "99aa06d3014798d86001c324468d497f");
  CHECK(hash_hex("a").size() == 32);
  CHECK(hash_hex("a") != hash_hex("b"));
}

TEST_CASE("a slip of the pen finds the name that was meant") {
  constexpr std::string_view kNames[] = {"exclude", "forceInclude"};
  CHECK(nearest("forceIncldue", kNames) == "forceInclude");
  CHECK(nearest("Exclude", kNames) == "exclude");
  CHECK(nearest("whatever", kNames).empty());
}

TEST_CASE("invalid UTF-8 is found at its first byte") {
  CHECK(find_invalid_utf8("aé😀") == std::string_view::npos);
  CHECK(find_invalid_utf8("a\xC3(") == 1);
  CHECK(find_invalid_utf8("\xED\xA0\x80") == 0);
  CHECK(find_invalid_utf8("\xF0\x80\x80\x80") == 0);
}

TEST_CASE("base64 pads") {
  auto base64 = [](std::string_view bytes) {
    std::string out;
    append_base64(out, bytes);
    return out;
  };
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foobar") == "Zm9vYmFy");
}

TEST_CASE("arena bytes stay where they are until reset") {
  Arena arena;
  std::string_view first = arena.copy("first");
  for (int i = 0; i < 10000; ++i) arena.copy("something else that fills chunks");
  std::string_view big = arena.copy(std::string(100000, 'x'));
  CHECK(first == "first");
  CHECK(big.size() == 100000);
  arena.reset();
  CHECK(arena.copy("again").data() == first.data());
}

TEST_CASE("a buffer keeps what was written while it grows, and its memory when it is cleared") {
  Buffer buffer;
  CHECK(buffer.text().empty());
  buffer.append({});
  std::string expected;
  for (int i = 0; i < 1'000; ++i) {
    std::string piece = std::to_string(i);
    std::copy(piece.begin(), piece.end(), buffer.grow(piece.size()));
    buffer.append(",");
    expected += piece + ',';
  }
  CHECK(buffer.text() == expected);
  std::size_t capacity = buffer.capacity();
  buffer.clear();
  CHECK(buffer.size() == 0);
  CHECK(buffer.capacity() == capacity);
}
