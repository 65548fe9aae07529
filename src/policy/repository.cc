#include "policy/repository.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "base/buffer.h"
#include "base/text.h"
#include "policy/fields.h"
#include "policy/places.h"
#include "policy/report.h"

namespace semper::policy {
namespace {

namespace fs = std::filesystem;

Diagnostic file_diagnostic(Diagnostic::Severity severity, std::string_view code, std::string file,
                           std::string message) {
  Diagnostic diagnostic;
  diagnostic.severity = severity;
  diagnostic.code = code;
  diagnostic.file = std::move(file);
  diagnostic.message = std::move(message);
  return diagnostic;
}

struct Entry {
  std::string name;
  bool is_folder;
};

bool list_folder(const fs::path& folder, std::vector<Entry>& entries, std::error_code& error) {
  fs::directory_iterator it(folder, error);
  while (!error && it != fs::directory_iterator()) {
    std::error_code unknown;  // a link to nowhere is a file that cannot be read
    entries.push_back({it->path().filename().string(), it->is_directory(unknown)});
    it.increment(error);
  }
  return !error;
}

std::error_code read_file(const std::string& path, std::size_t max_bytes, std::string& text) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    return error ? error : std::make_error_code(std::errc::invalid_argument);
  }
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                       &std::fclose);
  if (file == nullptr) return {errno, std::generic_category()};
  constexpr std::size_t kBlock = 16384;
  text.clear();
  // One byte more than allowed tells that there is more.
  for (std::size_t got = 1; got > 0 && text.size() <= max_bytes;) {
    std::size_t size = text.size();
    std::size_t wanted = std::min(std::max(kBlock, size), max_bytes + 1 - size);
    text.resize(size + wanted);
    got = std::fread(text.data() + size, 1, wanted, file.get());
    text.resize(size + got);
  }
  if (std::ferror(file.get()) != 0) return {errno, std::generic_category()};
  return {};
}

/// Finds the ids of all policies, and what looks like one but is none.
class Finder {
 public:
  Finder(const std::string& directory, std::vector<Diagnostic>& diagnostics)
      : directory_(directory), diagnostics_(diagnostics) {}

  Status find(std::vector<std::string>& ids) {
    std::error_code error;
    std::vector<Entry> entries;
    if (!list_folder(directory_, entries, error)) {
      return {StatusCode::kIo,
              fmt::format("cannot read the folder \"{}\": {}", directory_, error.message())};
    }
    bool is_repository = false;
    for (const Entry& entry : entries) {
      std::string_view meant = nearest(entry.name, stage_folders());
      if (leads_to_policies(entry.name)) {
        is_repository = true;
        visit(entry.name, ids);
      } else if (entry.is_folder && !meant.empty()) {
        warn_unknown_folder(entry.name, fmt::format("did you mean \"{}\"?", meant));
      }
    }
    if (!is_repository) {
      return {StatusCode::kIo,
              fmt::format("\"{}\" is no policy repository: it has none of the folders {}",
                          directory_, quoted_list(stage_folders()))};
    }
    std::sort(ids.begin(), ids.end());
    return {};
  }

  std::string file_of(std::string_view path) const {
    return fmt::format("{}{}{}", directory_, directory_.ends_with('/') ? "" : "/", path);
  }

 private:
  /// `folder` is a policy folder, or one lies below it: three levels at most, so that no link can
  /// lead in circles.
  void visit(const std::string& folder, std::vector<std::string>& ids) {
    std::error_code error;
    std::vector<Entry> entries;
    if (!list_folder(file_of(folder), entries, error)) {
      diagnostics_.push_back(
          file_diagnostic(Diagnostic::Severity::kError, "unreadable_folder", file_of(folder),
                          fmt::format("cannot read this folder: {}", error.message())));
      return;
    }
    bool holds_policies = place_of(folder + "/x") != nullptr;
    for (const Entry& entry : entries) {
      std::string path = fmt::format("{}/{}", folder, entry.name);
      if (leads_to_policies(path)) {
        visit(path, ids);
      } else if (!entry.is_folder) {
        visit_file(path, ids);
      } else if (!holds_policies && !is_silent_folder(entry.name)) {
        warn_unknown_folder(path, "no policy is read from it");
      }
    }
  }

