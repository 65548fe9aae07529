/// Where extension policies send a finding: queues (`sqsFanOut`) and Security Hub
/// (`sendToSecurityHub`), resolved and checked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "finding/finding.h"
#include "json/event.h"
#include "semper/evaluator.hpp"

namespace semper::engine {

struct SentRecord {
  RouteType type = RouteType::kSqs;
  std::string target;  ///< a JSON object
  std::string record;  ///< a finding in ASFF; empty: the finding's own record
};

/// What a route needs to know about the finding.
struct RoutedFinding {
  std::string_view policy;           ///< id of the policy that sends it
  std::string_view normalized_json;  ///< the object `normalized`, where it is needed
};

class Router {
 public:
  /// Adds the routes of one extension block as it was rendered (`count` are in use). What cannot be
  /// sent becomes a note `unroutable` with the reason.
  void add(std::string_view identifier, std::string_view block, const RoutedFinding& finding,
           Arena& arena, std::vector<SentRecord>& routes, std::size_t& count,
           std::vector<finding::Note>& notes);
  /// Whether `add` makes routes of such a block.
  static bool is_route(std::string_view identifier);
  /// Whether it looks at the normalized fields for that.
  static bool needs_normalized(std::string_view identifier);

 private:
  bool add_queue(json::EventValue block, const RoutedFinding& finding, SentRecord& route);
  bool add_security_hub(json::EventValue block, const RoutedFinding& finding, SentRecord& route);
  std::string_view text(json::EventValue value, std::string_view otherwise = {});
  bool fail(std::string_view reason);

  json::EventDocument block_;
  json::EventDocument normalized_;
  std::string scratch_;
  std::string reason_;
};

}  // namespace semper::engine
