/// What a policy repository asks for in AWS, account by account: sensors and Security Hub settings
/// as data for the tools that apply them. Pure computation: bytes in, JSON out, no call to AWS.
///
///   semper::Planner planner;
///   planner.add_repository("policies");
///   planner.add_accounts(text);                   // account contexts
///   planner.set_regions({"eu-central-1", "us-east-1"});
///   planner.write(semper::PlanFormat::kJson, sink);
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "semper/policy_set.hpp"
#include "semper/status.hpp"

namespace semper {

enum class PlanFormat : std::int32_t {
  kJson = 1,            ///< one document, `plan.json`
  kCloudFormation = 2,  ///< `ACCOUNT/REGION.template.json`, more where one would be too large
  kTerraform = 3,       ///< `ACCOUNT/REGION/main.tf.json`, a root module
};

enum class MatrixRows : std::int32_t { kStandards = 1, kPolicies = 2 };
enum class MatrixFormat : std::int32_t { kText = 1, kMarkdown = 2, kCsv = 3, kHtml = 4, kJson = 5 };

/// Takes the bytes of a file, in pieces: a file's pieces come one after another. Paths are
/// relative, with `/`; both views are valid during the call. Return false to stop. It must not
/// throw.
using PlanSink = std::function<bool(std::string_view path, std::string_view bytes)>;

/// Collects policies, accounts and regions, then tells what follows from them. Nothing depends on
/// the clock or on the order in which things were added: the same input gives the same bytes. Not
/// for two threads at once.
class Planner {
 public:
  Planner();
  /// With what `compiler` has collected until now: policies, their diagnostics, default regions.
  explicit Planner(const Compiler& compiler);
  ~Planner();
  Planner(Planner&&) noexcept;
  Planner& operator=(Planner&&) noexcept;

  /// As Compiler's: reads all policies below `directory` now.
  Status add_repository(const std::string& directory);
  Status add_policy(std::string_view id, std::string_view json);
  /// Account contexts: a JSON list, an object keyed by account id, or NDJSON; copied. On failure
  /// (kInvalidArgument) the message begins with line and column, and nothing was added.
  Status add_accounts(std::string_view json);
  /// An account of which only the id is known. Policies whose scope asks for more are
  /// `undetermined` there: they are listed, and not planned.
  Status add_unknown_account(std::string_view id);
  /// The default regions, from which region scopes start.
  void set_regions(std::vector<std::string> regions);
  /// The controls that standards have, so that wildcards ("3.*") can be resolved:
  /// {"standards": {"cis-aws-foundations-benchmark/v/1.2.0": {"1.1": …}}}, as in
  /// share/semper/controls/security-hub-ids.json. Lists of ids do, too.
  Status add_control_ids(std::string_view json);

  /// Fails with kInvalidPolicy where a diagnostic is an error (a policy that does not load, a
  /// conflict, what AWS would refuse); nothing is written then. kInvalidArgument: no region.
  /// What is written was never in memory as a whole.
  Status write(PlanFormat format, const PlanSink& sink);
  /// What differs from an earlier plan (kJson's document), one JSON object a line: {"account",
  /// "region", "change": "add" | "change" | "remove", "part", "key", "policies", "from", "to"}.
  Status write_difference(std::string_view old_plan, const PlanSink& sink);
  /// The tailoring table. `by`: "ou" or "tag:NAME", each gives its groups of accounts as columns.
  Result<std::string> matrix(MatrixRows rows, const std::vector<std::string>& by,
                             MatrixFormat format);

  /// Of the last call: what was found at loading, then what the plan itself showed.
  const std::vector<Diagnostic>& diagnostics() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace semper
