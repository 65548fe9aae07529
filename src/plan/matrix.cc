#include "plan/matrix.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "json/writer.h"

namespace semper::plan {
namespace {

using pattern::Truth;

struct Cell {
  std::size_t applies = 0;
  std::size_t unknown = 0;
};

struct Column {
  std::string title;
  std::size_t accounts = 0;
};

struct Table {
  std::vector<Column> columns;
  std::vector<std::string> rows;
  std::vector<std::vector<Cell>> cells;  ///< by row and column
};

std::string cell_text(const Cell& cell, std::size_t accounts) {
  std::string text = cell.applies == accounts ? "applies"
                     : cell.applies == 0      ? "not"
                                         : fmt::format("partly ({} of {})", cell.applies, accounts);
  if (cell.unknown > 0) {
    // What nobody knows is not a no.
    if (cell.applies == 0) text = fmt::format("unknown ({} of {})", cell.unknown, accounts);
    if (cell.applies > 0) text += fmt::format(", {} unknown", cell.unknown);
  }
  return text;
}

/// The group of an account; empty: it has none.
std::string group_of(json::EventValue context, std::string_view by) {
  std::string scratch;
  if (by == "ou") {
    for (std::string_view key : {"ouNameWithPath", "ouName", "ouIdWithPath", "ouId"}) {
      json::EventValue value = context.find(key);
      if (!value.is_string()) continue;
      std::string_view name = value.string(scratch);
      while (name.starts_with('/')) name.remove_prefix(1);
      while (name.ends_with('/')) name.remove_suffix(1);
      if (!name.empty()) return std::string(name);
    }
    return {};
  }
  json::EventValue tags = context.find("accountTags");
  std::string_view name = by.substr(std::string_view("tag:").size());
  for (json::EventValue::Member member : tags.members()) {
    // Keys of tags are case-sensitive.
    if (member.key().string(scratch) != name) continue;
    return std::string(member.value().string(scratch));
  }
  return {};
}

/// What a row is made of, judged for one account.
class RowList {
 public:
  RowList(const Desired& desired, Rows rows) : desired_(desired), kind_(rows) {
    if (rows == Rows::kPolicies) {
      for (const policy::Policy& policy : desired.policies()) {
        titles.push_back(policy.title.empty() ? policy.id
                                              : fmt::format("{} ({})", policy.title, policy.id));
      }
      return;
    }
    for (const Item& item : desired.items()) {
      if (item.part != Part::kStandards) continue;
      if (standards_.empty() || standards_.back() != item.standard) {
        standards_.push_back(item.standard);
        titles.push_back(item.standard);
        for (const policy::Standard& standard : desired.policies()[item.policy].standards) {
          if (standard.name.empty() || !ends_with(standard.identifier, item.standard)) continue;
          titles.back() = fmt::format("{} ({})", standard.name, item.standard);
        }
      }
    }
  }

  std::vector<std::string> titles;

  void judge(const std::vector<Truth>& truths, std::vector<Truth>& results) const {
    results.assign(titles.size(), Truth::kFalse);
    if (kind_ == Rows::kPolicies) {
      judge_policies(truths, results);
      return;
    }
    std::size_t row = 0;
    for (const Item& item : desired_.items()) {
      if (item.part != Part::kStandards || !item.enabled) continue;
      while (standards_[row] != item.standard) ++row;
      results[row] = std::max(results[row], desired_.truth(item, truths));
    }
    // A conflict counts as switched off: the plan refuses it anyway.
    row = 0;
    for (const Item& item : desired_.items()) {
      if (item.part != Part::kStandards || item.enabled) continue;
      while (standards_[row] != item.standard) ++row;
      Truth off = desired_.truth(item, truths);
      if (off == Truth::kTrue) results[row] = Truth::kFalse;
      if (off == Truth::kUnknown) results[row] = std::min(results[row], Truth::kUnknown);
    }
  }

 private:
  static bool ends_with(std::string_view text, std::string_view ending) {
    return text.ends_with(ending) || text.ends_with(short_standard(ending));
  }

