/// Runs over the collection of real events beside the repository, where there is one.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "finding_samples.h"
#include "json/event.h"
#include "policy/policy.h"
#include "unit/source_dir.h"

using namespace samples;
using semper::finding::Field;
using semper::finding::Finding;
using semper::policy::Source;

namespace {

const std::filesystem::path kData = std::filesystem::path(semper::source_dir()) / "../shared/data";

bool have_data() {
  if (std::filesystem::is_directory(kData)) return true;
  MESSAGE("skipped: no ../shared/data beside the repository");
  return false;
}

struct Summary {
  std::size_t lines = 0;
  std::map<Source, std::size_t> sources;
  std::map<std::string, std::size_t> fields;
  std::map<std::string, std::size_t> notes;

  std::size_t findings() const {
    std::size_t count = 0;
    for (auto [source, findings] : sources) count += findings;
    return count;
  }
  /// How many of a hundred findings have the field, cut to a whole number.
  std::size_t percent(const std::string& field) const {
    auto found = fields.find(field);
    return found == fields.end() ? 0 : 100 * found->second / findings();
  }
};

Summary summarize(const char* file) {
  Summary summary;
  std::ifstream in(kData / file);
  std::string line;
  semper::finding::Parser parser;
  semper::finding::Normalized normalized;
  semper::Arena arena;
  semper::json::EventDocument check;
  while (std::getline(in, line)) {
    ++summary.lines;
    REQUIRE(parser.parse(line));
    for (const Finding& finding : parser.findings()) {
      ++summary.sources[finding.source];
      for (const auto& note : finding.notes) ++summary.notes[std::string(note.code)];
      std::string shown = raw(finding);
      REQUIRE(check.parse(shown));
      REQUIRE(finding.body.raw().size() <= shown.size());

      arena.reset();
      normalize(finding, {}, arena, normalized);
      for (const auto& note : normalized.notes) ++summary.notes[std::string(note.code)];
      for (std::size_t i = 0; i < normalized.fields.size(); ++i) {
        auto field = static_cast<Field>(i);
        std::string name(field_name(field));
        if (normalized[field].empty()) continue;
        ++summary.fields[name];
        CAPTURE(name);
        REQUIRE(check.parse(normalized[field]));
        REQUIRE(normalized[field] != R"("")");
      }
    }
  }
  std::string report = std::string(file) + ":";
  for (const auto& [name, count] : summary.fields) {
    report += ' ' + name + '=' + std::to_string(count);
  }
  for (const auto& [name, count] : summary.notes) {
    report += " note:" + name + '=' + std::to_string(count);
  }
  MESSAGE(report);
  return summary;
}

}  // namespace

TEST_CASE("real CloudTrail records") {
  if (!have_data()) return;
  for (const char* file : {"cloudtrail.jsonl", "cloudtrail-events.jsonl"}) {
    CAPTURE(file);
    Summary summary = summarize(file);
    CHECK(summary.lines > 10);
    CHECK(summary.sources[Source::kCloudTrail] == summary.lines);
    CHECK(summary.findings() == summary.lines);
    for (const char* field : {"id", "time", "region", "findingName", "title", "rawHash"}) {
      CAPTURE(field);
      CHECK(summary.percent(field) == 100);
    }
    CHECK(summary.percent("accountId") >= 99);
    CHECK(summary.percent("principal") > 90);
    CHECK(summary.percent("sourceIp") > 40);
    CHECK(summary.percent("resources") > 25);
    CHECK(summary.percent("severity") == 0);
  }
}

TEST_CASE("real Security Hub findings") {
  if (!have_data()) return;
  for (const char* file : {"asff.jsonl", "securityhub-events.jsonl"}) {
    CAPTURE(file);
    Summary summary = summarize(file);
    CHECK(summary.findings() >= summary.lines);
    CHECK(summary.sources[Source::kSecurityHub] == summary.findings());
    for (const char* field : {"id", "time", "region", "accountId", "findingName", "title",
                              "resources", "recordState"}) {
      CAPTURE(field);
      CHECK(summary.percent(field) >= 99);
    }
    CHECK(summary.percent("severity") >= 99);
    CHECK(summary.percent("compliance") > 70);
    CHECK(summary.notes["unparsable_time"] == 0);
  }
}

TEST_CASE("real GuardDuty findings") {
  if (!have_data()) return;
  for (const char* file : {"guardduty.jsonl", "guardduty-events.jsonl"}) {
    CAPTURE(file);
    Summary summary = summarize(file);
    CHECK(summary.sources[Source::kGuardDuty] == summary.lines);
    CHECK(summary.findings() == summary.lines);
    for (const char* field : {"id", "time", "region", "accountId", "findingName", "title"}) {
      CAPTURE(field);
      CHECK(summary.percent(field) > 80);
    }
    CHECK(summary.percent("severity") > 80);
    CHECK(summary.percent("sourceIp") > 20);
  }
  CHECK(summarize("guardduty.jsonl").percent("sample") > 50);
}

TEST_CASE("events of Config and of services that send no findings") {
  if (!have_data()) return;
  Summary api = summarize("config-api.jsonl");
  CHECK(api.sources[Source::kConfig] == 1);
  CHECK(api.sources[Source::kUnknown] == 8);
  for (const char* file : {"config-events.jsonl", "other-events.jsonl", "ocsf.jsonl"}) {
    CAPTURE(file);
    Summary summary = summarize(file);
    CHECK(summary.lines > 0);
    CHECK(summary.sources[Source::kUnknown] == summary.lines);
    CHECK(summary.notes["unknown_source"] == summary.lines);
  }
}

TEST_CASE("whole files as one list and as one Records file give the same findings") {
  if (!have_data()) return;
  std::ifstream in(kData / "cloudtrail.jsonl");
  std::string line;
  std::string elements;
  std::vector<std::string> wanted;
  while (std::getline(in, line)) {
    wanted.push_back(raw(Parsed(line)[0]));
    if (!elements.empty()) elements += ",\n";
    elements += line;
  }
  for (const std::string& text : {"[" + elements + "]", R"({"Records":[)" + elements + "]}"}) {
    Parsed parsed(text);
    REQUIRE(parsed.size() == wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) REQUIRE(raw(parsed[i]) == wanted[i]);
  }
}
