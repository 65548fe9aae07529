#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "base/arena.h"
#include "base/text.h"
#include "finding/envelope.h"
#include "finding/finding.h"
#include "finding/recognize.h"

namespace semper::finding {
namespace {

using json::EventDocument;
using json::EventMember;
using json::EventValue;
using json::Kind;

/// Where a finding says its account and region.
enum class Place : std::size_t { kAccount, kRegion, kCount };
constexpr KeyTable<Place> kCloudTrailPlace({"recipientAccountId", "awsRegion"});
constexpr KeyTable<Place> kGuardDutyPlace({"accountId", "region"});
constexpr KeyTable<Place> kConfigPlace({"awsAccountId", "awsRegion"});
/// Old findings of Security Hub have their region elsewhere.
enum class AsffPlace : std::size_t { kAccount, kRegion, kResources, kProductArn, kCount };
constexpr KeyTable<AsffPlace> kAsffPlace({"AwsAccountId", "Region", "Resources", "ProductArn"});

const KeyTable<Place>& place_keys(Source source) {
  switch (source) {
    case Source::kGuardDuty:
      return kGuardDutyPlace;
    case Source::kConfig:
      return kConfigPlace;
    default:
      return kCloudTrailPlace;
  }
}

constexpr std::string_view kAccountName = "the finding's account";
constexpr std::string_view kRegionName = "the finding's region";

/// `part` (from 0) of an ARN.
std::string_view arn_part(std::string_view arn, int part) {
  for (; part > 0; --part) {
    std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    arn.remove_prefix(colon + 1);
  }
  return arn.substr(0, arn.find(':'));
}

/// What AWS puts beside the list of a file; it belongs to the transfer, not to a finding.
bool is_transfer_key(std::string_view key) {
  return equals_ignore_ascii_case(key, "NextToken") || key == "ResponseMetadata";
}

/// What has been taken off on the way to a value. Each kind is taken off once, so that no input
/// makes us recurse further.
struct Unwrapped {
  bool list = false;
  bool file = false;
  bool notification = false;
  bool queue_message = false;
  bool lookup_event = false;
};

/// Each message has a document of its own, some kilobytes even for an empty one. A batch of SQS has
/// at most 10,000 messages.
constexpr std::size_t kMaxMessages = 10'000;
/// So many of these documents are kept for the next event.
constexpr std::size_t kKeptDocuments = 64;

}  // namespace

struct Parser::State {
  explicit State(const Limits& parser_limits) : limits(parser_limits) {}

  /// Which part of the pools is a finding's; spans are set when the pools no longer grow.
  struct Extent {
    std::size_t first_member;
    std::size_t last_member;
    std::size_t first_note;
    std::size_t last_note;
  };

  Limits limits;
  EventDocument document;
  std::vector<std::unique_ptr<EventDocument>> inner_documents;
  std::size_t inner_count = 0;
  Arena arena;
  std::string scratch;
  EnvelopeBuilder envelopes;

  std::vector<Finding> findings;
  std::vector<Extent> extents;
  std::vector<EventMember> members;
  std::vector<Note> notes;
  std::size_t first_member = 0;
  std::size_t first_note = 0;
  bool too_many = false;

  void reset();
  bool parse(std::string_view text);

  void add(EventValue value, Unwrapped unwrapped);
  void add_list(EventValue list, Unwrapped unwrapped);
  void add_file(EventValue file, EventValue list, Unwrapped unwrapped);
  void add_message(EventValue message, EventValue outer, Unwrapped unwrapped);
  void add_event(EventValue event, const TopFields& top);
  void add_security_hub_event(EventValue event, const TopFields& top);
  void add_wrapped(Shape shape, EventValue body, const TopFields& top);
  void add_unknown(EventValue value, const TopFields* top, std::string_view message);
  /// Appends the finding with the members and notes since the last one.
  void finish(Finding finding);

