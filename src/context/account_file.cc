#include "context/account_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "json/document.h"
#include "json/event.h"
#include "semper/policy_set.hpp"

namespace semper::context {
namespace {

class Reader {
 public:
  Reader(std::string_view text, AccountContexts& contexts) : text_(text), contexts_(contexts) {}

  Status read() {
    limits_.event_bytes = std::size_t{1} << 30;
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
    return several ? Status() : problem(0, "no account context in it");
  }

 private:
  Status read_whole(json::EventValue root) {
    if (root.is_array()) {
      for (json::EventValue element : root.elements()) {
        Status status = add({}, element);
        if (!status.ok()) return status;
      }
      return {};
    }
    if (!root.is_object()) {
      return problem(0,
                     "want a JSON list of account contexts, an object keyed by account id, or "
                     "one context a line");
    }
    if (root.find("accountId")) return add({}, root);
    for (json::EventValue::Member member : root.members()) {
      std::string scratch;
      Status status = add(member.key().string(scratch), member.value());
      if (!status.ok()) return status;
    }
    return {};
  }

  /// `key`: the account id that the file's object gives the context; empty: it is in the context.
  Status add(std::string_view key, json::EventValue context) {
    std::size_t offset = line_begin_ + context.document()->token_offset(context.token());
    if (!context.is_object()) return problem(offset, "an account context is a JSON object");
    std::string scratch;
    json::EventValue id_value = context.find("accountId");
    if (id_value && !id_value.is_string()) {
      return problem(offset,
                     "accountId must be a string of 12 digits (a number loses leading zeros)");
    }
    std::string id(id_value ? id_value.string(scratch) : key);
    if (id.empty()) return problem(offset, "the account context has no accountId");
    if (!key.empty() && id != key) {
      return problem(offset, fmt::format("the context of account {} says accountId {}", key, id));
    }
    std::string json;
    context.append_compact(json);
    if (!contexts_.emplace(id, std::move(json)).second) {
      return problem(offset, fmt::format("account {} occurs twice", id));
    }
    return {};
  }

  Status problem(std::size_t offset, std::string_view what) const {
    json::Position position = json::position_of(text_, offset);
    return {StatusCode::kInvalidArgument,
            fmt::format("{}:{}: {}", position.line, position.column, what)};
  }

  std::string_view text_;
  AccountContexts& contexts_;
  Limits limits_;
  std::size_t line_begin_ = 0;
};

}  // namespace

Status read_account_contexts(std::string_view text, AccountContexts& contexts) {
  return Reader(text, contexts).read();
}

void AccountFileProvider::lookup(LookupCall& call) {
  for (std::size_t i = 0; i < call.size(); ++i) {
    auto found = contexts_.find(call.key(i));
    if (found == contexts_.end()) {
      call.set_absent(i);
    } else {
      call.set_json(i, found->second);
    }
  }
}

}  // namespace semper::context

namespace semper {

Result<std::shared_ptr<ContextProvider>> open_account_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (file) content << file.rdbuf();
  if (!file || file.bad() || (content.fail() && errno != 0)) {
    return Status(
        StatusCode::kIo,
        fmt::format("{}: {}", path, errno != 0 ? std::strerror(errno) : "cannot be read"));
  }
  context::AccountContexts contexts;
  Status status = context::read_account_contexts(content.view(), contexts);
  if (!status.ok()) return Status(status.code(), fmt::format("{}:{}", path, status.message()));
  return std::shared_ptr<ContextProvider>(
      std::make_shared<context::AccountFileProvider>(std::move(contexts)));
}

}  // namespace semper
