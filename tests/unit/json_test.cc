#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "json/document.h"
#include "json/event.h"
#include "json/pieces.h"
#include "json/tokens.h"
#include "json/writer.h"
#include "unit/strict_json.h"

using namespace semper;
using namespace semper::json;

namespace {

std::string error_of(std::string_view text) {
  EventDocument document;
  return document.parse(text) ? "ok" : std::string(document.error().name());
}

ParseError document_error(std::string text, ParseOptions options = {}) {
  Document document;
  ParseError error;
  bool ok = Document::parse(std::move(text), options, document, error);
  CHECK(ok == (error.code == ParseError::Code::kNone));
  return error;
}

}  // namespace

TEST_CASE("an event value is a range of the input's bytes") {
  std::string text =
      R"( { "a" : [ 1 , {"b": 123456789012345678901234567890.50} , "x\ny" ] ,"c":true } )";
  EventDocument document;
  REQUIRE(document.parse(text));
  EventValue root = document.root();
  CHECK(root.is_object());
  CHECK(root.find("a").raw() == R"([ 1 , {"b": 123456789012345678901234567890.50} , "x\ny" ])");
  std::vector<std::string> elements;
  for (EventValue element : root.find("a").elements()) elements.emplace_back(element.raw());
  CHECK(elements ==
        std::vector<std::string>{"1", R"({"b": 123456789012345678901234567890.50})", R"("x\ny")"});
  CHECK(root.find({"A"}).is_array());
  CHECK(root.find("c").boolean());
  CHECK(!root.find("d"));
  std::string scratch;
  EventValue last = *++(++root.find("a").elements().begin());
  CHECK(last.text() == R"(x\ny)");
  CHECK(last.string(scratch) == "x\ny");
}

TEST_CASE("an exact key is preferred to one that differs in case") {
  EventDocument document;
  REQUIRE(document.parse(R"({"ARN":1,"arn":2,"Arn":3})"));
  CHECK(document.root().find("arn").raw() == "2");
  CHECK(document.root().find("aRn").raw() == "1");
}

TEST_CASE("escapes are decoded, lone surrogates replaced") {
  EventDocument document;
  std::string scratch;
  REQUIRE(
      document.parse(R"(["\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t","\ud800x","\udc00\ud800\udc00"])"));
  auto at = document.root().elements().begin();
  CHECK((*at).string(scratch) == "é😀\"\\/\b\f\n\r\t");
  CHECK((*++at).string(scratch) == "\xEF\xBF\xBDx");
  CHECK((*++at).string(scratch) == "\xEF\xBF\xBD\xF0\x90\x80\x80");
}

TEST_CASE("what is no JSON is refused by both readers") {
  const char* refused[] = {
      "",
      " ",
      "{",
      "[",
      "]",
      "}",
      "{\"a\"}",
      "{\"a\":}",
      "{a:1}",
      "[1,]",
      "{\"a\":1,}",
      "[1 2]",
      "01",
      "+1",
      ".5",
      "1.",
      "1e",
      "-",
      "NaN",
      "Infinity",
      "tru",
      "truex",
      "'a'",
      "\"a",
      "\"\\x\"",
      "\"\\u12\"",
      "\"a\nb\"",
      "[1]]",
      "{}{}",
      "{\"a\":1]",
      "[1}",
      "// c\n1",
      "\xEF\xBB\xBF{}",
      "1 x",
      "\"a\"x",
      "1\"a\"",
      "{\"a\" 1}",
      "[,1]",
      "{,}",
      "\\n",
      "[\"a\" \"b\"]",
      "{\"a\":1 \"b\":2}",
      "{1:2}",
      "[1,,2]",
      "{\"a\"::1}",
      "nul",
      "[\"a\"\\]",
  };
  for (const char* text : refused) {
    CAPTURE(text);
    CHECK(error_of(text) == "event_json_syntax");
    CHECK(document_error(text).code == ParseError::Code::kSyntax);
  }
  std::string nul("{}\0x", 4);
  CHECK(error_of(nul) == "event_json_syntax");
  CHECK(document_error(nul).code == ParseError::Code::kSyntax);
  std::string only_nul("{}\0", 3);
  CHECK(error_of(only_nul) == "event_json_syntax");
  CHECK(document_error(only_nul).code == ParseError::Code::kSyntax);
}