  void visit_file(std::string_view path, std::vector<std::string>& ids) {
    constexpr std::string_view kEnding = ".json";
    std::string_view name = path.substr(path.rfind('/') + 1);
    if (name.front() == '.' || name.size() < kEnding.size()) return;
    std::string_view ending = name.substr(name.size() - kEnding.size());
    if (!equals_ignore_ascii_case(ending, kEnding)) return;
    std::string_view id = path.substr(0, path.size() - kEnding.size());
    if (ending == kEnding && place_of(id) != nullptr) {
      ids.emplace_back(id);
      return;
    }
    diagnostics_.push_back(file_diagnostic(
        Diagnostic::Severity::kWarning, "misplaced_file", file_of(path),
        ending == kEnding ? "no policies are read from this folder; move the file into one of its "
                            "policy folders"
                          : "not read as a policy; write the ending as \".json\""));
  }

  void warn_unknown_folder(std::string_view path, std::string_view hint) {
    diagnostics_.push_back(file_diagnostic(Diagnostic::Severity::kWarning, "unknown_folder",
                                           file_of(path), fmt::format("unknown folder; {}", hint)));
  }

  const std::string& directory_;
  std::vector<Diagnostic>& diagnostics_;
};

}  // namespace

Status load_repository(const std::string& directory, const Limits& limits, Policies& policies,
                       std::vector<Diagnostic>& diagnostics) {
  PolicyMemory memory;
  return load_repository(directory, limits, policies, diagnostics, memory);
}

Status load_repository(const std::string& directory, const Limits& limits, Policies& policies,
                       std::vector<Diagnostic>& diagnostics, PolicyMemory& memory) {
  std::size_t first = diagnostics.size();
  Finder finder(directory, diagnostics);
  std::vector<std::string> ids;
  Status status = finder.find(ids);
  if (!status.ok()) return status;

  std::string text;
  for (const std::string& id : ids) {
    std::string file = finder.file_of(id) + ".json";
    if (std::error_code error = read_file(file, limits.policy_bytes, text)) {
      diagnostics.push_back(
          file_diagnostic(Diagnostic::Severity::kError, "unreadable_file", file,
                          fmt::format("cannot read this file: {}", error.message())));
      continue;
    }
    add_policy(id, file, text, limits, policies, diagnostics, memory);
  }
  sort_diagnostics(diagnostics, first);
  return {};
}

bool add_policy(std::string_view id, std::string_view file, std::string_view text,
                const Limits& limits, Policies& policies, std::vector<Diagnostic>& diagnostics,
                PolicyMemory& memory) {
  bool ok = false;
  policies.emplace_back();
  try {
    ok = load_policy(id, file, text, limits, policies.back(), diagnostics, memory);
  } catch (...) {
    policies.pop_back();
    throw;
  }
  if (!ok) policies.pop_back();
  return ok;
}

std::vector<std::uint32_t> order_by_id(const Policies& policies) {
  using Entry = std::pair<std::string_view, std::uint32_t>;
  std::vector<Entry> entries;
  entries.reserve(policies.size());
  std::size_t size = 0;
  for (const Policy& policy : policies) size += policy.id.size();
  Buffer ids;  // side by side they sort faster
  char* end = ids.grow(size);
  for (const Policy& policy : policies) {
    entries.emplace_back(std::string_view(end, policy.id.size()),
                         static_cast<std::uint32_t>(entries.size()));
    end = std::copy(policy.id.begin(), policy.id.end(), end);
  }
  if (!std::is_sorted(entries.begin(), entries.end())) std::sort(entries.begin(), entries.end());
  std::vector<std::uint32_t> order;
  order.reserve(entries.size());
  for (const Entry& entry : entries) order.push_back(entry.second);
  return order;
}

void check_together(std::span<const Policy* const> policies, std::vector<Diagnostic>& diagnostics) {
  std::unordered_map<std::string_view, const Policy*> config_rules;
  std::unordered_map<std::string_view, const Policy*> event_rules;
  for (const Policy* each : policies) {
    const Policy& policy = *each;
    bool is_config = policy.kind == Kind::kConfigRule;
    if (!is_config && policy.kind != Kind::kEventRule) continue;
    std::string_view name = is_config ? policy.config_rule.name : policy.event_rule.name;
    auto [other, is_first] = (is_config ? config_rules : event_rules).emplace(name, &policy);
    if (is_first) continue;
    diagnostics.push_back(file_diagnostic(
        Diagnostic::Severity::kWarning, "duplicate_rule_name", policy.file,
        fmt::format("the rule name \"{}\" is that of \"{}\" too; an account in the scope of both "
                    "gets one of them only, so name them apart",
                    name, other->second->id)));
  }
}

}  // namespace semper::policy
