/// What the vectors are run against.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "pattern/ast.h"
#include "pattern/scope.h"

namespace semper::conformance {

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string_view name() const = 0;
  /// `event` is the JSON text of an object.
  virtual bool matches(const pattern::Pattern& pattern, pattern::Arrays arrays,
                       std::string_view event) = 0;
  /// `account` is the JSON text of an account context.
  virtual bool account_in_scope(const pattern::PolicyScope& scope, std::string_view account) = 0;
};

/// The plain evaluator.
std::unique_ptr<Engine> make_naive_engine();
/// The compiled program.
std::unique_ptr<Engine> make_compiled_engine();

/// Every engine that must agree with the vectors. A new one is added here.
inline std::vector<std::unique_ptr<Engine>> all_engines() {
  std::vector<std::unique_ptr<Engine>> engines;
  engines.push_back(make_naive_engine());
  engines.push_back(make_compiled_engine());
  return engines;
}

}  // namespace semper::conformance