TEST_CASE("what is JSON is read by both readers") {
  const char* accepted[] = {"{}",
                            "[]",
                            " 1 ",
                            "-0",
                            "1e400",
                            "0.1E-7",
                            "\"\"",
                            "null",
                            "[[],{}]",
                            "{\"\":{\"\":[]}}",
                            "[1 , 2]\n",
                            "{\"a\":1,\"a\":2}",
                            "\"\\u0000\"",
                            "123456789012345678901234567890",
                            "[-1e999999,1E+400 ]",
                            "\"\xF0\x9F\x98\x80\""};
  for (const char* text : accepted) {
    CAPTURE(text);
    CHECK(error_of(text) == "ok");
    CHECK(document_error(text).code == ParseError::Code::kNone);
  }
}

TEST_CASE("bytes that are no UTF-8 are named with their place") {
  for (std::string bytes : {"\xFF", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82"}) {
    std::string text = "{\"a\":\"" + bytes + "\"}";
    CHECK(error_of(text) == "invalid_utf8");
    ParseError error = document_error(text);
    CHECK(error.code == ParseError::Code::kInvalidUtf8);
    CHECK(error.offset == 6);
  }
}

TEST_CASE("depth and size are limited") {
  auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(error_of(nested(1024)) == "ok");
  CHECK(error_of(nested(1025)) == "event_too_deep");
  CHECK(error_of(std::string(1000000, '[')) == "event_too_deep");
  CHECK(document_error(nested(128)).code == ParseError::Code::kNone);
  CHECK(document_error(nested(129)).code == ParseError::Code::kTooDeep);
  EventDocument document;
  Limits limits;
  limits.event_bytes = 10;
  CHECK(document.parse("[1,2,3,45]", limits));
  CHECK(!document.parse("[1,2,3,456]", limits));
  CHECK(document.error().name() == "event_too_large");
}

TEST_CASE("a document refuses lone surrogates, or replaces them where machines wrote it") {
  for (const char* text : {R"("\ud800")", R"("\udc00")", R"({"\ud800x":1})", R"("\ud800A")"}) {
    CAPTURE(text);
    CHECK(document_error(text).code == ParseError::Code::kInvalidUnicode);
    ParseOptions options;
    options.replace_lone_surrogates = true;
    CHECK(document_error(text, options).code == ParseError::Code::kNone);
  }
}

TEST_CASE("a document remembers where everything stood") {
  Document document;
  ParseError error;
  std::string text = "{\n  \"a\": [1, {\"b/c\": \"x\\n\"}],\n  \"d\" : 1.50 }";
  REQUIRE(Document::parse(text, {}, document, error));
  const Value& list = *document.root().find("a");
  CHECK(text.substr(list.begin, list.end - list.begin) == "[1, {\"b/c\": \"x\\n\"}]");
  const Value& inner = *list.elements()[1].find("b/c");
  CHECK(inner.text == "x\n");
  CHECK(document.pointer_at(inner.begin) == "/a/1/b~1c");
  CHECK(position_of(text, inner.begin).line == 2);
  CHECK(position_of(text, inner.begin).column == 20);
  const Value& number = *document.root().find("d");
  CHECK(number.text == "1.50");
  CHECK(text.substr(number.begin, number.end - number.begin) == "1.50");
  CHECK(text.substr(document.root().begin, document.root().end) == text);
  CHECK(document.pointer_at(0).empty());
}

TEST_CASE("a document keeps numbers of any size by their literal") {
  std::string digits(400, '7');
  Document document;
  ParseError error;
  REQUIRE(Document::parse("[" + digits + ",1e400,\"1e400\",-1.5E+9]", {}, document, error));
  auto elements = document.root().elements();
  REQUIRE(elements.size() == 4);
  CHECK(elements[0].text == digits);
  CHECK(elements[1].text == "1e400");
  CHECK(elements[1].begin == 402);
  CHECK(elements[1].end == 407);
  CHECK(elements[2].text == "1e400");
  CHECK(elements[3].text == "-1.5E+9");
}

TEST_CASE("a value is written on one line, every byte of its tokens kept") {
  EventDocument document;
  REQUIRE(document.parse("{\r\n \"a b\" : [ 1.0 ,\n \"x  y\" ] }"));
  std::string out;
  document.root().append_compact(out);
  CHECK(out == R"({"a b":[1.0,"x  y"]})");
}

TEST_CASE("an escape is seen wherever it stands") {
  for (char special : {'"', '\\', '\n', '\x01', '\x1F'}) {
    for (std::size_t at = 0; at < 24; ++at) {
      std::string text(24, 'x');
      text[at] = special;
      std::string out;
      append_quoted(out, text);
      EventDocument document;
      REQUIRE(document.parse(out));
      std::string scratch;
      CHECK(document.root().string(scratch) == text);
    }
  }
}

TEST_CASE("a text without bytes is an empty string") {
  std::string out;
  append_quoted(out, std::string_view());
  CHECK(out == "\"\"");
}

TEST_CASE("strings are escaped so that any reader gets them back") {
  std::string all;
  for (int c = 0; c < 0x80; ++c) all += static_cast<char>(c);
  all += "é😀";
  std::string out;
  append_quoted(out, all);
  EventDocument document;
  REQUIRE(document.parse(out));
  std::string scratch;
  CHECK(document.root().string(scratch) == all);
  out.clear();
  append_quoted(out,
                "a\xFF"
                "b");
  CHECK(out ==
        "\"a\xEF\xBF\xBD"
        "b\"");
}

TEST_CASE("a plain text is quoted as it is, any other is told from it wherever it differs") {
  for (std::size_t size = 0; size < 20; ++size) {
    std::string text(size, 'x');
    CHECK(is_plain(text));
    std::string out = "before ";
    append_quoted(out, text);
    CHECK(out == "before \"" + text + "\"");
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        text[at] = static_cast<char>(byte);
        bool wanted = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
        if (is_plain(text) != wanted) FAIL("byte " << byte << " at " << at << " of " << size);
      }
      text[at] = 'x';
    }
  }
}

