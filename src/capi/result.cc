#include "capi/result.h"

#include <memory>

#include "json/event.h"

namespace semper::capi {
namespace {

std::int32_t kind_of(json::Kind kind) {
  switch (kind) {
    case json::Kind::kNull:
      return SEMPER_KIND_NULL;
    case json::Kind::kBool:
      return SEMPER_KIND_BOOLEAN;
    case json::Kind::kNumber:
      return SEMPER_KIND_NUMBER;
    case json::Kind::kString:
      return SEMPER_KIND_STRING;
    case json::Kind::kArray:
      return SEMPER_KIND_ARRAY;
    case json::Kind::kObject:
      return SEMPER_KIND_OBJECT;
  }
  return 0;
}

/// Not while it is being filled: a callback of that call would see half of it.
bool is_readable(const semper_result_t* result) {
  return result != nullptr && !is_busy(*result);
}

template <class Text>
semper_string_view_t part(const Text& text, std::size_t begin, std::size_t end) {
  return {text.data() + begin, end - begin};
}

/// The text of a string: where it has escapes, the result keeps what they mean.
std::string_view decoded(const semper_result_t& result, std::size_t record, std::string_view name,
                         json::EventValue string) {
  std::string scratch;
  std::string_view text = string.string(scratch);
  if (text.data() != scratch.data()) return text;
  std::lock_guard lock(result.mutex);
  return result.decoded.emplace(std::pair(record, std::string(name)), std::move(scratch))
      .first->second;
}

}  // namespace
}  // namespace semper::capi

using namespace semper;
using namespace semper::capi;

int32_t semper_result_create(semper_result_t** result, semper_error_t** error) {
  if (result != nullptr) *result = nullptr;
  return wall(error, [&]() -> Outcome {
    if (result == nullptr) return null_argument("result");
    *result = publish(new semper_result);
    return {};
  });
}

void semper_result_free(semper_result_t* result) {
  free_handle(result);
}

size_t semper_result_count(const semper_result_t* result) {
  return is_readable(result) ? result->records.size() : 0;
}

int32_t semper_result_record(const semper_result_t* result, size_t index, semper_record_t* record,
                             semper_error_t** error) {
  clear_struct(record, SEMPER_RECORD_SIZE_1_0);
  return wall(error, [&]() -> Outcome {
    if (result == nullptr) return null_argument("result");
    if (is_busy(*result)) return busy("result");
    if (Status status = check_output("record", record, SEMPER_RECORD_SIZE_1_0); !status.ok())
      return status;
    if (index >= result->records.size()) return no_index("record");
    const ResultRecord& from = result->records[index];
    semper_record_t out = SEMPER_RECORD_INIT;
    out.decision = from.decision;
    out.event = from.event;
    out.hit_count = from.hit_count;
    out.json = part(result->json, from.json_begin, from.json_end);
    write_struct(record, out);
    return {};
  });
}

int32_t semper_result_hit(const semper_result_t* result, size_t record, size_t index,
                          semper_hit_t* hit, semper_error_t** error) {
  clear_struct(hit, SEMPER_HIT_SIZE_1_0);
  return wall(error, [&]() -> Outcome {
    if (result == nullptr) return null_argument("result");
    if (is_busy(*result)) return busy("result");
    if (Status status = check_output("hit", hit, SEMPER_HIT_SIZE_1_0); !status.ok()) return status;
    if (record >= result->records.size()) return no_index("record");
    const ResultRecord& of = result->records[record];
    if (index >= of.hit_count) return no_index("hit");
    const PolicyHit& from = result->hits[of.first_hit + index];
    PolicyInfo policy = result->set->describe(from.policy);
    semper_hit_t out = SEMPER_HIT_INIT;
    out.effect = static_cast<std::int32_t>(from.effect);
    out.policy = from.policy;
    out.id = view(policy.id);
    out.title = view(policy.title);
    out.reason = view(policy.reason);
    out.ticket = view(policy.ticket);
    write_struct(hit, out);
    return {};
  });
}

int32_t semper_result_normalized(const semper_result_t* result, size_t record,
                                 semper_string_view_t name, semper_string_view_t* value,
                                 int32_t* kind, semper_error_t** error) {
  if (value != nullptr) *value = {nullptr, 0};
  if (kind != nullptr) *kind = 0;
  return wall(error, [&]() -> Outcome {
    if (result == nullptr) return null_argument("result");
    if (is_busy(*result)) return busy("result");
    if (!usable(name)) return bad_view("name");
    if (value == nullptr) return null_argument("value");
    if (kind == nullptr) return null_argument("kind");
    if (record >= result->records.size()) return no_index("record");
    const ResultRecord& of = result->records[record];
    std::string_view object(
        (of.normalized_in_json ? result->json.data() : result->normalized.data()) +
            of.normalized_begin,
        of.normalized_end - of.normalized_begin);
    json::EventDocument document;
    Limits limits;
    limits.event_bytes = object.size();
    if (!object.empty() && document.parse(object, limits)) {
      for (json::EventValue::Member member : document.root().members()) {
        if (member.key().text() != text(name)) continue;
        json::EventValue found = member.value();
        *value =
            view(found.is_string() ? decoded(*result, record, text(name), found) : found.raw());
        *kind = kind_of(found.kind());
        return {};
      }
    }
    return Status(StatusCode::kNotFound, "the record has no normalized field of this name");
  });
}

size_t semper_result_route_count(const semper_result_t* result, size_t record) {
  bool there = is_readable(result) && record < result->records.size();
  return there ? result->records[record].route_count : 0;
}

int32_t semper_result_route(const semper_result_t* result, size_t record, size_t index,
                            semper_route_t* route, semper_error_t** error) {
  clear_struct(route, SEMPER_ROUTE_SIZE_1_0);
  return wall(error, [&]() -> Outcome {
    if (result == nullptr) return null_argument("result");
    if (is_busy(*result)) return busy("result");
    if (Status status = check_output("route", route, SEMPER_ROUTE_SIZE_1_0); !status.ok())
      return status;
    if (record >= result->records.size()) return no_index("record");
    const ResultRecord& of = result->records[record];
    if (index >= of.route_count) return no_index("route");
    const ResultRoute& from = result->routes[of.first_route + index];
    bool own = from.record_begin == from.record_end;
    semper_route_t out = SEMPER_ROUTE_INIT;
    out.type = from.type;
    out.target = part(result->routed, from.target_begin, from.target_end);
    out.record = own ? part(result->json, of.json_begin, of.json_end)
                     : part(result->routed, from.record_begin, from.record_end);
    write_struct(route, out);
    return {};
  });
}

semper_string_view_t semper_result_ndjson(const semper_result_t* result) {
  return is_readable(result) ? view(result->json.text()) : semper_string_view_t{nullptr, 0};
}

int32_t semper_result_policy_set(const semper_result_t* result, semper_policy_set_t** policy_set,
                                 semper_error_t** error) {
  if (policy_set != nullptr) *policy_set = nullptr;
  return wall(error, [&]() -> Outcome {
    if (result == nullptr) return null_argument("result");
    if (is_busy(*result)) return busy("result");
    if (policy_set == nullptr) return null_argument("policy_set");
    if (!result->set) return Status(StatusCode::kNotFound, "the result was never filled");
    *policy_set = publish(new semper_policy_set(*result->set));
    return {};
  });
}
