#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <ostream>

#include "policy_case.h"
#include "unit/source_dir.h"

namespace semper::policy {
namespace {

namespace fs = std::filesystem;

struct Lines : std::vector<std::string> {
  using std::vector<std::string>::vector;
};

/// Failures show them.
std::ostream& operator<<(std::ostream& out, const Lines& lines) {
  for (const std::string& line : lines) out << '\n' << line;
  return out;
}

struct Repository {
  Policies policies;
  std::vector<Diagnostic> diagnostics;
  Status status;  // last: loading fills the two above

  explicit Repository(const std::string& directory)
      : status(load_repository(directory, {}, policies, diagnostics)) {}

  /// "severity code path-below-the-root", sorted as they came.
  Lines problems(const std::string& directory) const {
    Lines lines;
    for (const Diagnostic& diagnostic : diagnostics) {
      bool is_error = diagnostic.severity == Diagnostic::Severity::kError;
      lines.push_back((is_error ? "error " : "warning ") + diagnostic.code + " " +
                      diagnostic.file.substr(directory.size() + 1));
    }
    return lines;
  }

  Lines ids() const {
    Lines result;
    for (const Policy& policy : policies) result.push_back(policy.id);
    return result;
  }

  const Policy& operator[](std::string_view id) const {
    auto found = std::find_if(policies.begin(), policies.end(),
                              [id](const Policy& policy) { return policy.id == id; });
    REQUIRE(found != policies.end());
    return *found;
  }
};

std::string fixture(const std::string& name) {
  return source_dir() + "/tests/data/policies/" + name;
}

/// A repository of its own, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "semper-policy-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  fs::path operator/(std::string_view below) const { return fs::path(path_) / below; }
  void write(std::string_view below, std::string_view text) const {
    fs::create_directories((*this / below).parent_path());
    std::ofstream(*this / below, std::ios::binary) << text;
  }

