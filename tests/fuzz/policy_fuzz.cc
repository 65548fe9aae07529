// The text of a policy file, of every folder (the first byte chooses): it is refused with
// diagnostics, or it compiles and decides.
#include <string>

#include "fuzz/fuzz.h"
#include "fuzz/policies.h"
#include "json/event.h"

using namespace semper;
using namespace semper::fuzz;

namespace {

constexpr const char* kIds[] = {
    "10_configure/config_rules/p",
    "10_configure/event_rules/p",
    "10_configure/securityhub/10_controls/p",
    "10_configure/securityhub/20_standards/p",
    "10_configure/securityhub/30_standard_controls/p",
    "10_configure/securityhub_controls/p",
    "10_configure/securityhub",
    "10_configure/securityhub_standards",
    "20_filtering/cloudtrail_api_calls/p",
    "20_filtering/config_findings/p",
    "20_filtering/guardduty_findings/p",
    "20_filtering/securityhub_findings/p",
    "30_enrichment/p",
    "30_extension/p",
};

constexpr std::string_view kEvents[] = {
    R"({"version":"0","id":"1","detail-type":"AWS API Call via CloudTrail","account":"111111111111",)"
    R"("time":"2026-01-01T00:00:00Z","region":"eu-central-1","detail":{"eventSource":"kms.amazonaws.com",)"
    R"("eventID":"e","eventName":"DisableKey","awsRegion":"eu-central-1","recipientAccountId":"111111111111"}})",
    R"({"version":"0","id":"2","detail-type":"GuardDuty Finding","source":"aws.guardduty",)"
    R"("account":"111111111112","time":"2026-01-01T00:00:00Z","region":"eu-central-1","detail":)"
    R"({"accountId":"111111111112","region":"eu-central-1","type":"Recon:x","severity":5,"id":"f"}})",
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Compiler compiler;
  compiler.set_account_provider(std::make_shared<Accounts>());
  std::string_view text = text_of(data + 1, size - 1);
  Status added = compiler.add_policy(kIds[data[0] % std::size(kIds)], text);
  Result<PolicySet> set = compiler.compile();
  bool has_error = false;
  for (const Diagnostic& diagnostic : compiler.diagnostics()) {
    has_error |= diagnostic.severity == Diagnostic::Severity::kError;
    require(!diagnostic.code.empty() && !diagnostic.message.empty(), "a diagnostic without words");
    require(diagnostic.offset <= text.size(), "a place outside of the text", diagnostic.message);
    require(to_string(diagnostic).find('\n') == std::string::npos, "a diagnostic on several lines",
            diagnostic.message);
  }
  require(set.ok() != has_error, "compiled with an error, or refused without", text);
  if (!set.ok()) return 0;
  require(added.ok(), "compiled what could not be added", text);
  Evaluator evaluator(*set, options(RecordFormat::kNative));
  for (std::string_view event : kEvents) {
    const Evaluation& evaluation = evaluator.evaluate(event);
    require(evaluation.size() == 1, "a finding is lost", text);
    json::EventDocument document;
    require(document.parse(evaluation.json(0)), "a record that is no JSON", evaluation.json(0));
  }
  return 0;
}
