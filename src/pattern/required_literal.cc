#include "pattern/required_literal.h"

#include <cstddef>

namespace semper::pattern {
namespace {

/// Walks the top level of an expression and gathers runs of characters that must all be there.
class Walk {
 public:
  explicit Walk(std::string_view regex) : regex_(regex) {}

  RequiredLiteral run() {
    // Flags change what literals mean, and \Q…\E hides metacharacters.
    if (regex_.find("(?") != std::string_view::npos ||
        regex_.find("\\Q") != std::string_view::npos) {
      return {};
    }
    while (at_ < regex_.size()) {
      if (!step()) return {};
    }
    finish_run();
    return best_;
  }

 private:
  /// False: the expression requires nothing (an alternative), or is not understood.
  bool step() {
    char c = regex_[at_];
    switch (c) {
      case '|':
        return false;
      case '^':
        ++at_;
        if (at_ != 1) finish_run();
        return true;
      case '.':
      case '$':
        ++at_;
        finish_run();
        return true;
      case '*':
      case '?':
      case '{':
        drop_last_character();
        finish_run();
        skip_quantifier();
        return true;
      case '+':
        finish_run();
        skip_quantifier();
        return true;
      case '[':
        finish_run();
        return skip_class() && skip_quantifiers();
      case '(':
        finish_run();
        return skip_group() && skip_quantifiers();
      case '\\':
        return escape();
      default:
        run_ += c;
        ++at_;
        return true;
    }
  }

  bool escape() {
    if (at_ + 1 >= regex_.size()) return false;
    char c = regex_[at_ + 1];
    bool is_literal = static_cast<unsigned char>(c) < 0x80 && !(c >= '0' && c <= '9') &&
                      !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z');
    if (is_literal) {
      run_ += c;
      at_ += 2;
      return true;
    }
    // \d, \b, \x41, \pL, \x{…} …: only those of one letter are skipped with certainty.
    constexpr std::string_view kOneLetter = "dDsSwWbB";
    if (kOneLetter.find(c) == std::string_view::npos) return false;
    finish_run();
    at_ += 2;
    return skip_quantifiers();
  }

  /// After something that is no part of a run.
  bool skip_quantifiers() {
    while (at_ < regex_.size() &&
           (regex_[at_] == '*' || regex_[at_] == '+' || regex_[at_] == '?' || regex_[at_] == '{')) {
      skip_quantifier();
    }
    return true;
  }

  void skip_quantifier() {
    if (regex_[at_] == '{') {
      std::size_t close = regex_.find('}', at_);
      at_ = close == std::string_view::npos ? regex_.size() : close + 1;
    } else {
      ++at_;
    }
  }

  bool skip_class() {
    std::size_t i = at_ + 1;
    if (i < regex_.size() && regex_[i] == '^') ++i;
    if (i < regex_.size() && regex_[i] == ']') ++i;
    for (; i < regex_.size(); ++i) {
      if (regex_[i] == '\\') {
        ++i;
      } else if (regex_[i] == '[' && i + 1 < regex_.size() && regex_[i + 1] == ':') {
        i = regex_.find(":]", i + 2);
        if (i == std::string_view::npos) return false;
        ++i;
      } else if (regex_[i] == ']') {
        at_ = i + 1;
        return true;
      }
    }
    return false;
  }

  bool skip_group() {
    int depth = 0;
    while (at_ < regex_.size()) {
      char c = regex_[at_];
      if (c == '[') {
        if (!skip_class()) return false;
        continue;
      }
      if (c == '\\') {
        at_ += 2;
        continue;
      }
      ++at_;
      if (c == '(') ++depth;
      if (c == ')' && --depth == 0) return true;
    }
    return false;
  }

  void drop_last_character() {
    while (!run_.empty()) {
      auto byte = static_cast<unsigned char>(run_.back());
      run_.pop_back();
      if ((byte & 0xC0) != 0x80) return;
    }
  }

  /// A later run must be longer to beat the one at the start, which is cheaper to look for.
  void finish_run() {
    if (run_.size() > best_.text.size()) best_ = {run_, is_first_};
    run_.clear();
    is_first_ = false;
  }

  std::string_view regex_;
  std::size_t at_ = 0;
  std::string run_;
  bool is_first_ = true;
  RequiredLiteral best_;
};

}  // namespace

RequiredLiteral required_literal(std::string_view regex) {
  return Walk(regex).run();
}

}  // namespace semper::pattern
