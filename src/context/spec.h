/// What a user writes of a provider: `type:location?option=value&…`, or the same as a JSON object.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "semper/providers.hpp"
#include "semper/status.hpp"

namespace semper::context {

/// Options are taken one by one; what nobody took is a mistake of the user's.
class Spec {
 public:
  static Result<Spec> parse(std::string_view text);

  const std::string& type() const { return type_; }
  /// Empty where the spec names none. `name` is how a JSON object calls it.
  std::string location(std::string_view name);
  std::optional<std::string> take(std::string_view option);
  /// The specs of a chain.
  const std::vector<std::string>& links() const { return links_; }
  /// Changes `options` by what the spec says of them; whether it said anything.
  Result<bool> apply_to(ProviderOptions& options);
  Result<std::chrono::milliseconds> take_duration(std::string_view option,
                                                  std::chrono::milliseconds otherwise);
  Result<KeyKind> take_key_kind(KeyKind otherwise);
  /// Names the first option that was not taken, and what may have been meant.
  Status finish() const;

 private:
  static Result<Spec> parse_json(std::string_view text);
  static Result<Spec> parse_line(std::string_view text);

  std::string type_;
  std::string location_;
  std::map<std::string, std::string, std::less<>> options_;
  std::vector<std::string> taken_;  ///< all that were asked for, present or not
  std::vector<std::string> links_;
};

/// "250ms", "30s", "5m", "1h", "2d", "0".
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace semper::context
