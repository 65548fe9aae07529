#include "cli/gzip.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <algorithm>
#include <string>

using semper::cli::ByteSource;
using semper::cli::GzipSource;

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

std::string compress(std::string text) {
  z_stream stream{};
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<unsigned char*>(text.data());
  stream.avail_in = static_cast<unsigned>(text.size());
  stream.next_out = reinterpret_cast<unsigned char*>(out.data());
  stream.avail_out = static_cast<unsigned>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

struct Result {
  std::string text;
  std::string error;
};

Result decompress(const std::string& bytes, std::size_t piece = 1000) {
  TextSource source(bytes, piece);
  GzipSource gzip(source);
  Result result;
  char buffer[777];
  while (std::size_t count = gzip.read(buffer, sizeof buffer)) result.text.append(buffer, count);
  result.error = gzip.error();
  return result;
}

}  // namespace

TEST_CASE("members are decompressed one after another") {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += std::to_string(i) + "\n";
  for (std::size_t piece : {1, 10, 100'000}) {
    Result result = decompress(compress(text) + compress("") + compress("end"), piece);
    CHECK(result.text == text + "end");
    CHECK(result.error.empty());
  }
}

TEST_CASE("padding with zeros is no error, other bytes are") {
  CHECK(decompress(compress("a") + std::string(600, '\0')).error.empty());
  Result result = decompress(compress("a") + "garbage");
  CHECK(result.text == "a");
  CHECK(result.error.find("follow the compressed data") != std::string::npos);
}

TEST_CASE("damaged data: what could be read comes out, with an error") {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919);
  std::string bytes = compress(text);
  Result cut = decompress(bytes.substr(0, bytes.size() / 2));
  CHECK(cut.error.find("cut off") != std::string::npos);
  CHECK(cut.text.size() > text.size() / 4);
  CHECK(text.starts_with(cut.text));

  bytes[bytes.size() / 2] = static_cast<char>(~bytes[bytes.size() / 2]);
  Result damaged = decompress(bytes);
  CHECK(damaged.error.find("damaged") != std::string::npos);
  CHECK(decompress(bytes.substr(0, 5)).error.find("cut off") != std::string::npos);
}
