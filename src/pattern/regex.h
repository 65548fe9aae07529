/// Regular expressions (SPEC 6.10). regex.cc is the only file that knows RE2.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/limits.h"

namespace re2 {
class RE2;
}

namespace semper::pattern {

/// One expression, anchored at the start of the text, open at its end. Matching takes time linear
/// in the text; one object may be used by many threads at once.
class Regex {
 public:
  enum class Status : std::uint8_t { kOk, kSyntax, kTooComplex };

  Regex();
  ~Regex();
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;

  /// On failure `message` says what is wrong, and `regex` is left as it was.
  static Status compile(std::string_view text, const Limits& limits, Regex& regex,
                        std::string& message);

  /// Instructions of the compiled expression: some 40 bytes each.
  std::size_t size() const;
  /// `text` is valid UTF-8.
  bool matches(std::string_view text) const;

 private:
  std::unique_ptr<re2::RE2> re2_;
};

}  // namespace semper::pattern
