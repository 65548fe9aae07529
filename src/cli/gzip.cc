#include "cli/gzip.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace semper::cli {
namespace {

constexpr std::size_t kInputSize = std::size_t{256} << 10;
constexpr unsigned char kMagic = 0x1f;
constexpr int kGzipOnly = 15 + 16;  // zlib's window bits, and its mark for gzip

}  // namespace

GzipSource::GzipSource(ByteSource& compressed)
    : compressed_(compressed), input_(std::make_unique_for_overwrite<unsigned char[]>(kInputSize)) {
  if (inflateInit2(&stream_, kGzipOnly) != Z_OK) fail("not enough memory to decompress");
}

GzipSource::~GzipSource() {
  inflateEnd(&stream_);
}

std::size_t GzipSource::fail(std::string message) {
  error_ = std::move(message);
  ended_ = true;
  return 0;
}

bool GzipSource::refill() {
  if (stream_.avail_in > 0) return true;
  stream_.next_in = input_.get();
  stream_.avail_in =
      static_cast<unsigned>(compressed_.read(reinterpret_cast<char*>(input_.get()), kInputSize));
  return stream_.avail_in > 0;
}

bool GzipSource::next_member() {
  between_members_ = false;
  bool padding = false;
  while (refill()) {
    if (*stream_.next_in != 0) {
      if (*stream_.next_in == kMagic && !padding && inflateReset(&stream_) == Z_OK) return true;
      fail("bytes that are no gzip follow the compressed data; they were not read");
      return false;
    }
    padding = true;  // as tar and tape leave behind
    ++stream_.next_in;
    --stream_.avail_in;
  }
  ended_ = true;
  return false;
}

std::size_t GzipSource::read(char* to, std::size_t size) {
  stream_.next_out = reinterpret_cast<unsigned char*>(to);
  auto room = static_cast<unsigned>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
  stream_.avail_out = room;
  while (!ended_ && stream_.avail_out == room) {
    if (between_members_ && !next_member()) break;
    if (!refill()) return fail("the gzip data ends too early: the file was cut off");
    int status = inflate(&stream_, Z_NO_FLUSH);
    if (status == Z_STREAM_END) {
      between_members_ = true;
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      fail(fmt::format("damaged gzip data: {}", stream_.msg ? stream_.msg : "cannot decompress"));
    }
  }
  return room - stream_.avail_out;
}

}  // namespace semper::cli
