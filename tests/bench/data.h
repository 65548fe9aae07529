/// What generate.py made, as the benchmarks need it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "json/event.h"
#include "pattern/program.h"
#include "semper/semper.hpp"

namespace semper::bench {

/// The folder that generate.py filled.
class Data {
 public:
  explicit Data(std::string directory) : directory_(std::move(directory)) {}

  bool has(const std::string& name) const;
  std::string path(const std::string& name) const {
    return name.starts_with("/") ? name : directory_ + "/" + name;
  }
  /// The lines of a file; ends the program where it cannot be read.
  std::vector<std::string> lines(const std::string& name) const;

 private:
  std::string directory_;
};

struct PolicyText {
  std::string id;
  std::string text;
};

std::vector<PolicyText> policy_texts(const Data& data, std::size_t count);
/// Null where the set is not there; compiled once, then remembered.
std::shared_ptr<const PolicySet> policy_set(const Data& data, std::size_t count);
PolicySet compile(const std::vector<PolicyText>& policies,
                  std::shared_ptr<ContextProvider> accounts);

/// A file of {"id", "pattern"} as one program.
pattern::Program program(const Data& data, const std::string& name, pattern::Dialect dialect,
                         pattern::Arrays arrays);

std::size_t total_size(const std::vector<std::string>& texts);

/// Ends the program with a message.
[[noreturn]] void fail(const std::string& message);

}  // namespace semper::bench
