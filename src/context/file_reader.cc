#include "context/file_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "context/csv.h"
#include "json/event.h"
#include "json/writer.h"

namespace semper::context {
namespace {

Limits file_limits() {
  Limits limits;
  limits.event_bytes = Limits::provider_file_bytes;
  return limits;
}

Status problem_at(std::string_view text, std::size_t offset, std::string_view what) {
  json::Position position = json::position_of(text, offset);
  return {StatusCode::kInvalidArgument,
          fmt::format("{}:{}: {}", position.line, position.column, what)};
}

std::string_view sole_member(json::EventValue value, json::EventValue& content) {
  std::string_view name;
  for (json::EventValue::Member member : value.members()) {
    if (!name.empty()) return {};
    name = member.key().text();
    content = member.value();
  }
  return name;
}

/// {"S": "x"} → "x", as DynamoDB types every value. False: it is no such value.
bool append_dynamodb(json::EventValue typed, std::string& out) {
  json::EventValue content;
  std::string_view type = sole_member(typed, content);
  std::string scratch;
  json::Writer writer(out);
  if (type == "S" || type == "B") {
    if (!content.is_string()) return false;
    out += content.raw();
  } else if (type == "N") {
    json::EventDocument number;
    if (!content.is_string() || !number.parse(content.text()) || !number.root().is_number()) {
      return false;
    }
    out += content.text();
  } else if (type == "BOOL") {
    out += content.boolean() ? "true" : "false";
  } else if (type == "NULL") {
    out += "null";
  } else if (type == "M") {
    if (!content.is_object()) return false;
    writer.begin_object();
    for (json::EventValue::Member member : content.members()) {
      writer.quoted_key(member.key().string(scratch)).raw({});
      if (!append_dynamodb(member.value(), out)) return false;
    }
    writer.end_object();
  } else if (type == "L") {
    if (!content.is_array()) return false;
    writer.begin_array();
    for (json::EventValue element : content.elements()) {
      writer.raw({});
      if (!append_dynamodb(element, out)) return false;
    }
    writer.end_array();
  } else if (type == "SS" || type == "BS") {
    if (!content.is_array()) return false;
    content.append_compact(out);
  } else if (type == "NS") {
    writer.begin_array();
    for (json::EventValue element : content.elements()) writer.raw(element.text());
    writer.end_array();
    json::EventDocument numbers;
    return content.is_array() && numbers.parse(out.substr(out.rfind('[')));
  } else {
    return false;
  }
  return true;
}

bool append_dynamodb_item(json::EventValue item, std::string& out) {
  json::Writer writer(out);
  std::string scratch;
  writer.begin_object();
  for (json::EventValue::Member member : item.members()) {
    writer.quoted_key(member.key().string(scratch)).raw({});
    if (!append_dynamodb(member.value(), out)) return false;
  }
  writer.end_object();
  return true;
}

/// [{"Key": "env", "Value": "prod"}] → {"env": "prod"}. False: it is no such list.
bool append_tags(json::EventValue list, std::string& out) {
  if (!list.is_array()) return false;
  json::Writer writer(out);
  writer.begin_object();
  std::string scratch;
  for (json::EventValue tag : list.elements()) {
    json::EventValue key = tag.find("Key");
    json::EventValue value = tag.find("Value");
    if (!key.is_string() || !value.is_string()) return false;
    writer.quoted_key(key.string(scratch)).raw(value.raw());
  }
  writer.end_object();
  return true;
}

/// An account as `aws organizations list-accounts` tells of it, with our names.
bool append_aws_account(json::EventValue account, std::string& out) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"Id", "accountId"}, {"Name", "accountName"}, {"Status", "accountStatus"}};
  json::Writer writer(out);
  writer.begin_object();
  for (json::EventValue::Member member : account.members()) {
    std::string_view name = member.key().text();
    if (name == "Tags" && member.value().is_array()) {
      writer.key("accountTags").raw({});
      if (!append_tags(member.value(), out)) return false;
      continue;
    }
    auto known = std::find_if(std::begin(kNames), std::end(kNames),
                              [&](const auto& p) { return p.first == name; });
    if (known != std::end(kNames)) {
      writer.key(known->second).value(member.value());
    } else {
      writer.raw(member.key().raw());
      out += ':';
      member.value().append_compact(out);
    }
  }
  writer.end_object();
  return true;
}

class JsonReader {
 public:
  JsonReader(std::string_view text, const FileForm& form, Contexts& contexts)
      : text_(text), form_(form), contexts_(contexts) {}

  Status read() {
    json::EventDocument document;
    if (document.parse(text_, limits_)) return read_whole(document.root());
    // Several JSON texts, one a line.
    json::EventError whole = document.error();
    bool several = false;
    for (std::size_t begin = 0; begin < text_.size();) {
      std::size_t end = std::min(text_.find('\n', begin), text_.size());
      std::string_view line = text_.substr(begin, end - begin);
      if (line.find_first_not_of(" \t\r") != std::string_view::npos) {
        if (!document.parse(line, limits_)) {
          return several ? problem(begin + document.error().offset, document.error().message)
                         : problem(whole.offset, whole.message);
        }
        line_begin_ = begin;
        Status status = add({}, document.root());
        if (!status.ok()) return status;
        several = true;
      }
      begin = end + 1;
    }
    return several ? Status() : problem(0, "no " + noun() + " in it");
  }

