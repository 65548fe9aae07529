/// The forms of file that hold contexts: JSON, NDJSON, CSV, what the AWS command line prints.
#pragma once

#include <string>
#include <string_view>

#include "context/key_map.h"
#include "semper/status.hpp"

namespace semper::context {

/// Key → its object as JSON on one line.
using Contexts = KeyMap<std::string>;

struct FileForm {
  std::string key = "accountId";  ///< the member or column that holds the key
  bool accounts = true;           ///< contexts of accounts: AWS's names become Semper's
  bool key_is_given = false;      ///< an object with that member is one context
  bool csv = false;
};

/// Files of that name hold CSV, all others JSON.
inline bool is_csv_name(std::string_view path) {
  return path.ends_with(".csv");
}

/// Reads a list of contexts, an object by key, NDJSON, CSV with a header, `aws organizations
/// list-accounts`, `aws dynamodb scan` or a DynamoDB table export. On failure the message begins
/// with line and column and says what to write instead.
Status read_contexts(std::string_view text, const FileForm& form, Contexts& contexts);

/// What `aws organizations list-tags-for-resource` printed about the account `id` becomes its
/// accountTags. An account that is not among the contexts is passed over.
Status merge_tags(std::string_view id, std::string_view text, Contexts& contexts);

}  // namespace semper::context
