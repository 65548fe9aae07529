/// The built-in providers that need a library, each in one file; a build may lack any of them.
#pragma once

#include <memory>
#include <string>

#include "context/spec.h"
#include "context/watch.h"

namespace semper::context {

using Opened = Result<std::shared_ptr<ContextProvider>>;

/// `path` is resolved already.
struct Place {
  std::string name;
  std::string path;
  std::string directory;  ///< where relative paths of other options start
  MonotonicClock clock;
};

/// `path` below `directory`, unless it is absolute.
std::string resolved(const std::string& directory, const std::string& path);

Opened open_sqlite(const Place& place, Spec& spec);
Opened open_geoip(const Place& place, Spec& spec);
Opened open_redis(const Place& place, Spec& spec);

}  // namespace semper::context
