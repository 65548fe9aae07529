/// The formats of a report. `before`: an earlier state to compare with, or nullptr.
#pragma once

#include <string>
#include <string_view>

#include "report/summary.h"

namespace semper::report {

std::string to_text(const Summary& summary, const Summary* before);
std::string to_json(const Summary& summary, const Summary* before);
std::string to_csv(const Summary& summary, const Summary* before);
std::string to_html(const Summary& summary, const Summary* before);

/// "66.7 %", "–" where there is no data.
std::string percent(std::optional<double> score);
/// A cell of a CSV file: quoted where it must be, and never a formula to a spreadsheet.
void append_csv_cell(std::string& out, std::string_view text);
/// Text for HTML, attributes included.
std::string escape_html(std::string_view text);
/// The standard of the earlier summary; nullptr: it had none.
const StandardSummary* find_standard(const Summary* summary, std::string_view key);

}  // namespace semper::report
