#include "semper/report.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "report/catalogue.h"
#include "report/render.h"
#include "report/states.h"
#include "unit/source_dir.h"

using namespace semper;

namespace {

const std::string kSource = semper::source_dir();

std::string asff(std::string_view control, std::string_view status, int resource,
                 std::string_view id, std::string_view time = "2026-05-01T10:00:00Z") {
  return fmt::format(
      R"({{"SchemaVersion":"2018-10-08","Id":"{3}","ProductArn":"arn:aws:securityhub:eu-central-1::product/aws/securityhub",)"
      R"("GeneratorId":"security-control/{0}","AwsAccountId":"111122223333","Region":"eu-central-1","UpdatedAt":"{4}",)"
      R"("Title":"t","RecordState":"ACTIVE","Compliance":{{"Status":"{1}","SecurityControlId":"{0}",)"
      R"("AssociatedStandards":[{{"StandardsId":"standards/x/v/1.0.0"}}]}},"Resources":[{{"Type":"AwsS3Bucket","Id":"r{2}"}}]}})",
      control, status, resource, id, time);
}

ReportOptions options() {
  ReportOptions options;
  options.policies = kSource + "/examples/policies";
  options.accounts = kSource + "/examples/accounts.json";
  options.controls = kSource + "/share/semper/controls";
  options.clock = [] { return std::int64_t{1'780'000'000}; };
  return options;
}

}  // namespace

TEST_CASE("a report is built from events and rendered at any time") {
  std::vector<Diagnostic> diagnostics;
  Result<Report> report = Report::open(options(), diagnostics);
  REQUIRE(report.ok());
  CHECK(report->render(ReportFormat::kText)
            .starts_with("Compliance at 2026-05-28T20:26:40Z\n0 findings"));
  CHECK(report->add(asff("S3.1", "PASSED", 1, "a")));
  CHECK_FALSE(report->add("{\"SchemaVersion\":"));
  report->add_invalid();
  std::string json = report->render(ReportFormat::kJson);
  CHECK(json.find(R"("findings":2,"counted":1)") != std::string::npos);
  CHECK(json.find("\"trend\"") == std::string::npos);
  CHECK(report->add_earlier(asff("S3.1", "FAILED", 1, "a")));
  CHECK(report->render(ReportFormat::kJson).find("\"trend\"") != std::string::npos);
}

TEST_CASE("what cannot be opened is a status") {
  std::vector<Diagnostic> diagnostics;
  ReportOptions wrong = options();
  wrong.policies = "/nowhere";
  CHECK(Report::open(wrong, diagnostics).status().code() == StatusCode::kIo);
  wrong = options();
  wrong.accounts = "/nowhere.json";
  CHECK(Report::open(wrong, diagnostics).status().code() == StatusCode::kIo);
  wrong = options();
  wrong.controls = "/nowhere";
  CHECK(Report::open(wrong, diagnostics).status().code() == StatusCode::kIo);
  CoverageOptions nothing;
  CHECK(coverage(nothing, CoverageFormat::kText, diagnostics).status().code() ==
        StatusCode::kInvalidArgument);
}

TEST_CASE("memory grows with controls and resources, not with findings") {
  PolicySet policies;
  report::Names names;
  names.standard_sets.emplace_back();
  report::States states(policies, {}, names);
  // A product that gives its findings a new id in every run.
  for (int run = 0; run < 200; ++run) {
    for (int resource = 0; resource < 20; ++resource) {
      std::string time = fmt::format("2026-05-01T10:00:{:02}.{:03}Z", run % 60, run);
      REQUIRE(states.add(asff("S3.1", run % 2 ? "PASSED" : "FAILED", resource,
                              fmt::format("run-{}-{}", run, resource), time)));
    }
  }
  CHECK(states.findings().size() <= 20 * 8);
  report::Totals totals = states.totals();
  CHECK(totals.findings == 4000);
  CHECK(totals.counted + totals.superseded == 4000);
}

TEST_CASE("all names of a standard are one key") {
  for (std::string_view name :
       {"arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0",
        "arn:aws:securityhub:${region}::ruleset/cis-aws-foundations-benchmark/v/1.2.0",
        "ruleset/cis-aws-foundations-benchmark/v/1.2.0",
        "standards/cis-aws-foundations-benchmark/v/1.2.0", "cis-aws-foundations-benchmark/v/1.2.0",
        "arn:aws:securityhub::standards/CIS-AWS-Foundations-Benchmark/v1.2.0"}) {
    CHECK(report::standard_key(name) == "cis-aws-foundations-benchmark/v/1.2.0");
  }
  CHECK(report::standard_key("").empty());
  CHECK(report::standard_key("own/v") == "own/v");
}

TEST_CASE("cells of a CSV file are no formulas") {
  auto cell = [](std::string_view text) {
    std::string out;
    report::append_csv_cell(out, text);
    return out;
  };
  CHECK(cell("plain") == "plain");
  CHECK(cell("") == "");
  CHECK(cell("a,b") == "\"a,b\"");
  CHECK(cell("say \"x\"") == "\"say \"\"x\"\"\"");
  CHECK(cell("=1+1") == "\"'=1+1\"");
  for (std::string_view text : {"+1", "-1", "@x", "\t=1", "\r=1"}) CHECK(cell(text)[1] == '\'');
}
