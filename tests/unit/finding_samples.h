/// Events that several tests of the finding room use, and short ways to look at what came out.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "finding/finding.h"
#include "finding/normalize.h"

namespace samples {

/// The slides' first example, completed where the slide cuts lines.
inline constexpr std::string_view kSlideCloudTrail = R"json({
  "version": "0",
  "id": "e67b423d-11fe-3cdd-5f3e-996100e39e36",
  "detail-type": "AWS API Call via CloudTrail",
  "source": "aws.kms",
  "account": "626708301729",
  "time": "2022-01-20T20:46:26Z",
  "region": "eu-central-1",
  "resources": [],
  "detail": {
    "eventVersion": "1.08",
    "userIdentity": {
      "type": "AssumedRole",
      "principalId": "AROA2D2VZY6QQWB4D7CX6:semper@nuvibit.com",
      "arn": "arn:aws:sts::626708301729:assumed-role/AWSReservedSSO_AdministratorAccess_1f51a532758ff888/semper",
      "accountId": "626708301729",
      "accessKeyId": "ASIA2D2VZY6QSRIMENEC",
      "sessionContext": {
        "sessionIssuer": {
          "type": "Role",
          "principalId": "AROA2D2VZY6QQWB4D7CX6",
          "arn": "arn:aws:iam::626708301729:role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_AdministratorAccess_1f51a532758ff888",
          "accountId": "626708301729",
          "userName": "AWSReservedSSO_AdministratorAccess_1f51a532758ff888"
        },
        "webIdFederationData": {},
        "attributes": {"creationDate": "2022-01-20T20:13:01Z", "mfaAuthenticated": "false"}
      }
    },
    "eventTime": "2022-01-20T20:46:26Z",
    "eventSource": "kms.amazonaws.com",
    "eventName": "DisableKey",
    "awsRegion": "eu-central-1",
    "sourceIPAddress": "1.2.3.4",
    "userAgent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
    "errorCode": "KMSInvalidStateException",
    "errorMessage": "arn:aws:kms:eu-central-1:626708301729:key/ab9508d2-1f91-4090-945a-5894b1a082eb is pending deletion.",
    "requestParameters": {"keyId": "ab9508d2-1f91-4090-945a-5894b1a082eb"},
    "responseElements": null,
    "requestID": "a19215dc-e53d-49d2-a359-2f9a7962a22d",
    "eventID": "c228fa45-174c-4624-ac73-363530327457",
    "readOnly": false,
    "resources": [
      {
        "accountId": "626708301729",
        "type": "AWS::KMS::Key",
        "ARN": "arn:aws:kms:eu-central-1:626708301729:key/ab9508d2-1f91-4090-945a-5894b1a082eb"
      }
    ],
    "eventType": "AwsApiCall",
    "managementEvent": true,
    "recipientAccountId": "626708301729",
    "eventCategory": "Management",
    "sessionCredentialFromConsole": "true"
  }
})json";

/// The finding of the slides' second example, and its event as Security Hub sends it.
inline constexpr std::string_view kSlideAsff = R"({
  "ProductArn": "arn:aws:securityhub:eu-central-1::product/aws/securityhub",
  "Types": ["Software and Configuration Checks/Industry and Regulatory Standards/AWS-Foundational-Security-Best-Practices"],
  "Description": "This AWS control checks whether your AWS account is enabled to use hardware MFA.",
  "Compliance": {"Status": "FAILED"},
  "ProductName": "Security Hub",
  "FirstObservedAt": "2022-01-14T21:20:14.018Z",
  "CreatedAt": "2022-01-14T21:20:14.018Z",
  "LastObservedAt": "2022-01-19T09:20:42.632Z",
  "CompanyName": "AWS",
  "FindingProviderFields": {
    "Severity": {"Normalized": 90, "Label": "CRITICAL", "Product": 90, "Original": "CRITICAL"}
  },
  "ProductFields": {
    "StandardsArn": "arn:aws:securityhub::standards/aws-foundational-security-best-practices/v1.0.0",
    "ControlId": "IAM.6",
    "RelatedAWSResources:0/type": "AWS::Config::ConfigRule"
  },
  "SchemaVersion": "2018-10-08",
  "GeneratorId": "aws-foundational-security-best-practices/v1.0.0/IAM.6",
  "RecordState": "ACTIVE",
  "Title": "IAM.6 Hardware MFA should be enabled for the root user",
  "Workflow": {"Status": "NEW"},
  "Severity": {"Normalized": 90, "Label": "CRITICAL", "Product": 90, "Original": "CRITICAL"},
  "UpdatedAt": "2022-01-19T09:20:38.543Z",
  "WorkflowState": "NEW",
  "AwsAccountId": "626708301729",
  "Region": "eu-central-1",
  "Id": "arn:aws:securityhub:eu-central-1:626708301729:subscription/aws-foundational-security-best-practices/v1.0.0/IAM.6/finding/1",
  "Resources": [
    {"Partition": "aws", "Type": "AwsAccount", "Region": "eu-central-1", "Id": "AWS:::Account:626708301729"}
  ]
})";

/// An event of Security Hub with this `detail`.
inline std::string security_hub_event(std::string_view detail, std::string_view kind = "Imported") {
  std::string event = R"({"version":"0","id":"3af15e19-19c3-3a4c-5e77-c64e4ba49d42",)";
  event += R"("detail-type":"Security Hub Findings - )";
  event += kind;
  event += R"(","source":"aws.securityhub","account":"626708301729",)";
  event += R"("time":"2022-01-19T09:20:46Z","region":"eu-central-1","resources":["r"],"detail":)";
  event += detail;
  event += '}';
  return event;
}

inline std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

inline std::string raw(const semper::finding::Finding& finding) {
  std::string out;
  finding.event.append_compact(out);
  return out;
}

inline bool has_note(const auto& notes, std::string_view code) {
  for (const semper::finding::Note& note : notes) {
    if (note.code == code) return true;
  }
  return false;
}

/// A text with its findings, which stay valid with it.
struct Parsed {
  explicit Parsed(std::string_view input) : text(input) { ok = parser.parse(text); }
  std::size_t size() const { return parser.findings().size(); }
  const semper::finding::Finding& operator[](std::size_t i) const { return parser.findings()[i]; }

  std::string text;
  semper::finding::Parser parser;
  bool ok = false;
};

/// The normalized fields of the first finding in a text.
struct Fields {
  explicit Fields(std::string_view input, semper::finding::Detection detection = {})
      : parsed(input) {
    semper::finding::normalize(parsed[0], detection, arena, normalized);
    for (std::size_t i = 0; i < normalized.fields.size(); ++i) {
      auto field = static_cast<semper::finding::Field>(i);
      if (!normalized[field].empty()) {
        values[std::string(semper::finding::field_name(field))] = normalized[field];
      }
    }
  }
  /// JSON text; empty where the field is absent.
  std::string operator[](const std::string& name) const {
    auto value = values.find(name);
    return value == values.end() ? std::string() : value->second;
  }
  bool has_note(std::string_view code) const { return samples::has_note(normalized.notes, code); }

  Parsed parsed;
  semper::Arena arena;
  semper::finding::Normalized normalized;
  std::map<std::string, std::string> values;
};

}  // namespace samples