  void judge_policies(const std::vector<Truth>& truths, std::vector<Truth>& results) const {
    // A policy whose entries have scopes of their own holds where one of them does.
    std::vector<char> has_items(results.size(), 0);
    for (const Item& item : desired_.items()) {
      has_items[item.policy] = 1;
      results[item.policy] = std::max(results[item.policy], desired_.truth(item, truths));
    }
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (has_items[i] == 0) results[i] = truths[desired_.scope_of(i)];
    }
  }

  const Desired& desired_;
  Rows kind_;
  std::vector<std::string> standards_;
};

bool make_table(const Desired& desired, const std::vector<Account>& accounts, Rows kind,
                const std::vector<std::string>& by, Table& table, std::string& error) {
  for (const std::string& one : by) {
    if (one == "ou" || (one.starts_with("tag:") && one.size() > 4)) continue;
    error = fmt::format("accounts are grouped by \"ou\" or \"tag:NAME\", not by \"{}\"", one);
    return false;
  }
  RowList rows(desired, kind);
  // Groups in the order of the question, then of their names; those without the tag come last.
  std::map<std::tuple<std::size_t, bool, std::string>, std::pair<std::size_t, std::vector<Cell>>>
      groups;
  AccountPlan plan(desired);
  std::vector<Truth> results;
  json::EventDocument context;
  for (const Account& account : accounts) {
    bool parsed = account.context.empty() || context.parse(account.context);
    if (!parsed || !plan.judge(account)) {
      error = fmt::format("the context of account {} is no JSON object", account.id);
      return false;
    }
    rows.judge(plan.truths(), results);
    json::EventValue root = account.context.empty() ? json::EventValue() : context.root();
    for (std::size_t i = 0; i < by.size(); ++i) {
      std::string name = root ? group_of(root, by[i]) : std::string();
      bool none = name.empty();
      auto& [count, cells] = groups[{i, none, std::move(name)}];
      ++count;
      cells.resize(results.size());
      for (std::size_t row = 0; row < results.size(); ++row) {
        if (results[row] == Truth::kTrue) ++cells[row].applies;
        if (results[row] == Truth::kUnknown) ++cells[row].unknown;
      }
    }
  }
  table.rows = std::move(rows.titles);
  table.cells.resize(table.rows.size());
  for (auto& [key, group] : groups) {
    const auto& [question, none, name] = key;
    std::string_view what = by[question] == "ou" ? "ou" : std::string_view(by[question]).substr(4);
    table.columns.push_back({fmt::format("{}: {}", what, none ? "(none)" : name), group.first});
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
      table.cells[row].push_back(group.second[row]);
    }
  }
  return true;
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) >> 6) != 2; }));
}

