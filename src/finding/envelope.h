/// The envelope that EventBridge would put around a record or finding that came without one.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "finding/recognize.h"
#include "json/event.h"

namespace semper::finding {

/// Appends envelopes to a list of members. What must be written anew (`source`, `resources`) is
/// collected as one JSON list, parsed once by `finish`, which then fills the gaps.
class EnvelopeBuilder {
 public:
  EnvelopeBuilder();

  void reset();
  /// Appends the members of an envelope with `detail`, whose top-level fields are `top`.
  void wrap(Shape shape, const TopFields& top, json::EventValue detail,
            std::vector<json::EventMember>& members);
  /// Writes the members of `detail` without the one whose value is `without`, for `add_rest`.
  std::size_t write_rest(json::EventValue detail, json::EventValue without);
  /// Appends a member `detailRest` with what `write_rest` wrote.
  void add_rest(std::size_t rest, std::vector<json::EventMember>& members);
  /// Fills the gaps. Values are valid until the next `reset`.
  void finish(std::vector<json::EventMember>& members);

 private:
  enum Literal : std::size_t;
  struct Gap {
    std::size_t member;
    std::size_t text;  ///< index in the list of texts
  };

  json::EventValue literal(Literal literal) const { return literals_[literal]; }
  /// Begins the next text; returns its index.
  std::size_t begin_text();
  void add_gap(Literal key, std::size_t text, std::vector<json::EventMember>& members);

  json::EventDocument literal_document_;
  std::vector<json::EventValue> literals_;
  std::string texts_;
  std::size_t text_count_ = 0;
  std::vector<Gap> gaps_;
  std::vector<json::EventValue> values_;
  json::EventDocument text_document_;
};

}  // namespace semper::finding
