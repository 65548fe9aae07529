#include "capi/handle.h"
#include "semper/debug.h"

namespace semper::capi {

std::atomic<std::int64_t> live_handles{0};

namespace {

/// There is always memory for this one, also while the process ends: it is never freed. Its message
/// is short enough for the string not to allocate.
semper_error& out_of_memory() {
  alignas(semper_error) static char place[sizeof(semper_error)];
  static semper_error* const error = [] {
    auto* made = new (place) semper_error;
    made->status = SEMPER_OUT_OF_MEMORY;
    made->message = "out of memory";
    return made;
  }();
  return *error;
}

}  // namespace

std::int32_t report(semper_error_t** error, Outcome outcome) noexcept {
  auto status = static_cast<std::int32_t>(outcome.status.code());
  if (error == nullptr) return status;
  auto* made = new (std::nothrow) semper_error;
  if (made == nullptr) return report_out_of_memory(error);
  made->status = status;
  try {
    made->message = outcome.status.message();
  } catch (const std::bad_alloc&) {
    delete made;
    return report_out_of_memory(error);
  }
  made->diagnostics = std::move(outcome.diagnostics);
  *error = publish(made);
  return status;
}

std::int32_t report_out_of_memory(semper_error_t** error) noexcept {
  if (error != nullptr) *error = &out_of_memory();
  return SEMPER_OUT_OF_MEMORY;
}

std::int32_t report_internal(semper_error_t** error, const char* what) noexcept {
  try {
    return report(error, Status(StatusCode::kInternal, std::string("a bug in semper: ") + what));
  } catch (...) {
    return report_out_of_memory(error);
  }
}

semper_diagnostic_t to_c(const Diagnostic& diagnostic) {
  semper_diagnostic_t out = SEMPER_DIAGNOSTIC_INIT;
  out.severity = static_cast<std::int32_t>(diagnostic.severity);
  out.code = view(diagnostic.code);
  out.file = view(diagnostic.file);
  out.pointer = view(diagnostic.pointer);
  out.message = view(diagnostic.message);
  out.offset = diagnostic.offset;
  out.line = diagnostic.line;
  out.column = diagnostic.column;
  return out;
}

}  // namespace semper::capi

using namespace semper;
using namespace semper::capi;

uint32_t semper_abi_version(void) {
  return SEMPER_ABI_VERSION;
}

semper_string_view_t semper_version(void) {
  return view(version());
}

semper_string_view_t semper_status_name(int32_t status) {
  constexpr std::string_view kNames[] = {
      "ok",        "invalid_argument", "invalid_policy", "invalid_event", "limit_exceeded", "io",
      "not_found", "unsupported",      "busy",           "out_of_memory", "internal"};
  bool known = status >= 0 && static_cast<std::size_t>(status) < std::size(kNames);
  return view(known ? kNames[status] : std::string_view(""));
}

int32_t semper_error_status(const semper_error_t* error) {
  return error == nullptr ? SEMPER_OK : error->status;
}

semper_string_view_t semper_error_message(const semper_error_t* error) {
  return error == nullptr ? semper_string_view_t{nullptr, 0} : view(error->message);
}

size_t semper_error_diagnostic_count(const semper_error_t* error) {
  return error == nullptr ? 0 : error->diagnostics.size();
}

int32_t semper_error_diagnostic(const semper_error_t* from, size_t index,
                                semper_diagnostic_t* diagnostic, semper_error_t** error) {
  clear_struct(diagnostic, SEMPER_DIAGNOSTIC_SIZE_1_0);
  return wall(error, [&]() -> Outcome {
    if (from == nullptr) return null_argument("from");
    if (Status status = check_output("diagnostic", diagnostic, SEMPER_DIAGNOSTIC_SIZE_1_0);
        !status.ok())
      return status;
    if (index >= from->diagnostics.size()) return no_index("diagnostic");
    write_struct(diagnostic, to_c(from->diagnostics[index]));
    return {};
  });
}

void semper_error_free(semper_error_t* error) {
  if (error != nullptr && error->status == SEMPER_OUT_OF_MEMORY && error == &out_of_memory())
    return;
  free_handle(error);
}

int64_t semper_debug_live_handles(void) {
  return live_handles.load(std::memory_order_relaxed);
}
