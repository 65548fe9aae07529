/// The compiler and its policy sets.
#pragma once

#include <nanobind/nanobind.h>
#include <semper/semper.h>

#include <memory>
#include <string_view>
#include <vector>

#include "evaluator.h"
#include "garbage.h"
#include "gil.h"
#include "provider.h"

namespace semper_python {

class Compiler {
 public:
  /// `limits`: the fields of semper_limits_t in their order.
  Compiler(const std::vector<std::uint64_t>& limits, nb::handle regions);
  ~Compiler() { close(); }
  Compiler(const Compiler&) = delete;
  Compiler& operator=(const Compiler&) = delete;

  void add_repository(nb::handle directory);
  void add_policy(nb::handle id, nb::handle json);
  /// `options`: the times and numbers of semper_provider_options_t in their order, or None.
  void add_provider(nb::handle name, nb::handle_t<ProviderHolder> holder, std::int32_t key_kind,
                    nb::handle options);
  void add_builtin_provider(nb::handle name, nb::handle specification, nb::handle options);
  nb::list diagnostics();
  semper_policy_set_t* compile();
  /// Calls `write` with the path and the bytes of each piece of a file, `warn` with each warning.
  void plan(std::int32_t format, nb::handle accounts, nb::handle account_ids,
            nb::handle control_ids, nb::handle old_plan, nb::object write, nb::object warn);
  nb::tuple providers() const { return nb::tuple(providers_); }
  bool is_closed() const { return handle_ == nullptr; }
  void close();

  int traverse(visitproc visit, void* arg) { return visit_object(providers_, visit, arg); }
  void clear() { providers_ = nb::list(); }

 private:
  /// Runs a function of the library that takes the compiler alone, without the lock.
  template <class Call>
  void alone(Call call);

  semper_compiler_t* handle_ = nullptr;
  nb::list providers_;  // of ProviderHolder: what keeps them alive
  bool is_busy_ = false;
  bool is_closing_ = false;
  Born born_;
};

/// Compiled policies, and evaluators for whoever calls.
class PolicySet : public Lanes {
 public:
  /// Compiles what the compiler has; a policy set: one more reference to the same.
  explicit PolicySet(nb::handle source);
  ~PolicySet() { close(); }
  PolicySet(const PolicySet&) = delete;
  PolicySet& operator=(const PolicySet&) = delete;

  semper_policy_set_t* handle() const;
  size_t size() const { return semper_policy_set_count(handle()); }
  nb::object policy(size_t index) const;
  nb::list provider_counters() const;
  nb::object fingerprint() const { return to_str(semper_policy_set_fingerprint(handle())); }
  bool is_closed() const { return handle_ == nullptr; }
  void close();

  int traverse(visitproc visit, void* arg) { return visit_object(providers_, visit, arg); }
  void clear() { providers_ = nb::tuple(); }

 protected:
  std::unique_ptr<Lane> make_lane() override;

 private:
  semper_policy_set_t* handle_ = nullptr;
  nb::tuple providers_;
};

void define_compiler(nb::module_& module);

}  // namespace semper_python
