#include "report/render.h"

#include <fmt/format.h>

namespace semper::report {

std::string percent(std::optional<double> score) {
  return score ? fmt::format("{:.1f} %", *score) : "–";
}

void append_csv_cell(std::string& out, std::string_view text) {
  // What begins like a formula is one to a spreadsheet, quoted or not; a ' before it makes it text.
  bool is_formula = !text.empty() &&
                    std::string_view("=+-@\t\r\n|%").find(text.front()) != std::string_view::npos;
  bool quoted = is_formula || text.find_first_of(",;\"\r\n\t") != std::string_view::npos;
  if (!quoted) {
    out += text;
    return;
  }
  out += '"';
  if (is_formula) out += '\'';
  for (char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

std::string escape_html(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

const StandardSummary* find_standard(const Summary* summary, std::string_view key) {
  if (summary == nullptr) return nullptr;
  for (const StandardSummary& standard : summary->standards) {
    if (standard.key == key) return &standard;
  }
  return nullptr;
}

}  // namespace semper::report