TEST_CASE("pieces become one text, with the commas that JSON wants") {
  Pieces pieces;
  for (int round = 0; round < 2; ++round) {
    pieces.clear();
    pieces.open_object().member("a"_key, "1").member_if("gone"_key, "").string_member("b"_key, "x");
    pieces.key("list"_key).open_array().string("y").value("2").open_object().close_object();
    pieces.close_array().key("o"_key).open_object().value(R"("p":3)").member("q"_key, "4");
    pieces.close_object().value(R"("key")").colon().value("null").close_object();
    std::string out = "> ";
    pieces.append_to(out);
    CHECK(out == R"(> {"a":1,"b":"x","list":["y",2,{}],"o":{"p":3,"q":4},"key":null})");
  }
  std::string text;
  for (char c = 'A'; c <= 'z'; ++c) text += c;
  for (std::size_t size = 0; size <= text.size(); ++size) {
    pieces.clear();
    pieces.add(text.substr(0, 0)).add(std::string_view(text).substr(0, size)).add("|");
    std::string out;
    pieces.append_to(out);
    CHECK(out == text.substr(0, size) + "|");
    CHECK(pieces.size() == size + 1);
  }
}

// --- beside a reader that shares no code ---

namespace {

/// As events are read: a lone surrogate, of which the other reader makes three bytes, is U+FFFD.
void replace_lone_surrogates(strict_json::Node& node) {
  auto replace_in = [](std::string& text) {
    for (std::size_t i = 0; i + 2 < text.size(); ++i) {
      if (text[i] == '\xED' && (text[i + 1] & 0x20) != 0) text.replace(i, 3, "\xEF\xBF\xBD");
    }
  };
  if (node.kind == strict_json::Node::Kind::kString) replace_in(node.text);
  for (strict_json::Node& element : node.elements) replace_lone_surrogates(element);
  for (auto& [key, value] : node.members) {
    replace_in(key);
    replace_lone_surrogates(value);
  }
}

strict_json::Node node_of(EventValue value) {
  using Kind = strict_json::Node::Kind;
  strict_json::Node node;
  std::string scratch;
  switch (value.kind()) {
    case semper::json::Kind::kObject:
      node.kind = Kind::kObject;
      for (EventValue::Member member : value.members()) {
        std::string key(member.key().string(scratch));
        node.members.emplace_back(std::move(key), node_of(member.value()));
      }
      break;
    case semper::json::Kind::kArray:
      node.kind = Kind::kArray;
      for (EventValue element : value.elements()) node.elements.push_back(node_of(element));
      break;
    case semper::json::Kind::kString:
      node.kind = Kind::kString;
      node.text = value.string(scratch);
      break;
    default:
      node.kind = value.is_number() ? Kind::kNumber : Kind::kLiteral;
      node.text = value.raw();
  }
  return node;
}

/// Both refuse the text, or both read the same; also from what `append_compact` makes of it.
bool agree(EventDocument& document, const std::string& text) {
  std::optional<strict_json::Node> wanted = strict_json::Reader(text).read();
  if (document.parse(text) != wanted.has_value()) return false;
  if (!wanted) return document.error().code != EventError::Code::kNone && !document.root();
  std::string compact;
  document.root().append_compact(compact);
  if (strict_json::Reader(compact).read() != wanted) return false;
  replace_lone_surrogates(*wanted);
  return node_of(document.root()) == *wanted;
}

}  // namespace

