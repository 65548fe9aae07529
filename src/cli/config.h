/// The file semper.json: what would stand on the command line of `semper process`, kept.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "semper/status.hpp"

namespace semper::cli {

struct Config {
  struct Provider {
    std::string name;
    std::string spec;   ///< a JSON object
    std::string place;  ///< file, line and column of the spec
  };

  std::string directory;  ///< of the file: relative paths in it start here
  std::optional<std::string> policies;
  std::optional<std::string> accounts;
  std::optional<std::string> regions;  ///< comma-separated
  std::optional<std::string> format;
  std::optional<std::size_t> threads;
  std::vector<Provider> providers;
};

/// share/semper/semper.schema.json describes the file. The message names file, line and column.
Result<Config> read_config(const std::string& path);

}  // namespace semper::cli
