#include <memory>
#include <mutex>

#include "capi/handle.h"
#include "json/document.h"
#include "json/event.h"
#include "pattern/parse.h"
#include "pattern/program.h"
#include "pattern/scope.h"
#include "pattern/scope_program.h"

namespace semper::capi {
namespace {

/// What one thread needs for matching.
struct Scratch {
  explicit Scratch(const pattern::Program& program) : matcher(program) {}
  json::EventDocument document;
  pattern::Matcher matcher;
  std::vector<std::uint32_t> matched;
};

}  // namespace
}  // namespace semper::capi

struct semper_pattern : semper::capi::Handle {
  semper::pattern::Program program;
  mutable std::mutex mutex;
  /// Not in use by any thread; there is room for all that were made.
  mutable std::vector<std::unique_ptr<semper::capi::Scratch>> idle;
  mutable std::size_t made = 0;

  std::unique_ptr<semper::capi::Scratch> take() const {
    std::lock_guard lock(mutex);
    if (idle.empty()) {
      idle.reserve(made + 1);
      auto scratch = std::make_unique<semper::capi::Scratch>(program);
      ++made;
      return scratch;
    }
    auto scratch = std::move(idle.back());
    idle.pop_back();
    return scratch;
  }
  void give_back(std::unique_ptr<semper::capi::Scratch> scratch) const {
    std::lock_guard lock(mutex);
    idle.push_back(std::move(scratch));
  }
};

struct semper_scope : semper::capi::Handle {
  semper::pattern::ListScope regions;
  semper::pattern::ScopeProgram accounts;
};

namespace semper::capi {
namespace {

/// Reads `json` and lets `parse(root, error, warnings)` look at it. False: `diagnostic` tells why.
template <class Parse>
bool read(std::string_view json, Diagnostic& diagnostic, Parse parse) {
  json::Document document;
  json::ParseError parse_error;
  pattern::Issue issue;
  std::vector<pattern::Issue> warnings;
  bool is_json = json::Document::parse(std::string(json), {}, document, parse_error);
  if (is_json) {
    if (parse(document.root(), issue, warnings)) return true;
    diagnostic.pointer = document.pointer_at(issue.offset);
  } else {
    issue = pattern::issue_of(parse_error);
  }
  diagnostic.code = issue.code;
  diagnostic.message = issue.message;
  diagnostic.offset = issue.offset;
  json::Position position = json::position_of(json, issue.offset);
  diagnostic.line = position.line;
  diagnostic.column = position.column;
  return false;
}

Outcome refused(const char* what, std::vector<Diagnostic> diagnostics) {
  std::string message = diagnostics[0].code + ": " + diagnostics[0].message;
  return {Status(StatusCode::kInvalidPolicy, std::string(what) + message), std::move(diagnostics)};
}

/// The object in `text`, or why there is none.
Status read_object(json::EventDocument& document, std::string_view text) {
  if (!document.parse(text)) {
    return {StatusCode::kInvalidEvent,
            std::string(document.error().name()) + ": " + document.error().message};
  }
  if (!document.root().is_object()) {
    return {StatusCode::kInvalidEvent, "event_not_object: the event must be a JSON object"};
  }
  return {};
}

}  // namespace
}  // namespace semper::capi

using namespace semper;
using namespace semper::capi;

int32_t semper_pattern_compile(const semper_string_view_t* patterns, size_t count, int32_t dialect,
                               int32_t arrays, semper_pattern_t** pattern, semper_error_t** error) {
  if (pattern != nullptr) *pattern = nullptr;
  return wall(error, [&]() -> Outcome {
    if (Status status = check_views("patterns", patterns, count); !status.ok()) return status;
    if (pattern == nullptr) return null_argument("pattern");
    if (dialect != SEMPER_DIALECT_SEMPER && dialect != SEMPER_DIALECT_EVENTBRIDGE) {
      return Status(StatusCode::kUnsupported, "dialect: there is no such one");
    }
    if (arrays != SEMPER_ARRAYS_ANY && arrays != SEMPER_ARRAYS_ALL) {
      return Status(StatusCode::kUnsupported, "arrays: there is no such quantifier");
    }
    if (dialect == SEMPER_DIALECT_EVENTBRIDGE && arrays == SEMPER_ARRAYS_ALL) {
      return bad_argument("arrays: the dialect eventbridge knows SEMPER_ARRAYS_ANY only");
    }
    auto in_dialect = dialect == SEMPER_DIALECT_SEMPER ? pattern::Dialect::kSemper
                                                       : pattern::Dialect::kEventBridge;
    auto quantifier = arrays == SEMPER_ARRAYS_ALL ? pattern::Arrays::kAll : pattern::Arrays::kAny;
    pattern::ProgramBuilder builder;
    std::vector<Diagnostic> diagnostics;
    constexpr std::size_t kMostDiagnostics = 100;
    for (size_t i = 0; i < count && diagnostics.size() < kMostDiagnostics; ++i) {
      pattern::Pattern parsed;
      Diagnostic diagnostic;
      bool good =
          read(text(patterns[i]), diagnostic, [&](const auto& root, auto& issue, auto& warnings) {
            return pattern::parse(root, in_dialect, {}, parsed, issue, warnings);
          });
      if (good) {
        builder.add(parsed, quantifier);
      } else {
        diagnostic.file = std::to_string(i);
        diagnostics.push_back(std::move(diagnostic));
      }
    }
    if (!diagnostics.empty()) return refused("pattern: ", std::move(diagnostics));
    auto made = std::make_unique<semper_pattern>();
    made->program = builder.build();
    *pattern = publish(made.release());
    return {};
  });
}