  void place(Finding& finding, const TopFields* envelope);
  void place_security_hub(Finding& finding, EventValue account_id, EventValue region_name,
                          EventValue resources, EventValue product);
  std::string_view decoded(EventValue string);
  std::string_view account(EventValue value, std::string_view name);
  std::string_view region(EventValue value, std::string_view name);
  void note(std::string_view code, std::string_view message) { notes.push_back({code, message}); }
  void note_wrong_type(EventValue value, std::string_view name);
};

void Parser::State::reset() {
  findings.clear();
  extents.clear();
  members.clear();
  notes.clear();
  first_member = 0;
  first_note = 0;
  too_many = false;
  arena.reset();
  envelopes.reset();
  if (inner_documents.size() > kKeptDocuments) inner_documents.resize(kKeptDocuments);
  inner_count = 0;
}

bool Parser::State::parse(std::string_view text) {
  reset();
  if (!document.parse(text, limits)) return false;
  add(document.root(), {});
  if (too_many) {
    reset();
    note("too_many_findings",
         "more findings than one event may have (limit event_findings): it stays one piece");
    add_unknown(document.root(), nullptr, "");
  }
  envelopes.finish(members);
  for (std::size_t i = 0; i < findings.size(); ++i) {
    const Extent& extent = extents[i];
    findings[i].event.members =
        std::span(members).subspan(extent.first_member, extent.last_member - extent.first_member);
    findings[i].notes =
        std::span(notes).subspan(extent.first_note, extent.last_note - extent.first_note);
  }
  return true;
}

void Parser::State::add(EventValue value, Unwrapped unwrapped) {
  if (value.is_array() && !unwrapped.list) {
    unwrapped.list = true;
    add_list(value, unwrapped);
    return;
  }
  if (!value.is_object()) {
    add_unknown(value, nullptr, "no object");
    return;
  }
  TopFields top = read_top(value);
  Shape shape = recognize(top, value);
  switch (shape) {
    case Shape::kEvent:
      add_event(value, top);
      return;
    case Shape::kCloudTrail:
    case Shape::kSecurityHub:
    case Shape::kGuardDuty:
    case Shape::kConfig:
      add_wrapped(shape, value, top);
      return;
    case Shape::kFile:
      if (std::exchange(unwrapped.file, true)) break;
      add_file(value, file_list(top), unwrapped);
      return;
    case Shape::kNotification:
      if (std::exchange(unwrapped.notification, true)) break;
      add_message(top[Top::kMessage], value, unwrapped);
      return;
    case Shape::kSnsRecord:
      if (std::exchange(unwrapped.notification, true)) break;
      add_message(top[Top::kSns].find("Message"), value, unwrapped);
      return;
    case Shape::kQueueMessage:
      if (std::exchange(unwrapped.queue_message, true)) break;
      add_message(top[Top::kBody], value, unwrapped);
      return;
    case Shape::kLookupEvent:
      if (std::exchange(unwrapped.lookup_event, true)) break;
      add_message(top[Top::kCloudTrailEvent], value, unwrapped);
      return;
    case Shape::kOther:
      break;
  }
  add_unknown(value, &top, "no format that Semper knows");
}

void Parser::State::add_list(EventValue list, Unwrapped unwrapped) {
  for (EventValue element : list.elements()) {
    if (too_many) return;
    add(element, unwrapped);
  }
}

void Parser::State::add_file(EventValue file, EventValue list, Unwrapped unwrapped) {
  std::size_t before = findings.size();
  add_list(list, unwrapped);
  bool empty = findings.size() == before;
  for (EventValue::Member member : file.members()) {
    if (member.value().token() == list.token() || is_transfer_key(member.key().text())) continue;
    members.push_back({member.key(), member.value()});
  }
  if (members.size() == first_member) return;
  // What stands beside the list is no part of any of its findings, and must not get lost.
  if (empty) members.resize(first_member);
  add_unknown(file, nullptr, "members beside the list of findings");
}

void Parser::State::add_message(EventValue message, EventValue outer, Unwrapped unwrapped) {
  unwrapped.list = false;
  unwrapped.file = false;
  std::size_t before = findings.size();
  if (message.is_object()) {
    add(message, unwrapped);
    return;
  }
  std::string_view text = message.string(scratch);
  std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || (text[begin] != '{' && text[begin] != '[')) {
    add_unknown(outer, nullptr, "the message in it is no JSON");
    return;
  }
  if (inner_count == kMaxMessages) {
    too_many = true;
    return;
  }
  if (message.escaped()) text = arena.copy(text);
  if (inner_count == inner_documents.size()) {
    inner_documents.push_back(std::make_unique<EventDocument>());
  }
  EventDocument& inner = *inner_documents[inner_count++];
  if (!inner.parse(text, limits)) {
    --inner_count;
    add_unknown(outer, nullptr, "the message in it is no JSON");
    return;
  }
  add(inner.root(), unwrapped);
  if (findings.size() == before && !too_many) {
    add_unknown(outer, nullptr, "the message in it is an empty list");
  }
}

