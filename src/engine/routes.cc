#include "engine/routes.h"

#include <algorithm>

#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"
#include "json/writer.h"
#include "policy/routing.h"

namespace semper::engine {
namespace {

/// The limits of AwsSecurityFinding (BatchImportFindings), in characters.
constexpr std::size_t kLongestTitle = 256;
constexpr std::size_t kLongestDescription = 1024;
constexpr std::size_t kLongestId = 512;
constexpr std::string_view kDefaultTitle = "SEMPER Finding";
constexpr int kDefaultSeverity = 20;

/// The first `most` characters; continuation bytes stay with theirs.
std::string_view shortened(std::string_view text, std::size_t most) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool begins = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (begins && ++characters > most) return text.substr(0, i);
  }
  return text;
}

std::string_view partition_of(std::string_view region) {
  if (region.starts_with("cn-")) return "aws-cn";
  if (region.starts_with("us-gov-")) return "aws-us-gov";
  return "aws";
}

bool is_account_id(std::string_view text) {
  return text.size() == 12 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// The bands of ASFF's Severity.Normalized.
std::string_view severity_label(int normalized) {
  if (normalized == 0) return "INFORMATIONAL";
  if (normalized < 40) return "LOW";
  if (normalized < 70) return "MEDIUM";
  return normalized < 90 ? "HIGH" : "CRITICAL";
}

std::string joined(std::initializer_list<std::string_view> texts) {
  std::string all;
  for (std::string_view text : texts) all += text;
  return all;
}

}  // namespace

bool Router::is_route(std::string_view identifier) {
  return equals_ignore_ascii_case(identifier, "sqsFanOut") ||
         equals_ignore_ascii_case(identifier, "sendToSecurityHub");
}

bool Router::needs_normalized(std::string_view identifier) {
  return equals_ignore_ascii_case(identifier, "sendToSecurityHub");
}

void Router::add(std::string_view identifier, std::string_view block, const RoutedFinding& finding,
                 Arena& arena, std::vector<SentRecord>& routes, std::size_t& count,
                 std::vector<finding::Note>& notes) {
  auto add_one = [&](json::EventValue value) {
    if (count == routes.size()) routes.emplace_back();
    SentRecord& route = routes[count];
    route.target.clear();
    route.record.clear();
    bool is_queue = equals_ignore_ascii_case(identifier, "sqsFanOut");
    bool sound =
        is_queue ? add_queue(value, finding, route) : add_security_hub(value, finding, route);
    if (sound) {
      ++count;
    } else {
      notes.push_back({"unroutable", arena.copy(joined({identifier, " of policy ", finding.policy,
                                                        " is not sent: ", reason_}))});
    }
  };
  if (!block_.parse(block)) return;
  if (!block_.root().is_array()) {
    add_one(block_.root());
    return;
  }
  for (json::EventValue value : block_.root().elements()) add_one(value);
}

bool Router::add_queue(json::EventValue block, const RoutedFinding& finding, SentRecord& route) {
  json::EventValue name = block.find("sqsName");
  json::EventValue url = block.find("sqsUrl");
  json::EventValue queue = name ? name : url;
  if (!queue) return fail("its queue has no name for this finding");
  std::string_view text_of_queue = text(queue);
  bool sound = queue.is_string() &&
               (name ? policy::is_queue_name(text_of_queue) : policy::is_queue_url(text_of_queue));
  if (!sound) return fail(joined({"\"", text_of_queue, "\" names no queue"}));
  route.type = RouteType::kSqs;
  std::string& target = route.target;
  target += R"({"type":"sqs","policy":)";
  json::append_quoted(target, finding.policy);
  target += name ? R"(,"queueName":)" : R"(,"queueUrl":)";
  json::append_quoted(target, text_of_queue);
  target += R"(,"instructions":)";
  block.append_compact(target);
  target += '}';
  return true;
}