 private:
  std::string noun() const { return form_.accounts ? "account context" : "context"; }

  Status read_list(json::EventValue list) {
    for (json::EventValue element : list.elements()) {
      Status status = add({}, element);
      if (!status.ok()) return status;
    }
    return {};
  }

  Status read_whole(json::EventValue root) {
    if (root.is_array()) return read_list(root);
    if (!root.is_object()) {
      return problem(0, fmt::format("want a JSON list of {0}s, an object keyed by {1}, or one "
                                    "context a line",
                                    noun(), form_.accounts ? "account id" : "key"));
    }
    if (form_.accounts && root.find("Accounts").is_array()) return read_list(root.find("Accounts"));
    if (root.find("Items").is_array()) {
      for (json::EventValue item : root.find("Items").elements()) {
        Status status = add_item(item);
        if (!status.ok()) return status;
      }
      return {};
    }
    bool is_one = (form_.accounts || form_.key_is_given) && root.find(form_.key).is_scalar() &&
                  root.find(form_.key);
    if (is_one || root.find("Item").is_object()) return add({}, root);
    for (json::EventValue::Member member : root.members()) {
      std::string scratch;
      Status status = add(member.key().string(scratch), member.value());
      if (!status.ok()) return status;
    }
    return {};
  }

  /// `key`: what the file's object calls the context; empty: the key is in the context.
  Status add(std::string_view key, json::EventValue context) {
    std::size_t offset = offset_of(context);
    if (!context.is_object()) {
      return problem(offset, form_.accounts ? "an account context is a JSON object"
                                            : "a context is a JSON object");
    }
    if (key.empty() && context.find("Item").is_object()) {
      json::EventValue item;
      if (sole_member(context, item) == "Item") return add_item(item);
    }
    if (form_.accounts && !context.find("accountId") && context.find("Id").is_string()) {
      std::string converted;
      if (!append_aws_account(context, converted)) {
        return problem(offset, R"("Tags" must be a list of {"Key": …, "Value": …})");
      }
      return add_converted(converted, offset);
    }
    return add_plain(key, context, offset);
  }

  Status add_item(json::EventValue item) {
    std::string converted;
    if (!append_dynamodb_item(item, converted)) {
      return problem(offset_of(item),
                     R"(this is no item of DynamoDB: want each value typed, like {"S": "text"})");
    }
    return add_converted(converted, offset_of(item));
  }

  Status add_converted(std::string_view json, std::size_t offset) {
    json::EventDocument converted;
    if (!converted.parse(json, limits_)) return problem(offset, converted.error().message);
    return add_plain({}, converted.root(), offset);
  }

  Status add_plain(std::string_view key, json::EventValue context, std::size_t offset) {
    std::string scratch;
    json::EventValue named = context.find(form_.key);
    if (named && !named.is_string() && (form_.accounts || !named.is_number())) {
      return problem(offset,
                     form_.accounts
                         ? "accountId must be a string of 12 digits (a number loses leading "
                           "zeros)"
                         : fmt::format("{} must be a string", form_.key));
    }
    bool counts = named && (key.empty() || form_.accounts || form_.key_is_given);
    std::string id(counts ? named.is_string() ? named.string(scratch) : named.raw() : key);
    if (id.empty()) return problem(offset, fmt::format("the {} has no {}", noun(), form_.key));
    if (!key.empty() && id != key) {
      return problem(offset,
                     form_.accounts
                         ? fmt::format("the context of account {} says accountId {}", key, id)
                         : fmt::format("the context of {} says {} {}", key, form_.key, id));
    }
    std::string json;
    context.append_compact(json);
    if (!contexts_.emplace(id, std::move(json)).second) {
      return problem(offset,
                     fmt::format("{}{} occurs twice", form_.accounts ? "account " : "", id));
    }
    return {};
  }

  std::size_t offset_of(json::EventValue value) const {
    return line_begin_ + value.document()->token_offset(value.token());
  }
  Status problem(std::size_t offset, std::string_view what) const {
    return problem_at(text_, offset, what);
  }

  std::string_view text_;
  const FileForm& form_;
  Contexts& contexts_;
  Limits limits_ = file_limits();
  std::size_t line_begin_ = 0;
};

}  // namespace

Status read_contexts(std::string_view text, const FileForm& form, Contexts& contexts) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return form.csv ? read_csv(text, form.key, contexts) : JsonReader(text, form, contexts).read();
}

Status merge_tags(std::string_view id, std::string_view text, Contexts& contexts) {
  json::EventDocument tags;
  if (!tags.parse(text, file_limits())) {
    return problem_at(text, tags.error().offset, tags.error().message);
  }
  std::string members;
  if (!append_tags(tags.root().find("Tags"), members)) {
    return problem_at(text, 0,
                      "want what aws organizations list-tags-for-resource prints: "
                      R"({"Tags": [{"Key": …, "Value": …}]})");
  }
  auto context = contexts.find(id);
  if (context == contexts.end()) return {};
  json::EventDocument before;
  before.parse(context->second, file_limits());
  std::string merged;
  json::Writer writer(merged);
  writer.begin_object();
  for (json::EventValue::Member member : before.root().members()) {
    if (member.key().text() == "accountTags") continue;
    writer.raw(member.key().raw());
    merged += ':';
    member.value().append_compact(merged);
  }
  writer.key("accountTags").raw(members).end_object();
  context->second = std::move(merged);
  return {};
}

}  // namespace semper::context
