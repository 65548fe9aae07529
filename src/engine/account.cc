#include "engine/account.h"

#include <algorithm>
#include <new>
#include <random>

#include "json/writer.h"

namespace semper::engine {
namespace {

constexpr std::string_view kNoProvider = "no account provider is configured";
constexpr std::string_view kNoAccount = "the finding names no account";

/// The attributes of an account that a record repeats among the normalized fields.
constexpr std::string_view kNormalizedFields[] = {"accountName",    "accountStatus", "accountTags",
                                                  "ouId",           "ouIdWithPath",  "ouName",
                                                  "ouNameWithPath", "ouTags"};

std::string normalized_fields(json::EventValue context) {
  std::string members;
  json::Writer writer(members);
  for (std::string_view field : kNormalizedFields) {
    json::EventValue value = context.find(field);
    if (value) writer.key(field).value(value);
  }
  return members;
}

}  // namespace

/// One provider call.
class Accounts::Batch : public LookupCall {
 public:
  Batch(Accounts& accounts, const PolicySetState& set, const std::vector<std::string_view>& ids)
      : accounts_(accounts), set_(set), ids_(ids) {
    accounts_.answered_.assign(ids.size(), 0);
  }

  std::size_t size() const override { return ids_.size(); }
  std::string_view key(std::size_t index) const override {
    return index < ids_.size() ? ids_[index] : std::string_view();
  }
  Deadline deadline() const override { return Deadline::max(); }
  void set_json(std::size_t index, std::string_view json) override { answer(index, json, {}); }
  void set_stale_json(std::size_t index, std::string_view json, std::chrono::seconds age) override {
    answer(index, json, {});
    if (index >= ids_.size()) return;
    Account& account = accounts_.slot(ids_[index]);
    account.stale = account.known();
    account.age = age;
  }
  void set_absent(std::size_t index) override {
    answer(index, {}, "the provider knows no such account");
  }
  void fail(std::size_t index, std::string_view reason) override {
    answer(index, {}, reason.empty() ? "the provider failed" : reason);
  }
  void fail_rest(std::string_view reason) {
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      if (accounts_.answered_[i] == 0) fail(i, reason);
    }
  }

 private:
  void answer(std::size_t index, std::string_view json, std::string_view reason) {
    if (index >= ids_.size()) return;
    accounts_.answered_[index] = 1;
    Account& account = accounts_.slot(ids_[index]);
    account.stale = false;
    accounts_.answer(set_, account, json, reason);
  }

  Accounts& accounts_;
  const PolicySetState& set_;
  const std::vector<std::string_view>& ids_;
};

Accounts::Hash::Hash() {
  std::random_device random;
  seed = static_cast<std::uint64_t>(random()) << 32 | random();
}

Account& Accounts::slot(std::string_view id) {
  if (last_ != nullptr && last_->id == id) return *last_;
  auto found = accounts_.find(id);
  if (found == accounts_.end()) {
    found = accounts_.emplace(std::string(id), std::make_unique<Account>()).first;
    found->second->id = id;
  }
  last_ = found->second.get();
  return *last_;
}

void Accounts::answer(const PolicySetState& set, Account& account, std::string_view json,
                      std::string_view missing_reason) {
  bool unchanged =
      !account.scopes.empty() && account.json == json && account.missing_reason == missing_reason;
  if (unchanged) return;
  account.json = json;
  account.missing_reason = missing_reason;
  if (!json.empty()) {
    bool usable = account.context.parse(account.json) && account.context.root().is_object();
    if (usable) {
      std::string one_line;
      account.context.root().append_compact(one_line);
      account.json = std::move(one_line);
      usable = account.context.parse(account.json);
    }
    if (!usable) {
      account.json.clear();
      account.missing_reason = "the provider's answer is no JSON object";
    }
  }
  account.normalized = account.known() ? normalized_fields(account.context.root()) : std::string();
  judge(set, account);
}

/// Which policies apply: once per account context, not per finding.
void Accounts::judge(const PolicySetState& set, Account& account) {
  set.scopes.judge(account.known() ? account.context.root() : json::EventValue(), account.id,
                   account.scopes);
  for (std::size_t subject = 0; subject < kSubjects; ++subject) {
    const std::vector<std::uint32_t>& policies = set.programs[subject].policies;
    std::vector<std::uint64_t>& bits = account.patterns[subject];
    bits.assign((policies.size() + 63) / 64, 0);
    for (std::size_t i = 0; i < policies.size(); ++i) {
      bool applies = account.scopes[set.policies[policies[i]].scope] != pattern::Truth::kFalse;
      bits[i / 64] |= std::uint64_t{applies} << (i % 64);
    }
  }
}

void Accounts::refresh(const PolicySetState& set, const std::vector<std::string_view>& ids) {
  if (ids.empty()) return;
  ContextProvider* provider = set.provider(kAccountProvider);
  if (provider == nullptr) {
    for (std::string_view id : ids) answer(set, slot(id), {}, kNoProvider);
    return;
  }
  Batch batch(*this, set, ids);
  try {
    provider->lookup(batch);
    batch.fail_rest("no answer");
  } catch (const std::bad_alloc&) {
    // An answer may be there by halves: it must neither be used nor pass for a failure.
    clear();
    throw;
  } catch (const std::exception& error) {
    batch.fail_rest(error.what());
  } catch (...) {
    batch.fail_rest("the provider threw");
  }
}

const Account& Accounts::get(const PolicySetState& set, std::string_view id) {
  Account& account = slot(id);
  if (account.scopes.empty()) answer(set, account, {}, kNoAccount);
  return account;
}

void Accounts::clear() {
  last_ = nullptr;
  accounts_.clear();
}

void Accounts::trim(std::size_t limit) {
  if (accounts_.size() > limit) clear();
}

pattern::Truth in_scope(const PolicySetState& set, const CompiledPolicy& policy,
                        const Account& account, std::string_view region) {
  return std::min(account.scopes[policy.scope],
                  set.regions[policy.scope].truth(region, set.default_regions));
}

}  // namespace semper::engine
