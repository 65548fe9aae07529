#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>

#include "base/buffer.h"
#include "capi/handle.h"

namespace semper::capi {

struct ResultRecord {
  std::int32_t decision;
  std::uint64_t event;
  std::size_t json_begin, json_end;
  std::size_t normalized_begin, normalized_end;  ///< in `json` or in `normalized`
  bool normalized_in_json;
  std::size_t first_hit, hit_count;
  std::size_t first_route, route_count;
};

struct ResultRoute {
  std::int32_t type;
  std::size_t target_begin, target_end;  ///< in `semper_result::routed`
  std::size_t record_begin, record_end;  ///< likewise; the same: the record's JSON
};

}  // namespace semper::capi

/// Independent of the evaluator that filled it; refilled without allocation once it is large
/// enough.
struct semper_result : semper::capi::Handle {
  std::optional<semper::PolicySet> set;  ///< empty: never filled
  std::vector<semper::capi::ResultRecord> records;
  std::vector<semper::PolicyHit> hits;
  std::vector<semper::capi::ResultRoute> routes;
  semper::Buffer json;     ///< NDJSON
  std::string normalized;  ///< the objects "normalized" that the records do not have
  std::string routed;      ///< targets and findings of routes

  /// Strings with escapes that somebody asked for: record and name → text.
  mutable std::mutex mutex;
  mutable std::map<std::pair<std::size_t, std::string>, std::string> decoded;

  /// Whether the bytes lie in the memory of this result, where records are about to be written.
  bool holds(std::string_view bytes) const {
    auto lies_in = [bytes](const auto& text) {
      std::less<const char*> before;
      return !bytes.empty() && before(bytes.data(), text.data() + text.capacity()) &&
             before(text.data(), bytes.data() + bytes.size());
    };
    return lies_in(json) || lies_in(normalized) || lies_in(routed) ||
           std::any_of(decoded.begin(), decoded.end(),
                       [&](const auto& entry) { return lies_in(entry.second); });
  }

  void clear() noexcept {
    set.reset();
    clear_records();
  }

  void clear_records() noexcept {
    records.clear();
    hits.clear();
    routes.clear();
    json.clear();
    normalized.clear();
    routed.clear();
    decoded.clear();
  }
};
