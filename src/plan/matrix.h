/// The tailoring table: what applies to which group of accounts.
#pragma once

#include <string>
#include <vector>

#include "plan/desired.h"

namespace semper::plan {

enum class Rows : std::uint8_t { kStandards, kPolicies };
enum class TableFormat : std::uint8_t { kText, kMarkdown, kCsv, kHtml, kJson };

/// `by`: "ou" or "tag:NAME". False: `error` says which one is neither, or whose context is none.
bool write_matrix(const Desired& desired, const std::vector<Account>& accounts, Rows rows,
                  const std::vector<std::string>& by, TableFormat format, std::string& out,
                  std::string& error);

}  // namespace semper::plan
