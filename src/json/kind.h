#pragma once

#include <cstdint>

namespace semper::json {

enum class Kind : std::uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

/// "a string", "an object" …: for messages.
const char* kind_phrase(Kind kind);

}  // namespace semper::json
