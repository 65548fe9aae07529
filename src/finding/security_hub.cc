#include <array>

#include "base/text.h"
#include "finding/normalizer.h"

namespace semper::finding {
namespace {

using json::EventValue;
// clang-tidy does not see where a literal uses it.
using json::operator""_key;  // NOLINT(misc-unused-using-decls)

enum class Asff : std::size_t {
  kId,
  kProductArn,
  kProductFields,
  kGeneratorId,
  kTitle,
  kSeverity,
  kFindingProviderFields,
  kUpdatedAt,
  kLastObservedAt,
  kCreatedAt,
  kResources,
  kCompliance,
  kWorkflow,
  kWorkflowState,
  kRecordState,
  kAction,
  kSample,
  kCount,
};
constexpr KeyTable<Asff> kAsffKeys({
    "Id",
    "ProductArn",
    "ProductFields",
    "GeneratorId",
    "Title",
    "Severity",
    "FindingProviderFields",
    "UpdatedAt",
    "LastObservedAt",
    "CreatedAt",
    "Resources",
    "Compliance",
    "Workflow",
    "WorkflowState",
    "RecordState",
    "Action",
    "Sample",
});

enum class Product : std::size_t {
  kControlId,
  kRuleId,
  kStandardsArn,
  kStandardsGuideArn,
  kSample,
  kCount,
};
constexpr KeyTable<Product> kProductKeys({
    "ControlId",
    "RuleId",
    "StandardsArn",
    "StandardsGuideArn",
    "aws/guardduty/service/additionalInfo/sample",
});

enum class ComplianceKey : std::size_t {
  kStatus,
  kSecurityControlId,
  kAssociatedStandards,
  kCount
};
constexpr KeyTable<ComplianceKey> kComplianceKeys({"Status", "SecurityControlId",
                                                   "AssociatedStandards"});

enum class SeverityKey : std::size_t { kLabel, kNormalized, kProduct, kCount };
constexpr KeyTable<SeverityKey> kSeverityKeys({"Label", "Normalized", "Product"});

enum class Resource : std::size_t { kId, kType, kRegion, kDetails, kCount };
constexpr KeyTable<Resource> kResourceKeys({"Id", "Type", "Region", "Details"});

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_alnum(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// `IAM.6`, `PCI.IAM.6`, `1.6`, `2.1.1`: parts between dots, the last a number.
bool looks_like_control_id(std::string_view id) {
  std::size_t dots = 0;
  std::size_t part = 0;
  bool digits = true;
  for (char c : id) {
    if (c == '.') {
      if (part == 0) return false;
      ++dots;
      part = 0;
      digits = true;
    } else if (is_alnum(c)) {
      ++part;
      digits = digits && is_digit(c);
    } else {
      return false;
    }
  }
  return dots > 0 && part > 0 && digits;
}

/// One spelling for all generations: without the brackets of titles, and without the prefix that
/// the Control Tower standard puts before the ids that it shares with Security Hub's own.
std::string_view plain_control_id(std::string_view id) {
  if (id.starts_with('[') && id.ends_with(']')) id = id.substr(1, id.size() - 2);
  if (id.starts_with("CT.") && looks_like_control_id(id.substr(3))) id.remove_prefix(3);
  return id;
}

/// `ruleset/cis-aws-foundations-benchmark/v/1.2.0` of an ARN, as the newest generation writes it.
std::string_view plain_standard(std::string_view standard) {
  if (!standard.starts_with("arn:")) return standard;
  for (std::string_view kind : {":standards/", ":ruleset/"}) {
    std::size_t at = standard.find(kind);
    if (at != std::string_view::npos) return standard.substr(at + 1);
  }
  return standard;
}

/// At most four control ids, in order of preference, as contents of JSON strings.
struct Controls {
  std::array<std::string_view, 4> ids;
  std::size_t count = 0;

  void add(std::string_view id) {
    id = plain_control_id(id);
    if (id.empty()) return;
    for (std::size_t i = 0; i < count; ++i) {
      if (equals_ignore_ascii_case(ids[i], id)) return;
    }
    ids[count++] = id;
  }
};

Controls find_controls(Normalizer& normalizer, const Fields<ComplianceKey>& compliance,
                       const Fields<Product>& product, std::string_view generator) {
  Controls controls;
  controls.add(content(normalizer.text(compliance[ComplianceKey::kSecurityControlId],
                                       "Compliance.SecurityControlId")));
  controls.add(content(normalizer.text(product[Product::kControlId], "ProductFields.ControlId")));
  controls.add(content(normalizer.text(product[Product::kRuleId], "ProductFields.RuleId")));
  std::string_view last = content(generator);
  std::size_t slash = last.rfind('/');
  if (slash != std::string_view::npos && looks_like_control_id(last.substr(slash + 1))) {
    controls.add(last.substr(slash + 1));
  }
  return controls;
}

void set_compliance(Normalizer& normalizer, const Fields<ComplianceKey>& compliance,
                    const Fields<Product>& product, const Controls& controls) {
  std::string_view status =
      normalizer.text(compliance[ComplianceKey::kStatus], "Compliance.Status");
  std::string_view guide =
      normalizer.text(product[Product::kStandardsGuideArn], "ProductFields.StandardsGuideArn");
  std::string_view arn =
      normalizer.text(product[Product::kStandardsArn], "ProductFields.StandardsArn");
  EventValue associated = normalizer.array(compliance[ComplianceKey::kAssociatedStandards],
                                           "Compliance.AssociatedStandards");

  json::Pieces& pieces = normalizer.begin().open_object();
  pieces.member_if("status"_key, status);

  std::string_view older[] = {plain_standard(content(guide)), plain_standard(content(arn))};
  if (older[0] == older[1]) older[1] = {};
  bool any = false;
  auto add = [&](std::string_view standard) {
    if (standard.empty()) return;
    if (!any) pieces.key("standards"_key).open_array();
    any = true;
    pieces.string(standard);
  };
  for (EventValue element : associated.elements()) {
    std::string_view id = content(normalizer.text(element.find("StandardsId"),
                                                  "Compliance.AssociatedStandards[].StandardsId"));
    id = plain_standard(id);
    for (std::string_view& standard : older) {
      if (standard == id) standard = {};
    }
    add(id);
  }
  for (std::string_view standard : older) add(standard);
  if (any) pieces.close_array();
  if (controls.count > 0) pieces.string_member("control"_key, controls.ids[0]);
  bool is_empty = status.empty() && !any && controls.count == 0;
  pieces.close_object();
  if (!is_empty) normalizer.set(Field::kCompliance, normalizer.keep());
}

void set_controls(Normalizer& normalizer, const Controls& controls) {
  if (controls.count == 0) return;
  json::Pieces& pieces = normalizer.begin().open_array();
  for (std::size_t i = 0; i < controls.count; ++i) pieces.string(controls.ids[i]);
  pieces.close_array();
  normalizer.set(Field::kControls, normalizer.keep());
}

void set_severity(Normalizer& normalizer, EventValue severity, EventValue provider_fields,
                  std::string_view product_arn) {
  // Products that are not careful write `"Severity": "HIGH"` or a number.
  if (severity.is_string() && normalizer.set_severity_label(severity.text())) return;
  Fields<SeverityKey> own(kSeverityKeys, severity);
  Fields<SeverityKey> provider(kSeverityKeys, provider_fields.find("Severity"));

  auto normalized = normalizer.number(own[SeverityKey::kNormalized], "Severity.Normalized");
  if (severity && !severity.is_object()) normalized = normalizer.number(severity, "Severity");
  if (!normalized) {
    normalized = normalizer.number(provider[SeverityKey::kNormalized],
                                   "FindingProviderFields.Severity.Normalized");
  }
  for (EventValue label : {own[SeverityKey::kLabel], provider[SeverityKey::kLabel]}) {
    const SeverityBand* band = severity_band(content(normalizer.text(label, "Severity.Label")));
    if (band == nullptr) continue;
    // Normalized often contradicts the label (CRITICAL with 0); then the label's lowest score.
    bool agrees = normalized && severity_band(*normalized) == band;
    normalizer.set_severity(band->label, agrees ? *normalized : band->low);
    return;
  }

  auto product = normalizer.number(own[SeverityKey::kProduct], "Severity.Product");
  if (!product) {
    product = normalizer.number(provider[SeverityKey::kProduct],
                                "FindingProviderFields.Severity.Product");
  }
  // GuardDuty's own scale ends at 10.
  if (product && product_arn.ends_with("/aws/guardduty")) *product *= 10;
  for (auto score : {normalized, product}) {
    const SeverityBand* band = score ? severity_band(*score) : nullptr;
    if (band == nullptr) continue;
    normalizer.set_severity(band->label, *score);
    return;
  }
}

/// Returns whether one of them may tell the principal.
bool set_resources(Normalizer& normalizer, EventValue list) {
  ResourceList resources(normalizer);
  bool may_tell = false;
  for (EventValue element : list.elements()) {
    Fields<Resource> resource(kResourceKeys, normalizer.object(element, "Resources[]"));
    std::string_view region = normalizer.text(resource[Resource::kRegion], "Resources[].Region");
    std::string_view type = normalizer.text(resource[Resource::kType], "Resources[].Type");
    std::string_view id = normalizer.text(resource[Resource::kId], "Resources[].Id");
    resources.add(id, type, region);
    may_tell |= content(type).starts_with("AwsIam");
  }
  resources.finish(normalizer);
  return may_tell;
}

/// The access key, else the user or role, among the resources.
void set_principal_of(Normalizer& normalizer, EventValue list) {
  for (EventValue element : list.elements()) {
    if (element.find("Type").text() != "AwsIamAccessKey") continue;
    EventValue key = element.find({"Details", "AwsIamAccessKey"});
    std::string_view user = normalizer.text(key.find("PrincipalName"), "PrincipalName");
    if (user.empty()) user = normalizer.text(key.find("UserName"), "UserName");
    set_principal(normalizer, normalizer.text(key.find("PrincipalType"), "PrincipalType"), {}, user,
                  normalizer.text(key.find("AccountId"), "AccountId"));
    if (!normalizer.get(Field::kPrincipal).empty()) return;
  }
  for (EventValue element : list.elements()) {
    Fields<Resource> resource(kResourceKeys, element);
    EventValue type = resource[Resource::kType];
    bool is_user = type.text() == "AwsIamUser";
    if (!is_user && type.text() != "AwsIamRole") continue;
    EventValue details = resource[Resource::kDetails].find(type.text());
    EventValue id = resource[Resource::kId];
    bool is_arn = id.is_string() && id.text().starts_with("arn:");
    set_principal(normalizer, normalizer.text(type, "Type"), is_arn ? id.raw() : std::string_view(),
                  normalizer.text(details.find(is_user ? "UserName" : "RoleName"), "UserName"), {});
    return;
  }
}

void set_source_ip(Normalizer& normalizer, EventValue action, EventValue product_fields) {
  auto take = [&](EventValue address) {
    if (!address.is_string()) return false;
    normalizer.set(Field::kSourceIp, normalizer.address(address.raw()));
    return !normalizer.get(Field::kSourceIp).empty();
  };
  if (action.is_object()) {
    for (std::string_view kind : {"AwsApiCallAction", "NetworkConnectionAction"}) {
      if (take(action.find({kind, "RemoteIpDetails", "IpAddressV4"}))) return;
    }
    for (EventValue probe : action.find({"PortProbeAction", "PortProbeDetails"}).elements()) {
      if (take(probe.find({"RemoteIpDetails", "IpAddressV4"}))) return;
    }
  }
  // GuardDuty's findings in Security Hub, with and without the prefix of newer ones:
  // "aws/guardduty/service/action/awsApiCallAction/remoteIpDetails/ipAddressV4".
  for (EventValue::Member member : product_fields.members()) {
    std::string_view key = member.key().text();
    if (!key.ends_with("/remoteIpDetails/ipAddressV4")) continue;
    if (key.find("action/") != std::string_view::npos && take(member.value())) return;
  }
}

bool is_true(EventValue value) {
  return value.text() == "true";
}

}  // namespace

void normalize_security_hub(Normalizer& normalizer) {
  if (!normalizer.finding().carries_finding) return;
  Fields<Asff> asff(kAsffKeys, normalizer.finding().body);
  EventValue product_fields = normalizer.object(asff[Asff::kProductFields], "ProductFields");
  Fields<Product> product(kProductKeys, product_fields);
  Fields<ComplianceKey> compliance(kComplianceKeys,
                                   normalizer.object(asff[Asff::kCompliance], "Compliance"));

  std::string_view product_arn = normalizer.text(asff[Asff::kProductArn], "ProductArn");
  std::string_view id = normalizer.text(asff[Asff::kId], "Id");
  if (!product_arn.empty() && !id.empty()) {
    normalizer.set(Field::kId, normalizer.joined({content(product_arn), "/", content(id)}));
  } else {
    normalizer.set(Field::kId, id);
  }

  std::string_view time = normalizer.text(asff[Asff::kUpdatedAt], "UpdatedAt");
  if (time.empty()) time = normalizer.text(asff[Asff::kLastObservedAt], "LastObservedAt");
  if (time.empty()) time = normalizer.text(asff[Asff::kCreatedAt], "CreatedAt");
  normalizer.set(Field::kTime, normalizer.utc(time));

  std::string_view generator = normalizer.text(asff[Asff::kGeneratorId], "GeneratorId");
  Controls controls = find_controls(normalizer, compliance, product, generator);
  set_controls(normalizer, controls);
  set_compliance(normalizer, compliance, product, controls);
  if (controls.count > 0) {
    normalizer.set(Field::kFindingName, normalizer.joined({controls.ids[0]}));
  } else {
    normalizer.set(Field::kFindingName, generator);
  }
  normalizer.set(Field::kTitle, normalizer.text(asff[Asff::kTitle], "Title"));

  set_severity(normalizer, asff[Asff::kSeverity], asff[Asff::kFindingProviderFields],
               content(product_arn));
  EventValue resources = normalizer.array(asff[Asff::kResources], "Resources");
  if (set_resources(normalizer, resources)) set_principal_of(normalizer, resources);
  set_source_ip(normalizer, asff[Asff::kAction], product_fields);

  EventValue workflow = normalizer.object(asff[Asff::kWorkflow], "Workflow");
  std::string_view status = normalizer.text(workflow.find("Status"), "Workflow.Status");
  if (status.empty()) status = normalizer.text(asff[Asff::kWorkflowState], "WorkflowState");
  normalizer.set(Field::kWorkflow, status);
  normalizer.set(Field::kRecordState, normalizer.text(asff[Asff::kRecordState], "RecordState"));
  if (is_true(asff[Asff::kSample]) || is_true(product[Product::kSample])) {
    normalizer.set(Field::kSample, "true");
  }
}

}  // namespace semper::finding