TEST_CASE("every short sequence of tokens is taken or refused as another reader does") {
  // In brackets, too: what does not begin and end with them is read another way.
  const std::vector<std::string> pieces = {"{", "}",    "[", "]",  ",", ":",  "\"a\"",
                                           "1", "true", " ", "\t", "x", "\"", "\"\\\"\""};
  EventDocument document;
  std::size_t disagreements = 0;
  std::vector<std::size_t> at;
  constexpr std::size_t kLongest = 4;
  for (;;) {
    std::string text;
    for (std::size_t i : at) text += pieces[i];
    for (const std::string& whole :
         {text, "[" + text + "]", "{" + text + "}", "{\"k\":" + text + "}"}) {
      if (agree(document, whole)) continue;
      if (++disagreements < 10) MESSAGE("disagree about ", whole);
    }
    std::size_t i = 0;
    while (i < at.size() && ++at[i] == pieces.size()) at[i++] = 0;
    if (i == at.size()) {
      if (at.size() == kLongest) break;
      at.assign(at.size() + 1, 0);
    }
  }
  CHECK(disagreements == 0);
}

TEST_CASE("texts around the borders of blocks are read as another reader reads them") {
  std::mt19937 random(20261125);
  auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const std::string bases[] = {
      R"({"a":"x","list":[1,2.5e3,{"b":null},"\\\"q\\"],"empty":{},"none":[],"t":true,"s":"a b, c: {d}"})",
      "{ \"key\" : [ \"v\\\\\", false ,\n\t-0.1 ] , \"é\" : \"ü😀\", \"\":\"\" }",
      R"([["\u00e9\ud83d\ude00",[[]],{"x":{"y":{"z":[0]}}}],1e5,""])",
  };
  const std::string bytes =
      "{}[],:\"\\ \t\n\r\x01\x0C\x1A/axu0.-e1\xC3\xA9\xFF\x80\x9F" + std::string(1, '\0');
  EventDocument document;
  std::size_t valid = 0;
  std::size_t disagreements = 0;
  for (int round = 0; round < 60000; ++round) {
    std::string text = bases[below(std::size(bases))];
    // Longer strings and white space move everything across the borders.
    for (std::size_t i = below(4); i > 0; --i) {
      std::size_t place = text.find('"', below(text.size()));
      if (place != std::string::npos) text.insert(place + 1, below(90), 'p');
    }
    // 64 blocks are read before their tokens are noted.
    if (below(10) == 0) text.insert(text.find('"') + 1, 4000 + below(150), 'p');
    text.insert(below(2) == 0 ? 0 : text.size(), below(70), ' ');
    for (std::size_t i = below(3); i > 0; --i) {
      std::size_t place = below(text.size());
      char byte = bytes[below(bytes.size())];
      switch (below(3)) {
        case 0:
          text[place] = byte;
          break;
        case 1:
          text.insert(place, 1, byte);
          break;
        default:
          text.erase(place, 1);
      }
    }
    if (!agree(document, text) && ++disagreements < 10) MESSAGE("disagree about ", text);
    if (document.root()) ++valid;
  }
  CHECK(disagreements == 0);
  CHECK(valid > 10000);
  CHECK(valid < 50000);
}

