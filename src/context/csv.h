/// CSV with a header (RFC 4180) as contexts.
#pragma once

#include <string>
#include <string_view>

#include "context/file_reader.h"

namespace semper::context {

/// A row is an object of strings; an empty cell is left out. A column "accountTags.env" is the
/// member env of the object accountTags. `key`: the column of the keys.
Status read_csv(std::string_view text, std::string_view key, Contexts& contexts);

}  // namespace semper::context
