#include <stdexcept>
#include <string>

#include "conformance/engine.h"
#include "json/event.h"
#include "pattern/program.h"
#include "pattern/scope_program.h"

namespace semper::conformance {
namespace {

class CompiledEngine : public Engine {
 public:
  std::string_view name() const override { return "compiled"; }

  bool matches(const pattern::Pattern& pattern, pattern::Arrays arrays,
               std::string_view event) override {
    pattern::ProgramBuilder builder;
    builder.add(pattern, arrays);
    pattern::Matcher matcher(builder.build());
    std::vector<std::uint32_t> matched;
    matcher.match({read(event), {}}, matched);
    return !matched.empty();
  }

  bool account_in_scope(const pattern::PolicyScope& scope, std::string_view account) override {
    pattern::ScopeProgram program;
    program.add(scope);
    program.build();
    std::vector<pattern::Truth> truths;
    program.judge(read(account), "", truths);
    return truths.at(0) == pattern::Truth::kTrue;
  }

 private:
  /// Valid until the next call; `text` must outlive it.
  json::EventValue read(std::string_view text) {
    if (!document_.parse(text)) {
      throw std::runtime_error("the event is not valid: " + document_.error().message);
    }
    return document_.root();
  }

  json::EventDocument document_;
};

}  // namespace

std::unique_ptr<Engine> make_compiled_engine() {
  return std::make_unique<CompiledEngine>();
}

}  // namespace semper::conformance