TEST_CASE("blocks full of tokens, and without any, are read as another reader reads them") {
  EventDocument document;
  for (std::size_t count = 0; count < 300; ++count) {
    std::string lists = "[";
    std::string numbers = "[" + std::string(count, ' ');
    for (std::size_t i = 0; i < count; ++i) {
      lists += "[]";
      lists += i % 7 == 0 ? " ," : ",";
      numbers += "1,\"\",";
    }
    REQUIRE(agree(document, lists + "{}]"));
    REQUIRE(agree(document, numbers + "1]"));
    REQUIRE(agree(document, lists + "}]"));
  }
  REQUIRE(agree(document, std::string(60, '[') + std::string(60, ']')));
}

namespace {

/// Byte by byte, of a text that is JSON.
std::vector<std::uint32_t> tokens_of(const std::string& text) {
  std::vector<std::uint32_t> tokens;
  bool in_other = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_gap = std::string_view(",: \t\n\r").find(text[i]) != std::string_view::npos;
    const bool is_bracket = std::string_view("{}[]").find(text[i]) != std::string_view::npos;
    const bool is_other = !is_gap && !is_bracket && text[i] != '"';
    if (text[i] == '"' || is_bracket || (is_other && !in_other)) {
      tokens.push_back(static_cast<std::uint32_t>(i));
    }
    in_other = is_other;
    if (text[i] != '"') continue;
    for (++i; text[i] != '"'; ++i) {
      if (text[i] == '\\') ++i;
    }
  }
  tokens.push_back(static_cast<std::uint32_t>(text.size()));
  return tokens;
}

}  // namespace

// What the quick reader does not take, another one does, so that its mistakes would only cost time.
TEST_CASE("tokens are found 64 bytes at a time where they begin") {
  if (!can_find_tokens()) return;
  const std::vector<std::string> values = {
      "1",        "-0.5e3",      "true",         "null", "\"\"", "\"a b\"",
      "\"\\\\\"", "\"\\\"{,:\"", "\"\xC3\xA9\"", "{}",   "[]",   "{\"k\":[1,{}]}"};
  const std::vector<std::string> gaps = {"", "", "", " ", "\n  ", "\t"};
  std::mt19937 random(20261126);
  auto one_of = [&](const std::vector<std::string>& all) { return all[random() % all.size()]; };
  std::vector<std::uint32_t> tokens;
  for (int round = 0; round < 5000; ++round) {
    std::string text = one_of(gaps) + "[" + one_of(gaps) + "0";
    for (std::size_t size = random() % 700 + (round % 20 == 0 ? 4000 : 0); text.size() < size;) {
      text += one_of(gaps) + "," + one_of(gaps) + one_of(values);
      if (random() % 8 == 0) text += ",\"" + std::string(random() % 200, 'x') + "\"";
    }
    text += one_of(gaps) + "]" + one_of(gaps);
    tokens.assign(tokens_room(text.size()), 0);
    FoundTokens found;
    REQUIRE(find_tokens(text, tokens.data(), found));
    tokens.resize(found.count + 1);
    REQUIRE(tokens == tokens_of(text));
    CHECK(found.has_escapes == (text.find('\\') != std::string::npos));
    CHECK(found.is_ascii == (text.find('\xC3') == std::string::npos));
    CHECK(found.has_controls == (text.find_first_of("\t\n") != std::string::npos));
  }
}

TEST_CASE("an event that ends with its buffer is read no further") {
  // Each text in memory of its own size: a sanitizer sees one byte too many.
  for (std::size_t size = 0; size < 200; ++size) {
    std::string text = "{\"a\":\"" + std::string(size, 'x') + "\"}";
    std::vector<char> exact(text.begin(), text.end());
    EventDocument document;
    CHECK(document.parse({exact.data(), exact.size()}));
    std::string scratch;
    CHECK(document.root().find("a").string(scratch).size() == size);
  }
}