/// No control characters: they break lines, and terminals obey them.
std::string on_one_line(std::string_view text) {
  std::string out;
  for (char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  return out;
}

std::string markdown(std::string_view text) {
  std::string out;
  for (char c : on_one_line(text)) {
    if (std::string_view("\\`*_{}[]<>|#&~").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

/// A spreadsheet takes a cell that begins so for a formula; an apostrophe makes it text.
std::string csv(std::string_view text) {
  std::string out = "\"";
  if (!text.empty() && std::string_view("=+-@\t\r\n").find(text[0]) != std::string_view::npos) {
    out += '\'';
  }
  for (char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + '"';
}

std::string html(std::string_view text) {
  std::string out;
  for (char c : on_one_line(text)) {
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

using Grid = std::vector<std::vector<std::string>>;

Grid grid_of(const Table& table, bool standards) {
  Grid grid;
  std::vector<std::string>& head = grid.emplace_back();
  head.emplace_back(standards ? "standard" : "policy");
  for (const Column& column : table.columns) {
    head.push_back(fmt::format("{} ({})", column.title, column.accounts));
  }
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    std::vector<std::string>& line = grid.emplace_back();
    line.push_back(table.rows[row]);
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
      line.push_back(cell_text(table.cells[row][column], table.columns[column].accounts));
    }
  }
  return grid;
}

void append_text(const Grid& grid, std::string& out) {
  std::vector<std::size_t> widths(grid[0].size());
  for (const auto& line : grid) {
    for (std::size_t i = 0; i < line.size(); ++i)
      widths[i] = std::max(widths[i], width_of(line[i]));
  }
  for (const auto& line : grid) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (i > 0) text += "  ";
      text += on_one_line(line[i]);
      text.append(widths[i] - width_of(line[i]), ' ');
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + '\n';
  }
}

void append_markdown(const Grid& grid, std::string& out) {
  for (std::size_t row = 0; row < grid.size(); ++row) {
    for (const std::string& cell : grid[row]) out += "| " + markdown(cell) + " ";
    out += "|\n";
    if (row != 0) continue;
    for (std::size_t i = 0; i < grid[0].size(); ++i) out += "| --- ";
    out += "|\n";
  }
}

void append_csv(const Grid& grid, std::string& out) {
  for (const auto& line : grid) {
    for (std::size_t i = 0; i < line.size(); ++i) out += (i > 0 ? "," : "") + csv(line[i]);
    out += "\r\n";  // RFC 4180
  }
}

void append_html(const Grid& grid, std::string& out) {
  out +=
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>Tailoring</title>\n"
      "<style>:root{color-scheme:light dark}body{font:1rem/1.4 system-ui,sans-serif;margin:2rem}"
      "table{border-collapse:collapse}th,td{border:1px solid #8886;padding:.3rem .6rem;"
      "text-align:left}.applies{background:#2a83}.partly,.unknown{background:#ca03}"
      ".not{background:#8882}</style>\n</head>\n<body>\n<table>\n";
  for (std::size_t row = 0; row < grid.size(); ++row) {
    out += row == 0 ? "<thead><tr>" : "<tr>";
    for (std::size_t i = 0; i < grid[row].size(); ++i) {
      const std::string& cell = grid[row][i];
      if (row == 0 || i == 0) {
        out += fmt::format("<th scope=\"{}\">{}</th>", row == 0 ? "col" : "row", html(cell));
      } else {
        out += fmt::format("<td class=\"{}\">{}</td>", cell.substr(0, cell.find_first_of(" ,")),
                           html(cell));
      }
    }
    out += row == 0 ? "</tr></thead>\n<tbody>\n" : "</tr>\n";
  }
  out += "</tbody>\n</table>\n</body>\n</html>\n";
}

void append_json(const Table& table, std::string& out) {
  json::Writer writer(out);
  writer.begin_object().key("columns").begin_array();
  for (const Column& column : table.columns) {
    writer.begin_object().key("title").string(column.title);
    writer.key("accounts").number(static_cast<std::int64_t>(column.accounts)).end_object();
  }
  writer.end_array().key("rows").begin_array();
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    writer.begin_object().key("title").string(table.rows[row]).key("cells").begin_array();
    for (const Cell& cell : table.cells[row]) {
      writer.begin_object().key("applies").number(static_cast<std::int64_t>(cell.applies));
      writer.key("unknown").number(static_cast<std::int64_t>(cell.unknown)).end_object();
    }
    writer.end_array().end_object();
  }
  writer.end_array().end_object();
  out += '\n';
}

}  // namespace

bool write_matrix(const Desired& desired, const std::vector<Account>& accounts, Rows rows,
                  const std::vector<std::string>& by, TableFormat format, std::string& out,
                  std::string& error) {
  Table table;
  if (!make_table(desired, accounts, rows, by, table, error)) return false;
  Grid grid = grid_of(table, rows == Rows::kStandards);
  switch (format) {
    case TableFormat::kText:
      append_text(grid, out);
      break;
    case TableFormat::kMarkdown:
      append_markdown(grid, out);
      break;
    case TableFormat::kCsv:
      append_csv(grid, out);
      break;
    case TableFormat::kHtml:
      append_html(grid, out);
      break;
    case TableFormat::kJson:
      append_json(table, out);
      break;
  }
  return true;
}

}  // namespace semper::plan
