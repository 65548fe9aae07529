/// Account contexts from a file, held in memory.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "semper/context_provider.hpp"
#include "semper/status.hpp"

namespace semper::context {

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};
template <class T>
using StringMap = std::unordered_map<std::string, T, StringHash, std::equal_to<>>;

/// Account id → its context as JSON on one line.
using AccountContexts = StringMap<std::string>;

/// Reads a JSON list of account contexts, an object keyed by account id, or NDJSON. On failure the
/// message names the line and what to write instead.
Status read_account_contexts(std::string_view text, AccountContexts& contexts);

class AccountFileProvider : public ContextProvider {
 public:
  explicit AccountFileProvider(AccountContexts contexts) : contexts_(std::move(contexts)) {}
  std::string_view name() const override { return "accounts"; }
  KeyKind key_kind() const override { return KeyKind::kAccountId; }
  void lookup(LookupCall& call) override;

 private:
  AccountContexts contexts_;
};

}  // namespace semper::context
