#include <limits>

#include "capi/handle.h"
#include "capi/provider.h"

struct semper_compiler : semper::capi::Handle {
  semper::Compiler compiler;
  bool has_policies = false;
};

namespace semper::capi {
namespace {

Status read_limits(const semper_limits_t& from, Limits& limits) {
  struct Field {
    uint64_t semper_limits_t::*from;
    std::size_t Limits::*to;
  };
  constexpr Field kFields[] = {
      {&semper_limits_t::event_bytes, &Limits::event_bytes},
      {&semper_limits_t::event_depth, &Limits::event_depth},
      {&semper_limits_t::event_findings, &Limits::event_findings},
      {&semper_limits_t::policy_bytes, &Limits::policy_bytes},
      {&semper_limits_t::pattern_depth, &Limits::pattern_depth},
      {&semper_limits_t::branch_fields, &Limits::branch_fields},
      {&semper_limits_t::branches, &Limits::branches},
      {&semper_limits_t::wildcard_stars, &Limits::wildcard_stars},
      {&semper_limits_t::regex_bytes, &Limits::regex_bytes},
      {&semper_limits_t::combinator_depth, &Limits::combinator_depth},
      {&semper_limits_t::accounts, &Limits::accounts},
  };
  if (from.reserved != 0) {
    return {StatusCode::kUnsupported, "limits: reserved must be 0"};
  }
  for (const Field& field : kFields) {
    if (from.*field.from == 0) continue;
    constexpr std::uint64_t kMost = std::numeric_limits<std::size_t>::max();
    limits.*field.to = static_cast<std::size_t>(std::min(from.*field.from, kMost));
  }
  return {};
}

/// What a plan is made of beside the policies.
Status add_subjects(const semper_plan_options_t& plan, Planner& planner) {
  if (plan.accounts.size > 0) {
    Status status = planner.add_accounts(text(plan.accounts));
    if (!status.ok()) return status;
  }
  for (std::uint64_t i = 0; i < plan.account_id_count; ++i) {
    Status status = planner.add_unknown_account(text(plan.account_ids[i]));
    if (!status.ok()) return status;
  }
  if (plan.control_ids.size == 0) return {};
  return planner.add_control_ids(text(plan.control_ids));
}

Status read_plan_options(const semper_plan_options_t* from, semper_plan_options_t& plan) {
  if (from == nullptr) return null_argument("plan");
  Status status = read_struct("plan", from, SEMPER_PLAN_OPTIONS_SIZE_1_0, plan);
  if (!status.ok()) return status;
  if (plan.format < SEMPER_PLAN_JSON || plan.format > SEMPER_PLAN_DIFFERENCE || plan.flags != 0) {
    return {StatusCode::kUnsupported,
            "plan has a format or flags that this version of the library does not know"};
  }
  if (plan.write == nullptr) return null_argument("write of plan");
  if (!usable(plan.accounts)) return bad_view("accounts of plan");
  if (!usable(plan.control_ids)) return bad_view("control_ids of plan");
  if (!usable(plan.old_plan)) return bad_view("old_plan of plan");
  if ((plan.format == SEMPER_PLAN_DIFFERENCE) != (plan.old_plan.size > 0)) {
    return bad_argument("old_plan of plan belongs to SEMPER_PLAN_DIFFERENCE, and to nothing else");
  }
  return check_views("account_ids of plan", plan.account_ids,
                     static_cast<std::size_t>(plan.account_id_count));
}

template <class Body>
int32_t with_compiler(semper_compiler_t* compiler, semper_error_t** error, Body body) {
  return wall(error, [&]() -> Outcome {
    if (compiler == nullptr) return null_argument("compiler");
    Alone alone(compiler);
    if (!alone) return busy("compiler");
    return body();
  });
}

}  // namespace
}  // namespace semper::capi

using namespace semper;
using namespace semper::capi;

int32_t semper_compiler_create(semper_compiler_t** compiler, semper_error_t** error) {
  if (compiler != nullptr) *compiler = nullptr;
  return wall(error, [&]() -> Outcome {
    if (compiler == nullptr) return null_argument("compiler");
    *compiler = publish(new semper_compiler);
    return {};
  });
}

void semper_compiler_free(semper_compiler_t* compiler) {
  free_handle(compiler);
}

int32_t semper_compiler_set_limits(semper_compiler_t* compiler, const semper_limits_t* limits,
                                   semper_error_t** error) {
  return with_compiler(compiler, error, [&]() -> Outcome {
    if (limits == nullptr) return null_argument("limits");
    semper_limits_t read = SEMPER_LIMITS_INIT;
    Status status = read_struct("limits", limits, SEMPER_LIMITS_SIZE_1_0, read);
    if (!status.ok()) return status;
    if (compiler->has_policies) {
      return bad_argument("limits are set before the first policy is added");
    }
    Limits wanted;
    status = read_limits(read, wanted);
    return status.ok() ? compiler->compiler.set_limits(wanted) : status;
  });
}

int32_t semper_compiler_set_default_regions(semper_compiler_t* compiler,
                                            const semper_string_view_t* regions, size_t count,
                                            semper_error_t** error) {
  return with_compiler(compiler, error, [&]() -> Outcome {
    std::vector<std::string> copied;
    if (Status status = read_texts("regions", regions, count, copied); !status.ok()) return status;
    compiler->compiler.set_default_regions(std::move(copied));
    return {};
  });
}

