/// A policy set of every kind that decides about findings, for the fuzz targets.
#pragma once

#include <memory>
#include <string>

#include "fuzz/fuzz.h"
#include "semper/semper.hpp"

namespace semper::fuzz {

inline constexpr std::int64_t kNow = 1'767'225'600;  // 2026-01-01

struct NamedPolicy {
  const char* id;
  const char* text;
};

inline constexpr NamedPolicy kPolicies[] = {
    {"20_filtering/cloudtrail_api_calls/a",
     R"({"filtering":{"findingPattern":{"detail":{"eventName":["DisableKey",{"prefix":"Get"}]}}},)"
     R"("policyScope":{"accountScope":{"exclude":"*","forceInclude":{"accountTags":{"env":"dev"}}}}})"},
    {"20_filtering/cloudtrail_api_calls/b",
     R"({"filtering":{"findingPattern":{"detail":{"requestParameters":{"ipPermissions":{"items":)"
     R"({"ipRanges":{"items":{"cidrIp":[{"cidr-contains":"10.0.0.0/8"}]}}}}}}}}})"},
    {"20_filtering/securityhub_findings/a",
     R"({"filtering":{"findingPattern":{"Title":[{"contains":"S3"}],"Severity":{"Normalized":[{"numeric":["<",40]}]}}}})"},
    {"20_filtering/guardduty_findings/a",
     R"({"filtering":{"findingPattern":{"$or":[{"type":[{"wildcard":"Recon:*"}]},{"severity":[{"numeric":["<=",2]}]}]}}})"},
    {"20_filtering/config_findings/a",
     R"({"filtering":{"findingPattern":{"configRuleName":[{"suffix":"-tags"}]}}})"},
    {"30_extension/a",
     R"({"extension":{"findingPattern":{"normalized":{"accountId":[{"exists":true}]}},"extensionBlock":)"
     R"({"sqsFanOut":[{"sqsName":"q","subject":"${normalized.accountId} ${finding.detail.eventName}"}]}}})"},
    {"10_configure/event_rules/a",
     R"({"configure":{"eventRuleSettings":{"eventName":"keys","eventDescription":"d","eventPattern":)"
     R"({"detail":{"eventName":["DisableKey","ScheduleKeyDeletion"]}}}}})"},
};

/// Knows one account, none, or fails, by what the id ends with.
class Accounts : public ContextProvider {
 public:
  std::string_view name() const override { return "accounts"; }
  KeyKind key_kind() const override { return KeyKind::kAccountId; }
  void lookup(LookupCall& call) override {
    for (std::size_t i = 0; i < call.size(); ++i) {
      std::string_view id = call.key(i);
      if (id.ends_with('1')) {
        call.set_json(i, R"({"accountTags":{"env":"dev"},"accountName":"one","ouName":"Core"})");
      } else if (id.ends_with('2')) {
        call.set_absent(i);
      } else if (id.ends_with('3')) {
        call.set_json(i, id);
      } else if (!id.ends_with('4')) {
        call.fail(i, "down");
      }
    }
  }
};

inline PolicySet policies() {
  Compiler compiler;
  for (const NamedPolicy& policy : kPolicies) {
    Status status = compiler.add_policy(policy.id, policy.text);
    require(status.ok(), status.message(), policy.id);
  }
  compiler.set_account_provider(std::make_shared<Accounts>());
  Result<PolicySet> set = compiler.compile();
  for (const Diagnostic& diagnostic : compiler.diagnostics()) {
    require(diagnostic.severity != Diagnostic::Severity::kError, to_string(diagnostic));
  }
  require(set.ok(), "the policies compile");
  return *set;
}

inline EvaluatorOptions options(RecordFormat format) {
  EvaluatorOptions options;
  options.format = format;
  options.clock = [] { return kNow; };
  return options;
}

}  // namespace semper::fuzz