bool Router::add_security_hub(json::EventValue block, const RoutedFinding& finding,
                              SentRecord& route) {
  if (!normalized_.parse(finding.normalized_json)) return fail("it has no normalized fields");
  json::EventValue fields = normalized_.root();
  std::string account(text(fields.find("accountId")));
  if (!is_account_id(account)) return fail("the finding names no account of 12 digits");
  std::string region(text(fields.find("region")));
  if (region.empty()) return fail("the finding names no region");
  std::string time(text(fields.find("time")));
  if (time.empty()) return fail("the finding has no time");
  if (!parse_time(time)) return fail(joined({"the finding's time \"", time, "\" is none"}));

  json::EventValue severity_value = block.find("findingSeverity");
  if (!severity_value) severity_value = block.find("findingSevertiy");
  int severity = kDefaultSeverity;
  if (severity_value) {
    std::string_view written = text(severity_value);
    std::optional<int> number = policy::asff_severity(written);
    if (!number) {
      return fail(joined({"\"", written, "\" is no severity; one is a number from 0 to 100"}));
    }
    severity = *number;
  }
  std::string status(text(block.find("findingComplianceStatus"), "FAILED"));
  if (!policy::is_compliance_status(status)) {
    return fail(joined({"\"", status, "\" is no compliance status"}));
  }

  std::string_view partition = partition_of(region);
  // The same finding under the same policy is the same ASFF finding whenever it is sent, so that
  // Security Hub updates it. A finding without an id is told by its bytes.
  std::string identity = joined({finding.policy, "\n", account, "\n", region, "\n"});
  identity += text(fields.find("id"), text(fields.find("rawHash")));
  std::string generator = joined({"semper/", finding.policy});
  std::string title(text(block.find("findingTitle"), kDefaultTitle));
  std::string description(text(block.find("findingDescription")));
  if (description.empty()) description = text(fields.find("title"));
  if (description.empty()) description = text(fields.find("findingName"), title);
  json::EventValue resource = block.find("findingResource");
  std::string account_resource = joined({"AWS::::Account:", account});
  std::string resource_id(text(resource.find("id"), account_resource));
  std::string resource_type(text(resource.find("type"), "AwsAccount"));

  route.type = RouteType::kSecurityHub;
  json::Writer target(route.target);
  target.begin_object().key("type").string("securityhub").key("policy").string(finding.policy);
  target.key("accountId").string(account).key("region").string(region).end_object();

  json::Writer asff(route.record);
  asff.begin_object().key("SchemaVersion").string("2018-10-08");
  asff.key("Id").string(joined({"semper/", hash_hex(identity)}));
  asff.key("ProductArn")
      .string(joined({"arn:", partition, ":securityhub:", region, ":", account, ":product/",
                      account, "/default"}));
  asff.key("GeneratorId").string(shortened(generator, kLongestId));
  asff.key("AwsAccountId").string(account);
  asff.key("Types").begin_array().string("Software and Configuration Checks").end_array();
  asff.key("CreatedAt").string(time).key("UpdatedAt").string(time);
  asff.key("Severity").begin_object();
  asff.key("Label").string(severity_label(severity)).key("Normalized").number(severity);
  asff.end_object();
  asff.key("Title").string(shortened(title, kLongestTitle));
  asff.key("Description").string(shortened(description, kLongestDescription));
  asff.key("Resources").begin_array().begin_object();
  asff.key("Type").string(shortened(resource_type, kLongestTitle));
  asff.key("Id").string(shortened(resource_id, kLongestId));
  asff.key("Partition").string(partition).key("Region").string(region);
  asff.end_object().end_array();
  asff.key("Compliance").begin_object().key("Status").string(status).end_object();
  asff.key("Workflow").begin_object().key("Status").string("NEW").end_object();
  asff.key("RecordState").string("ACTIVE").end_object();
  return true;
}

/// Valid until the next call.
std::string_view Router::text(json::EventValue value, std::string_view otherwise) {
  if (!value || value.is_object() || value.is_array()) return otherwise;
  std::string_view text = value.is_string() ? value.string(scratch_) : value.raw();
  // AWS wants a character that is no blank.
  bool blank = text.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos;
  return blank ? otherwise : text;
}

bool Router::fail(std::string_view reason) {
  reason_ = reason;
  return false;
}

}  // namespace semper::engine
