#include "finding/normalizer.h"

namespace semper::finding {
namespace {

using json::EventValue;
// clang-tidy does not see where a literal uses it.
using json::operator""_key;  // NOLINT(misc-unused-using-decls)

enum class Change : std::size_t {
  kConfigRuleName,
  kConfigRuleArn,
  kResourceType,
  kResourceId,
  kNotificationCreationTime,
  kNewEvaluationResult,
  kCount,
};
constexpr KeyTable<Change> kChangeKeys({
    "configRuleName",
    "configRuleARN",
    "resourceType",
    "resourceId",
    "notificationCreationTime",
    "newEvaluationResult",
});

}  // namespace

void normalize_config(Normalizer& normalizer) {
  Fields<Change> change(kChangeKeys, normalizer.finding().body);
  EventValue result =
      normalizer.object(change[Change::kNewEvaluationResult], "newEvaluationResult");
  EventValue qualifier = result.find({"evaluationResultIdentifier", "evaluationResultQualifier"});

  auto with_fallback = [&](Change key, std::string_view name) {
    std::string_view text = normalizer.text(change[key], name);
    return text.empty() ? normalizer.text(qualifier.find(name), name) : text;
  };
  std::string_view rule = with_fallback(Change::kConfigRuleName, "configRuleName");
  std::string_view type = with_fallback(Change::kResourceType, "resourceType");
  std::string_view id = with_fallback(Change::kResourceId, "resourceId");
  std::string_view rule_arn = normalizer.text(change[Change::kConfigRuleArn], "configRuleARN");
  std::string_view status =
      normalizer.text(result.find("complianceType"), "newEvaluationResult.complianceType");

  if (std::string_view identity = rule_arn.empty() ? rule : rule_arn;
      !identity.empty() && !id.empty()) {
    std::string& out = normalizer.scratch();
    out += normalizer.finding().account_id;
    out += '\n';
    out += normalizer.finding().region;
    for (std::string_view part : {identity, type, id}) {
      out += '\n';
      out += content(part);
    }
    normalizer.set(Field::kId, normalizer.hash(out));
  }

  normalizer.set(Field::kTime,
                 normalizer.utc(normalizer.text(change[Change::kNotificationCreationTime],
                                                "notificationCreationTime")));
  normalizer.set(Field::kFindingName, rule);
  if (!rule.empty() && !status.empty()) {
    normalizer.set(Field::kTitle, normalizer.joined({content(rule), ": ", content(status)}));
  } else {
    normalizer.set(Field::kTitle, rule);
  }
  normalizer.set_severity_label(normalizer.detection().severity);

  if (!status.empty()) {
    normalizer.begin().open_object().member("status"_key, status).close_object();
    normalizer.set(Field::kCompliance, normalizer.keep());
  }
  ResourceList resources(normalizer);
  resources.add(id, type);
  resources.finish(normalizer);
}

}  // namespace semper::finding