void semper_pattern_free(semper_pattern_t* pattern) {
  free_handle(pattern);
}

int32_t semper_pattern_match(const semper_pattern_t* pattern, semper_string_view_t event,
                             uint32_t* matched, size_t capacity, size_t* count,
                             semper_error_t** error) {
  if (count != nullptr) *count = 0;
  return wall(error, [&]() -> Outcome {
    if (pattern == nullptr) return null_argument("pattern");
    if (!usable(event)) return bad_view("event");
    if (matched == nullptr && capacity > 0) return null_argument("matched");
    if (count == nullptr) return null_argument("count");
    std::unique_ptr<Scratch> scratch = pattern->take();
    Status status = read_object(scratch->document, text(event));
    if (status.ok()) {
      scratch->matcher.match({scratch->document.root(), {}}, scratch->matched);
      *count = scratch->matched.size();
      std::copy_n(scratch->matched.begin(), std::min(capacity, *count), matched);
    }
    pattern->give_back(std::move(scratch));
    return status;
  });
}

int32_t semper_scope_compile(semper_string_view_t json, int32_t kind, semper_scope_t** scope,
                             semper_error_t** error) {
  if (scope != nullptr) *scope = nullptr;
  return wall(error, [&]() -> Outcome {
    if (!usable(json)) return bad_view("json");
    if (kind != SEMPER_SCOPE_POLICY && kind != SEMPER_SCOPE_LIST) {
      return Status(StatusCode::kUnsupported, "kind: there is no such one");
    }
    if (scope == nullptr) return null_argument("scope");
    pattern::PolicyScope parsed;
    Diagnostic diagnostic;
    bool good = read(text(json), diagnostic, [&](const auto& root, auto& issue, auto& warnings) {
      return kind == SEMPER_SCOPE_LIST
                 ? pattern::parse_list_scope(root, parsed.regions, issue, warnings)
                 : pattern::parse_scope(root, {}, parsed, issue, warnings);
    });
    if (!good) return refused("scope: ", {diagnostic});
    auto made = std::make_unique<semper_scope>();
    made->accounts.add(parsed);
    made->accounts.build();
    made->regions = std::move(parsed.regions);
    *scope = publish(made.release());
    return {};
  });
}

void semper_scope_free(semper_scope_t* scope) {
  free_handle(scope);
}

int32_t semper_scope_contains(const semper_scope_t* scope, const semper_place_t* place,
                              int32_t* answer, semper_error_t** error) {
  if (answer != nullptr) *answer = SEMPER_NO;
  return wall(error, [&]() -> Outcome {
    if (scope == nullptr) return null_argument("scope");
    if (place == nullptr) return null_argument("place");
    if (answer == nullptr) return null_argument("answer");
    semper_place_t read = SEMPER_PLACE_INIT;
    Status status = read_struct("place", place, SEMPER_PLACE_SIZE_1_0, read);
    if (!status.ok()) return status;
    if (read.reserved != 0) return Status(StatusCode::kUnsupported, "place: reserved must be 0");
    if (!usable(read.account_context)) return bad_view("account_context of place");
    if (!usable(read.account_id)) return bad_view("account_id of place");
    if (!usable(read.region)) return bad_view("region of place");
    std::vector<std::string> defaults;
    status = read_texts("regions of place", read.regions, static_cast<size_t>(read.region_count),
                        defaults);
    if (!status.ok()) return status;
    json::EventDocument document;
    if (read.account_context.size > 0) {
      status = read_object(document, text(read.account_context));
      if (!status.ok()) return status;
    }
    std::vector<pattern::Truth> truths;
    scope->accounts.judge(read.account_context.size > 0 ? document.root() : json::EventValue(),
                          text(read.account_id), truths);
    pattern::Truth truth =
        std::min(truths.at(0), scope->regions.truth(text(read.region), defaults));
    *answer = truth == pattern::Truth::kTrue    ? SEMPER_YES
              : truth == pattern::Truth::kFalse ? SEMPER_NO
                                                : SEMPER_UNKNOWN;
    return {};
  });
}
