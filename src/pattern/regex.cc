#include "pattern/regex.h"

#include <fmt/format.h>
#include <re2/re2.h>

namespace semper::pattern {
namespace {

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

Regex::Regex() = default;
Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

Regex::Status Regex::compile(std::string_view text, const Limits& limits, Regex& regex,
                             std::string& message) {
  if (text.size() > limits.regex_bytes) {
    message = fmt::format("regular expression too large: {} bytes, the limit is {}", text.size(),
                          limits.regex_bytes);
    return Status::kTooComplex;
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto compiled = std::make_unique<re2::RE2>(piece(text), options);
  if (compiled->error_code() == re2::RE2::ErrorPatternTooLarge) {
    message = "regular expression too large: shorten its repetitions and character classes";
    return Status::kTooComplex;
  }
  if (!compiled->ok()) {
    message = fmt::format("bad regular expression: {}", compiled->error());
    for (std::string_view look_around : {"(?=", "(?!", "(?<=", "(?<!"}) {
      if (text.find(look_around) == std::string_view::npos) continue;
      message += "; there is no look-around: write a second test, such as regex-not-match";
      break;
    }
    return Status::kSyntax;
  }
  regex.re2_ = std::move(compiled);
  return Status::kOk;
}

std::size_t Regex::size() const {
  return static_cast<std::size_t>(re2_->ProgramSize());
}

bool Regex::matches(std::string_view text) const {
  return re2_->Match(piece(text), 0, text.size(), re2::RE2::ANCHOR_START, nullptr, 0);
}

}  // namespace semper::pattern
