#include <stdexcept>
#include <string>

#include "conformance/engine.h"
#include "oracle/naive.h"

namespace semper::conformance {
namespace {

json::Document read_event(std::string_view text) {
  json::ParseOptions options;
  options.max_bytes = Limits{}.event_bytes;
  options.max_depth = Limits{}.event_depth;
  options.replace_lone_surrogates = true;
  json::Document document;
  json::ParseError error;
  if (!json::Document::parse(std::string(text), options, document, error)) {
    throw std::runtime_error("the event is not valid: " + error.message);
  }
  return document;
}

class NaiveEngine : public Engine {
 public:
  std::string_view name() const override { return "naive"; }
  bool matches(const pattern::Pattern& pattern, pattern::Arrays arrays,
               std::string_view event) override {
    json::Document document = read_event(event);
    return oracle::naive_matches(pattern, arrays, document.root());
  }
  bool account_in_scope(const pattern::PolicyScope& scope, std::string_view account) override {
    json::Document document = read_event(account);
    return oracle::naive_account_in_scope(scope, &document.root(), "") == pattern::Truth::kTrue;
  }
};

}  // namespace

std::unique_ptr<Engine> make_naive_engine() {
  return std::make_unique<NaiveEngine>();
}

}  // namespace semper::conformance