void Parser::State::add_event(EventValue event, const TopFields& top) {
  Source source = source_of_detail_type(top[Top::kDetailType].string(scratch));
  if (source == Source::kUnknown) {
    add_unknown(event, &top, "a detail-type that Semper does not know");
    return;
  }
  EventValue detail = top[Top::kDetail];
  if (!detail.is_object()) {
    add_unknown(event, &top, "`detail` is no object");
    return;
  }
  if (source == Source::kSecurityHub) {
    add_security_hub_event(event, top);
    return;
  }
  Finding finding;
  finding.source = source;
  finding.event.whole = event;
  finding.body = detail;
  place(finding, &top);
  finish(finding);
}

void Parser::State::add_security_hub_event(EventValue event, const TopFields& top) {
  EventValue detail = top[Top::kDetail];
  EventValue list = detail.find("findings");
  if (list && list.kind() != Kind::kNull && !list.is_array()) {
    add_unknown(event, &top, "`detail.findings` is no list");
    return;
  }

  Finding finding;
  finding.source = Source::kSecurityHub;
  finding.event.whole = event;
  finding.body = detail;
  if (!list.is_array() || list.elements().empty()) {
    // A record of Semper has the finding itself as `detail`, and may come in again.
    finding.carries_finding = recognize(read_top(detail), detail) == Shape::kSecurityHub;
    place(finding, &top);
    finish(finding);
    return;
  }

  std::size_t count = 0;
  for ([[maybe_unused]] EventValue element : list.elements()) ++count;
  std::size_t envelope_size = event.raw().size() - list.raw().size();
  if (count > 1 && envelope_size > limits.event_bytes / count) {
    // Each finding gets a copy: a hostile event could grow to terabytes.
    note("too_many_findings", "the envelope is too large to be repeated for each finding");
    add_unknown(event, &top, "");
    return;
  }

  std::size_t rest = 0;
  bool has_rest = false;
  for (EventValue::Member member : detail.members()) {
    if (member.value().token() != list.token()) has_rest = true;
  }
  if (has_rest) rest = envelopes.write_rest(detail, list);

  for (EventValue element : list.elements()) {
    if (too_many) return;
    for (EventValue::Member member : event.members()) {
      bool is_detail = member.value().token() == detail.token();
      members.push_back({member.key(), is_detail ? element : member.value()});
    }
    if (has_rest) envelopes.add_rest(rest, members);
    finding.event.whole = {};
    finding.body = element;
    if (element.is_object()) {
      finding.source = Source::kSecurityHub;
      place(finding, &top);
    } else {
      finding.source = Source::kUnknown;
      note("unknown_source", "unknown source: the element of `detail.findings` is no object");
      place(finding, &top);
    }
    finish(finding);
  }
}

void Parser::State::add_wrapped(Shape shape, EventValue body, const TopFields& top) {
  Finding finding;
  switch (shape) {
    case Shape::kCloudTrail:
      finding.source = Source::kCloudTrail;
      finding.raw_cloudtrail = true;
      break;
    case Shape::kSecurityHub:
      finding.source = Source::kSecurityHub;
      break;
    case Shape::kGuardDuty:
      finding.source = Source::kGuardDuty;
      break;
    default:
      finding.source = Source::kConfig;
  }
  finding.body = body;
  envelopes.wrap(shape, top, body, members);
  // `top` tells "region" from "Region" only where one of them is there.
  bool top_tells = !top.is_repeated(Top::kRegion);
  if (finding.source == Source::kCloudTrail) {
    finding.account_id = account(top[Top::kRecipientAccountId], kAccountName);
    finding.region = region(top[Top::kAwsRegion], kRegionName);
  } else if (finding.source == Source::kSecurityHub && top_tells) {
    place_security_hub(finding, top[Top::kAwsAccountId], top[Top::kRegion], top[Top::kResources],
                       top[Top::kProductArn]);
  } else {
    place(finding, nullptr);
  }
  finish(finding);
}

