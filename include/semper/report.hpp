/// Compliance from findings, and which controls of a catalogue are detected where.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "semper/status.hpp"

namespace semper {

namespace report {
struct ReportState;
}

struct ReportOptions {
  std::string policies;  ///< folder of the policy repository
  std::string accounts;  ///< file as for open_account_file; empty: accounts are unknown
  /// Folder of the control catalogues (`share/semper/controls`); empty: the ids that standards give
  /// controls are not told to be one control, and controls without findings are not known.
  std::string controls;
  std::vector<std::string> regions;  ///< defaults of region scopes; none: every region is one
  std::vector<std::string> tags;     ///< account tags to group by
  /// Seconds since 1970 UTC; empty: the system's clock. Acceptances expire by it.
  std::function<std::int64_t()> clock;
};

enum class ReportFormat : std::int32_t { kText = 0, kJson = 1, kCsv = 2, kHtml = 3 };

/// Takes findings of Security Hub and AWS Config, keeps the latest state of each, and tells per
/// standard and control, per account, OU and tag what passed and what failed (docs/report.md).
/// Memory grows with the number of distinct (control, resource). One thread at a time.
class Report {
 public:
  /// kIo, kInvalidArgument or kInvalidPolicy; what is wrong with policies goes to `diagnostics`,
  /// warnings too.
  static Result<Report> open(const ReportOptions& options, std::vector<Diagnostic>& diagnostics);
  ~Report();
  Report(Report&&) noexcept;
  Report& operator=(Report&&) noexcept;

  /// One JSON text, as for `Evaluator::evaluate`; not needed afterwards. False: it is no JSON, and
  /// nothing was done with it.
  bool add(std::string_view event);
  /// The same, of an earlier state: what is rendered compares the two.
  bool add_earlier(std::string_view event);
  /// Counts bytes that `add` refused, so that the report tells of them.
  void add_invalid();

  /// The report on all that was added; may be asked for at any time.
  std::string render(ReportFormat format) const;

 private:
  explicit Report(std::unique_ptr<report::ReportState> state);
  std::unique_ptr<report::ReportState> state_;
};

struct CoverageOptions {
  std::string policies;  ///< folder of the policy repository
  std::string accounts;  ///< file as for open_account_file
  std::string controls;  ///< folder of the control catalogues (`share/semper/controls`)
  std::string
      catalogue;  ///< name in that folder ("cis-3"), or the path of a file (ends in ".json")
  std::vector<std::string> regions;  ///< where the accounts have resources; at least one
  std::function<std::int64_t()> clock;
};

enum class CoverageFormat : std::int32_t { kText = 0, kJson = 1, kCsv = 2 };

struct Coverage {
  std::string text;             ///< in the format that was asked for
  std::size_t cells = 0;        ///< controls × accounts × regions that were looked at
  std::size_t blind_spots = 0;  ///< of these, where no sensor sees all of the control's events
};

/// Which controls are detected in which account and region by the event rules and configure
/// policies. kIo, kInvalidArgument, kNotFound or kInvalidPolicy; diagnostics as for Report::open.
Result<Coverage> coverage(const CoverageOptions& options, CoverageFormat format,
                          std::vector<Diagnostic>& diagnostics);

}  // namespace semper
