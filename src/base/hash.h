/// XXH3-128, as lower-case hex: for identity (raw hashes, policy hashes), not for secrecy.
#pragma once

#include <string>
#include <string_view>

namespace semper {

/// 32 characters.
std::string hash_hex(std::string_view bytes);
void append_hash_hex(std::string& out, std::string_view bytes);

}  // namespace semper
