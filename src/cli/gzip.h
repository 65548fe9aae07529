/// Decompression of gzip members, one after another, from a stream.
#pragma once

#include <zlib.h>

#include <memory>
#include <string>

#include "cli/splitter.h"

namespace semper::cli {

class GzipSource : public ByteSource {
 public:
  /// `compressed` must outlive it.
  explicit GzipSource(ByteSource& compressed);
  ~GzipSource() override;
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

  std::size_t read(char* to, std::size_t size) override;
  /// Why the stream ended too early; empty: it did not.
  const std::string& error() const { return error_; }

 private:
  bool refill();
  /// After a member: true where another one follows.
  bool next_member();
  std::size_t fail(std::string message);

  ByteSource& compressed_;
  std::unique_ptr<unsigned char[]> input_;
  z_stream stream_{};
  bool between_members_ = false;
  bool ended_ = false;
  std::string error_;
};

}  // namespace semper::cli