void Parser::State::add_unknown(EventValue value, const TopFields* top, std::string_view message) {
  Finding finding;
  finding.body = value;
  if (members.size() == first_member) finding.event.whole = value;
  if (!message.empty()) {
    scratch.clear();
    fmt::format_to(std::back_inserter(scratch), "unknown source: {}", message);
    note("unknown_source", arena.copy(scratch));
  }
  if (top != nullptr && (*top)[Top::kDetailType].is_string()) place(finding, top);
  finish(finding);
}

void Parser::State::finish(Finding finding) {
  findings.push_back(finding);
  extents.push_back({first_member, members.size(), first_note, notes.size()});
  first_member = members.size();
  first_note = notes.size();
  if (findings.size() > limits.event_findings) too_many = true;
}

void Parser::State::place(Finding& finding, const TopFields* envelope) {
  finding.account_id = {};
  finding.region = {};
  if (finding.source == Source::kSecurityHub) {
    Fields<AsffPlace> fields(kAsffPlace, finding.body);
    place_security_hub(finding, fields[AsffPlace::kAccount], fields[AsffPlace::kRegion],
                       fields[AsffPlace::kResources], fields[AsffPlace::kProductArn]);
  } else if (finding.source != Source::kUnknown) {
    Fields<Place> fields(place_keys(finding.source), finding.body);
    finding.account_id = account(fields[Place::kAccount], kAccountName);
    finding.region = region(fields[Place::kRegion], kRegionName);
  }
  if (envelope == nullptr) return;
  if (finding.account_id.empty()) {
    finding.account_id = account((*envelope)[Top::kAccount], "`account`");
  }
  if (finding.region.empty()) finding.region = region((*envelope)[Top::kRegion], "`region`");
}

void Parser::State::place_security_hub(Finding& finding, EventValue account_id,
                                       EventValue region_name, EventValue resources,
                                       EventValue product) {
  finding.account_id = account(account_id, kAccountName);
  finding.region = region(region_name, kRegionName);
  if (!finding.region.empty()) return;
  for (EventValue resource : resources.elements()) {
    finding.region = region(resource.find("Region"), "`Resources[0].Region`");
    break;
  }
  if (!finding.region.empty() || !product.is_string()) return;
  std::string_view arn = decoded(product);
  // Malformed ones (`arn:aws::securityhub:…`) have something else in the region's place.
  if (arn_part(arn, 2) == "securityhub") finding.region = arn_part(arn, 3);
}

std::string_view Parser::State::decoded(EventValue string) {
  return string.escaped() ? arena.copy(string.string(scratch)) : string.text();
}

std::string_view Parser::State::account(EventValue value, std::string_view name) {
  if (value.is_string()) return decoded(value);
  if (!value || value.kind() == Kind::kNull) return {};
  note_wrong_type(value, name);
  // A number has lost its leading zeros; with all twelve digits it had none.
  std::string_view digits = value.text();
  bool whole = value.is_number() && digits.size() == 12 &&
               digits.find_first_not_of("0123456789") == std::string_view::npos;
  return whole ? digits : std::string_view();
}

std::string_view Parser::State::region(EventValue value, std::string_view name) {
  if (value.is_string()) return decoded(value);
  if (value && value.kind() != Kind::kNull) note_wrong_type(value, name);
  return {};
}

void Parser::State::note_wrong_type(EventValue value, std::string_view name) {
  scratch.clear();
  fmt::format_to(std::back_inserter(scratch), "{} is {}, not a string", name,
                 json::kind_phrase(value.kind()));
  note("wrong_type", arena.copy(scratch));
}

Parser::Parser(const Limits& limits) : state_(std::make_unique<State>(limits)) {}
Parser::~Parser() = default;
Parser::Parser(Parser&&) noexcept = default;
Parser& Parser::operator=(Parser&&) noexcept = default;

bool Parser::parse(std::string_view text) {
  return state_->parse(text);
}
const std::vector<Finding>& Parser::findings() const {
  return state_->findings;
}
const json::EventError& Parser::error() const {
  return state_->document.error();
}

}  // namespace semper::finding
