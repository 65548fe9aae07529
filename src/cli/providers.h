/// The providers that a command was asked to use.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/config.h"
#include "semper/semper.hpp"

namespace semper::cli {

class Providers {
 public:
  /// "name=spec", as the command line has it.
  Status add(std::string_view definition);
  /// The same for `--accounts FILE`.
  Status add_accounts(const std::string& path);
  /// What the command line does not define already.
  Status add(const Config& config);

  bool has(std::string_view name) const;
  Status give_to(Compiler& compiler) const;
  /// An object of their counters; empty where there are none.
  std::string counters_json() const;

 private:
  Status add(std::string_view name, Result<std::shared_ptr<ContextProvider>> provider);

  std::vector<std::pair<std::string, std::shared_ptr<ContextProvider>>> providers_;
};

}  // namespace semper::cli