 private:
  std::string path_;
};

constexpr std::string_view kSound =
    R"({"extension": {"findingPattern": {"a": "b"}, "extensionBlock": {"x": 1}}})";

TEST_CASE("a repository of generation 1.0 loads unchanged") {
  std::string directory = fixture("generation_1.0");
  Repository repository(directory);
  REQUIRE(repository.status.ok());
  CHECK(repository.ids() ==
        Lines{"10_configure/config_rules/root-mfa", "10_configure/event_rules/disable-key",
              "10_configure/securityhub", "20_filtering/securityhub_findings/organisation",
              "30_enrichment/owner"});
  CHECK(repository.problems(directory) ==
        Lines{"warning unknown_key 10_configure/config_rules/root-mfa.json",
              "warning no_account_id 20_filtering/securityhub_findings/organisation.json"});

  const Policy& rule = repository["10_configure/config_rules/root-mfa"];
  CHECK(rule.file == directory + "/10_configure/config_rules/root-mfa.json");
  CHECK(rule.config_rule.name == "semper-root-mfa");
  CHECK(rule.config_rule.input_parameters == R"({"maxAge":"90"})");
  CHECK(rule.settings.severity == "HIGH");
  const Policy& event_rule = repository["10_configure/event_rules/disable-key"];
  CHECK(event_rule.event_rule.name == "semper-disable-key");
  CHECK(event_rule.settings.severity == "CRITICAL");
  const Policy& standards = repository["10_configure/securityhub"];
  CHECK(standards.kind == Kind::kStandards);
  REQUIRE(standards.standards.size() == 2);
  CHECK(standards.standards[0].enabled);
  CHECK_FALSE(standards.standards[1].enabled);
  const Policy& owner = repository["30_enrichment/owner"];
  CHECK(owner.kind == Kind::kExtension);
  CHECK(owner.subject == Subject::kEvent);
}

TEST_CASE("a repository of generation 1.7 loads unchanged") {
  std::string directory = fixture("generation_1.7");
  Repository repository(directory);
  REQUIRE(repository.status.ok());
  CHECK(repository.ids() ==
        Lines{"10_configure/event_rules/sign-in", "10_configure/securityhub_controls/cis",
              "10_configure/securityhub_standards", "20_filtering/cloudtrail_api_calls/pipeline",
              "20_filtering/guardduty_findings/port-scan", "30_extension/critical"});
  CHECK(repository.problems(directory) == Lines{});
  CHECK(repository["10_configure/securityhub_controls/cis"].control_switches.size() == 2);
  CHECK(repository["20_filtering/cloudtrail_api_calls/pipeline"].subject == Subject::kEvent);
  CHECK(repository["20_filtering/guardduty_findings/port-scan"].subject == Subject::kFinding);
  CHECK(repository["30_extension/critical"].subject == Subject::kProcessed);
  CHECK(repository["30_extension/critical"].extensions.size() == 3);
}

TEST_CASE("a repository of generation 1.18 loads unchanged") {
  std::string directory = fixture("generation_1.18");
  Repository repository(directory);
  REQUIRE(repository.status.ok());
  CHECK(repository.ids() == Lines{"10_configure/securityhub/10_controls/password-age",
                                  "10_configure/securityhub/20_standards/fsbp",
                                  "10_configure/securityhub/30_standard_controls/logging",
                                  "20_filtering/config_findings/untagged",
                                  "30_extension/empty-scope"});
  CHECK(repository.problems(directory) == Lines{});
  const Policy& untagged = repository["20_filtering/config_findings/untagged"];
  CHECK(untagged.lifecycle.observe);
  CHECK(untagged.lifecycle.expires_at == *parse_time("2026-04-05T00:00:01Z"));
}

TEST_CASE("all problems of a repository in one run, and what is sound still loads") {
  std::string directory = fixture("broken");
  Repository repository(directory);
  REQUIRE(repository.status.ok());
  CHECK(repository.ids() == Lines{"30_extension/good"});
  CHECK(repository.problems(directory) ==
        Lines{"error scope_unknown_key 10_configure/config_rules/two-problems.json",
              "error invalid_input_parameters 10_configure/config_rules/two-problems.json",
              "error json_syntax 20_filtering/cloudtrail_api_calls/truncated.json",
              "warning unknown_folder 20_filtering/macie_findings",
              "warning misplaced_file 20_filtering/stray.json"});
  CHECK(repository.diagnostics[0].line == 4);
  CHECK(repository.diagnostics[1].line == 9);
  CHECK(repository.diagnostics[2].line == 3);
}

TEST_CASE("what is no repository") {
  Repository missing("/nowhere/at/all");
  CHECK(missing.status.code() == StatusCode::kIo);
  CHECK(missing.status.message().find("/nowhere/at/all") != std::string::npos);
  TemporaryFolder folder;
  folder.write("src/x.json", "{}");
  CHECK(Repository(folder.path()).status.code() == StatusCode::kIo);
  folder.write("30_extension/.empty", "");
  CHECK(Repository(folder.path()).status.ok());
}

TEST_CASE("what is in a repository and is no policy") {
  TemporaryFolder folder;
  folder.write("30_extension/a.json", kSound);
  folder.write("30_extension/disabled/b.json", "no JSON");
  folder.write("30_extension/later/deeper/c.json", "no JSON");
  folder.write("30_extension/docs/d.json", "no JSON");
  folder.write("30_extension/.hidden.json", "no JSON");
  folder.write("30_extension/README.md", "no JSON");
  folder.write("20_filtering/disabled/e.json", "no JSON");
  folder.write("docs/f.json", "no JSON");
  folder.write("package.json", "no JSON");
  folder.write(".github/workflows/g.json", "no JSON");
  Repository repository(folder.path() + "/");
  CHECK(repository.ids() == Lines{"30_extension/a"});
  CHECK(repository.policies[0].file == folder.path() + "/30_extension/a.json");
  CHECK(repository.diagnostics.empty());
}

TEST_CASE("names that were meant otherwise are pointed out") {
  TemporaryFolder folder;
  folder.write("30_extensions/a.json", kSound);
  folder.write("10_configure/event_rule/a.json", kSound);
  folder.write("30_extension/a.JSON", kSound);
  Repository repository(folder.path());
  CHECK(repository.policies.empty());
  CHECK(repository.problems(folder.path()) ==
        Lines{"warning unknown_folder 10_configure/event_rule",
              "warning misplaced_file 30_extension/a.JSON",
              "warning unknown_folder 30_extensions"});
}

TEST_CASE("files that cannot be read are reported, and the others load") {
  TemporaryFolder folder;
  folder.write("30_extension/good.json", kSound);
  folder.write("30_extension/large.json", std::string((1 << 20) + 1, ' '));
  folder.write(std::string("30_extension/name\xff.json"), kSound);
  fs::create_symlink("nowhere.json", folder / "30_extension/dangling.json");
  REQUIRE(::mkfifo((folder / "30_extension/fifo.json").c_str(), 0600) == 0);
  Repository repository(folder.path());
  REQUIRE(repository.status.ok());
  CHECK(repository.ids() == Lines{"30_extension/good"});
  CHECK(repository.problems(folder.path()) ==
        Lines{"error unreadable_file 30_extension/dangling.json",
              "error unreadable_file 30_extension/fifo.json",
              "error policy_too_large 30_extension/large.json",
              "error invalid_file_name 30_extension/name\xff.json"});
}

TEST_CASE("links: followed, and never in circles") {
  TemporaryFolder folder;
  folder.write("30_extension/a.json", kSound);
  fs::create_symlink("a.json", folder / "30_extension/link.json");
  fs::create_directory_symlink("..", folder / "30_extension/loop");
  fs::create_directories(folder / "10_configure");
  fs::create_directory_symlink("config_rules", folder / "10_configure/config_rules");
  fs::create_directory_symlink("..", folder / "10_configure/securityhub");
  Repository repository(folder.path());
  REQUIRE(repository.status.ok());
  CHECK(repository.ids() == Lines{"30_extension/a", "30_extension/link"});
  Lines problems = repository.problems(folder.path());
  CHECK(std::count(problems.begin(), problems.end(),
                   "error unreadable_folder 10_configure/config_rules") == 1);
}

TEST_CASE("two rules of one name") {
  Loaded first = load("10_configure/event_rules/a", R"({"configure": {"eventSettings":
      {"eventName": "key", "eventPattern": {"a": ["b"]}}}})");
  Loaded second = load("10_configure/event_rules/b", R"({"configure": {"eventRuleSettings":
      {"eventName": "semper-key", "eventPattern": {"a": ["b"]}}}})");
  Loaded config = load("10_configure/config_rules/c", R"({"configure": {"configRuleSettings":
      {"configRuleName": "key", "sourceOwner": "AWS", "sourceIdentifier": "B"}}})");
  REQUIRE(first.ok);
  REQUIRE(second.ok);
  REQUIRE(config.ok);
  std::vector<Diagnostic> diagnostics;
  const Policy* apart[] = {&first.policy, &config.policy};
  check_together(apart, diagnostics);
  CHECK(diagnostics.empty());
  const Policy* alike[] = {&first.policy, &second.policy, &config.policy};
  check_together(alike, diagnostics);
  CHECK(summary(diagnostics) == "warning duplicate_rule_name ");
  CHECK(diagnostics[0].message.find("10_configure/event_rules/a") != std::string::npos);
}

}  // namespace
}  // namespace semper::policy
