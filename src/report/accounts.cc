#include "report/accounts.h"

#include <fmt/format.h>

#include <map>

#include "context/file_reader.h"
#include "report/files.h"

namespace semper::report {
namespace {

std::string text_of(json::EventValue value) {
  std::string scratch;
  return value.is_string() ? std::string(value.string(scratch)) : std::string();
}

/// The organizational unit and all above it. Names where they are known, else the unit's own name
/// or id.
std::vector<std::string> ous_of(json::EventValue context) {
  std::string path = text_of(context.find("ouNameWithPath"));
  while (path.starts_with('/')) path.erase(0, 1);
  while (path.ends_with('/')) path.pop_back();
  for (std::string_view key : {"ouName", "ouId"}) {
    if (path.empty()) path = text_of(context.find(key));
  }
  std::vector<std::string> ous;
  for (std::size_t slash = path.find('/'); !path.empty(); slash = path.find('/', slash + 1)) {
    ous.push_back(path.substr(0, slash));
    if (slash == std::string::npos) break;
  }
  return ous;
}

}  // namespace

Result<Accounts> Accounts::read(const std::string& path, const std::vector<std::string>& tags) {
  Accounts accounts;
  if (path.empty()) return accounts;
  Result<std::string> text = read_file(path);
  if (!text.ok()) return text.status();
  context::Contexts contexts;
  context::FileForm form;
  form.csv = context::is_csv_name(path);
  Status status = context::read_contexts(*text, form, contexts);
  if (!status.ok()) return Status(status.code(), fmt::format("{}:{}", path, status.message()));
  std::map<std::string, std::string> sorted(contexts.begin(), contexts.end());
  for (auto& [id, json] : sorted) accounts.add(id, std::move(json), tags);
  return accounts;
}

std::uint32_t Accounts::number(std::string_view id) {
  auto found = numbers_.find(id);
  if (found != numbers_.end()) return found->second;
  add(std::string(id), {}, {});
  return size() - 1;
}

void Accounts::add(std::string id, std::string json, const std::vector<std::string>& tags) {
  Account& account = accounts_.emplace_back();
  account.id = std::move(id);
  account.json = std::move(json);
  numbers_.emplace(account.id, size() - 1);
  if (account.json.empty() || !account.context.parse(account.json)) return;
  json::EventValue context = account.context.root();
  account.name = text_of(context.find("accountName"));
  account.ous = ous_of(context);
  json::EventValue account_tags = context.find("accountTags");
  for (const std::string& tag : tags) account.tags.push_back(text_of(account_tags.find(tag)));
}

}  // namespace semper::report
