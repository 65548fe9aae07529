#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "capi/handle.h"

namespace semper::capi {

struct ResultRecord {
  std::int32_t decision;
  std::uint64_t event;
  std::size_t json_begin, json_end;
  std::size_t normalized_begin, normalized_end;
  std::size_t first_hit, hit_count;
};

}  // namespace semper::capi

/// Independent of the evaluator that filled it; refilled without allocation once it is large
/// enough.
struct semper_result : semper::capi::Handle {
  std::optional<semper::PolicySet> set;  ///< empty: never filled
  std::vector<semper::capi::ResultRecord> records;
  std::vector<semper::PolicyHit> hits;
  std::string json;        ///< NDJSON
  std::string normalized;  ///< the objects "normalized", one after another

  /// Strings with escapes that somebody asked for: record and name → text.
  mutable std::mutex mutex;
  mutable std::map<std::pair<std::size_t, std::string>, std::string> decoded;

  void clear() noexcept {
    set.reset();
    records.clear();
    hits.clear();
    json.clear();
    normalized.clear();
    decoded.clear();
  }
};