int32_t semper_compiler_add_repository(semper_compiler_t* compiler, semper_string_view_t directory,
                                       semper_error_t** error) {
  return with_compiler(compiler, error, [&]() -> Outcome {
    if (!usable(directory)) return bad_view("directory");
    if (text(directory).find('\0') != std::string_view::npos) {
      return bad_argument("directory holds a zero byte");
    }
    Status status = compiler->compiler.add_repository(std::string(text(directory)));
    compiler->has_policies |= status.ok();
    return status;
  });
}

int32_t semper_compiler_add_policy(semper_compiler_t* compiler, semper_string_view_t id,
                                   semper_string_view_t json, semper_error_t** error) {
  return with_compiler(compiler, error, [&]() -> Outcome {
    if (!usable(id)) return bad_view("id");
    if (!usable(json)) return bad_view("json");
    const std::vector<Diagnostic>& all = compiler->compiler.diagnostics();
    std::size_t before = all.size();
    Status status = compiler->compiler.add_policy(text(id), text(json));
    compiler->has_policies = true;
    if (status.ok()) return {};
    auto first = std::min(before, all.size());
    return {status, {all.begin() + static_cast<std::ptrdiff_t>(first), all.end()}};
  });
}

int32_t semper_compiler_add_provider(semper_compiler_t* compiler, const semper_provider_t* provider,
                                     const semper_provider_options_t* options,
                                     semper_error_t** error) {
  HostState state = take_state(provider);
  return with_compiler(compiler, error, [&]() -> Outcome {
    auto made = make_host_provider(provider, std::move(state));
    if (!made) return made.status();
    ProviderOptions guard;
    if (Status status = read_options(options, guard); !status.ok()) return status;
    std::string_view name = text(provider->name);
    if (options == nullptr) return compiler->compiler.add_provider(name, std::move(*made));
    return compiler->compiler.add_provider(name, guard_provider(std::move(*made), guard));
  });
}

int32_t semper_compiler_add_builtin_provider(semper_compiler_t* compiler, semper_string_view_t name,
                                             semper_string_view_t specification,
                                             const semper_provider_options_t* options,
                                             semper_error_t** error) {
  return with_compiler(compiler, error, [&]() -> Outcome {
    if (!usable(name)) return bad_view("name");
    if (!usable(specification)) return bad_view("specification");
    ProviderOptions guard;
    if (Status status = read_options(options, guard); !status.ok()) return status;
    if (text(specification).find('\0') != std::string_view::npos) {
      return bad_argument("specification holds a zero byte");
    }
    auto opened = open_provider(text(name), text(specification), guard);
    if (!opened) return opened.status();
    return compiler->compiler.add_provider(text(name), std::move(*opened));
  });
}

int32_t semper_compiler_compile(semper_compiler_t* compiler, semper_policy_set_t** policy_set,
                                semper_error_t** error) {
  if (policy_set != nullptr) *policy_set = nullptr;
  return with_compiler(compiler, error, [&]() -> Outcome {
    if (policy_set == nullptr) return null_argument("policy_set");
    auto compiled = compiler->compiler.compile();
    if (!compiled) return {compiled.status(), compiler->compiler.diagnostics()};
    *policy_set = publish(new semper_policy_set(std::move(*compiled)));
    return {};
  });
}

size_t semper_compiler_diagnostic_count(const semper_compiler_t* compiler) {
  return compiler == nullptr ? 0 : compiler->compiler.diagnostics().size();
}

int32_t semper_compiler_diagnostic(const semper_compiler_t* compiler, size_t index,
                                   semper_diagnostic_t* diagnostic, semper_error_t** error) {
  clear_struct(diagnostic, SEMPER_DIAGNOSTIC_SIZE_1_0);
  return wall(error, [&]() -> Outcome {
    if (compiler == nullptr) return null_argument("compiler");
    if (Status status = check_output("diagnostic", diagnostic, SEMPER_DIAGNOSTIC_SIZE_1_0);
        !status.ok())
      return status;
    const std::vector<Diagnostic>& all = compiler->compiler.diagnostics();
    if (index >= all.size()) return no_index("diagnostic");
    write_struct(diagnostic, to_c(all[index]));
    return {};
  });
}

int32_t semper_compiler_plan(semper_compiler_t* compiler, const semper_plan_options_t* plan,
                             semper_error_t** error) {
  return with_compiler(compiler, error, [&]() -> Outcome {
    semper_plan_options_t wanted = SEMPER_PLAN_OPTIONS_INIT;
    Status status = read_plan_options(plan, wanted);
    if (!status.ok()) return status;
    Planner planner(compiler->compiler);
    status = add_subjects(wanted, planner);
    if (!status.ok()) return status;
    auto sink = [&wanted](std::string_view path, std::string_view bytes) {
      return wanted.write(wanted.state, view(path), view(bytes)) == 0;
    };
    if (wanted.format == SEMPER_PLAN_DIFFERENCE) {
      status = planner.write_difference(text(wanted.old_plan), sink);
    } else {
      constexpr PlanFormat kFormats[] = {PlanFormat::kJson, PlanFormat::kCloudFormation,
                                         PlanFormat::kTerraform};
      status = planner.write(kFormats[wanted.format], sink);
    }
    if (status.code() == StatusCode::kInvalidPolicy) return {status, planner.diagnostics()};
    if (!status.ok() || wanted.warn == nullptr) return status;
    for (const Diagnostic& warning : planner.diagnostics()) {
      semper_diagnostic_t out = to_c(warning);
      wanted.warn(wanted.state, &out);
    }
    return {};
  });
}
