#include "capi/slot.h"

using namespace semper;
using namespace semper::capi;

semper_policy_set_t* semper_policy_set_retain(const semper_policy_set_t* policy_set) {
  if (policy_set == nullptr) return nullptr;
  auto* held = const_cast<semper_policy_set_t*>(policy_set);
  held->references.fetch_add(1, std::memory_order_relaxed);
  return publish(held);
}

void semper_policy_set_free(semper_policy_set_t* policy_set) {
  free_handle(policy_set);
}

size_t semper_policy_set_count(const semper_policy_set_t* policy_set) {
  return policy_set == nullptr ? 0 : policy_set->set.size();
}

int32_t semper_policy_set_describe(const semper_policy_set_t* policy_set, size_t index,
                                   semper_policy_t* policy, semper_error_t** error) {
  clear_struct(policy, SEMPER_POLICY_SIZE_1_0);
  return wall(error, [&]() -> Outcome {
    if (policy_set == nullptr) return null_argument("policy_set");
    if (Status status = check_output("policy", policy, SEMPER_POLICY_SIZE_1_0); !status.ok())
      return status;
    if (index >= policy_set->set.size()) return no_index("policy");
    PolicyInfo info = policy_set->set.describe(index);
    semper_policy_t out = SEMPER_POLICY_INIT;
    out.flags = info.observes ? SEMPER_POLICY_OBSERVES : 0;
    out.id = view(info.id);
    out.kind = view(info.kind);
    out.title = view(info.title);
    out.reason = view(info.reason);
    out.ticket = view(info.ticket);
    out.file = view(info.file);
    out.hash = view(info.hash);
    out.valid_from = info.valid_from.value_or(0);
    out.expires_at = info.expires_at.value_or(0);
    write_struct(policy, out);
    return {};
  });
}

semper_string_view_t semper_policy_set_fingerprint(const semper_policy_set_t* policy_set) {
  return policy_set == nullptr ? semper_string_view_t{nullptr, 0}
                               : view(policy_set->set.fingerprint());
}

size_t semper_policy_set_provider_count(const semper_policy_set_t* policy_set) {
  return policy_set == nullptr ? 0 : policy_set->set.provider_count();
}

int32_t semper_policy_set_provider_counters(const semper_policy_set_t* policy_set, size_t index,
                                            semper_provider_counters_t* counters,
                                            semper_error_t** error) {
  clear_struct(counters, SEMPER_PROVIDER_COUNTERS_SIZE_1_0);
  return wall(error, [&]() -> Outcome {
    if (policy_set == nullptr) return null_argument("policy_set");
    Status status = check_output("counters", counters, SEMPER_PROVIDER_COUNTERS_SIZE_1_0);
    if (!status.ok()) return status;
    if (index >= policy_set->set.provider_count()) return no_index("provider");
    auto [name, provider] = policy_set->set.provider(index);
    ProviderCounters from = provider->counters();
    semper_provider_counters_t out = SEMPER_PROVIDER_COUNTERS_INIT;
    out.key_kind = static_cast<std::int32_t>(provider->key_kind());
    out.name = view(name);
    out.asked = from.asked;
    out.found = from.found;
    out.stale = from.stale;
    out.absent = from.absent;
    out.failed = from.failed;
    out.cached = from.cached;
    out.shared = from.shared;
    out.rejected = from.rejected;
    out.calls = from.calls;
    out.failed_calls = from.failed_calls;
    out.late_calls = from.late_calls;
    out.breaker_opened = from.breaker_opened;
    out.cache_entries = from.cache_entries;
    out.cache_bytes = from.cache_bytes;
    out.evictions = from.evictions;
    static_assert(sizeof out.latency == sizeof from.latency);
    std::copy(from.latency.begin(), from.latency.end(), out.latency);
    write_struct(counters, out);
    return {};
  });
}

int32_t semper_slot_create(const semper_policy_set_t* policy_set, semper_slot_t** slot,
                           semper_error_t** error) {
  if (slot != nullptr) *slot = nullptr;
  return wall(error, [&]() -> Outcome {
    if (policy_set == nullptr) return null_argument("policy_set");
    if (slot == nullptr) return null_argument("slot");
    auto made = std::make_unique<semper_slot>();
    made->slot = std::make_shared<PolicySlot>(policy_set->set);
    *slot = publish(made.release());
    return {};
  });
}

void semper_slot_free(semper_slot_t* slot) {
  free_handle(slot);
}

int32_t semper_slot_replace(const semper_slot_t* slot, const semper_policy_set_t* policy_set,
                            semper_error_t** error) {
  return wall(error, [&]() -> Outcome {
    if (slot == nullptr) return null_argument("slot");
    if (policy_set == nullptr) return null_argument("policy_set");
    slot->slot->replace(policy_set->set);
    return {};
  });
}

int32_t semper_slot_get(const semper_slot_t* slot, semper_policy_set_t** policy_set,
                        semper_error_t** error) {
  if (policy_set != nullptr) *policy_set = nullptr;
  return wall(error, [&]() -> Outcome {
    if (slot == nullptr) return null_argument("slot");
    if (policy_set == nullptr) return null_argument("policy_set");
    *policy_set = publish(new semper_policy_set(slot->slot->get()));
    return {};
  });
}
