#include "cli/providers.h"

#include <fmt/format.h>

#include <algorithm>

#include "json/writer.h"

namespace semper::cli {
namespace {

void append_counters(const ProviderCounters& counters, json::Writer& writer) {
  auto count = [&](std::string_view name, std::uint64_t value) {
    writer.key(name).number(static_cast<std::int64_t>(value));
  };
  writer.begin_object();
  count("asked", counters.asked);
  count("found", counters.found);
  count("stale", counters.stale);
  count("absent", counters.absent);
  count("failed", counters.failed);
  count("cached", counters.cached);
  count("shared", counters.shared);
  count("rejected", counters.rejected);
  count("calls", counters.calls);
  count("failedCalls", counters.failed_calls);
  count("lateCalls", counters.late_calls);
  count("breakerOpened", counters.breaker_opened);
  count("cacheEntries", counters.cache_entries);
  count("cacheBytes", counters.cache_bytes);
  count("evictions", counters.evictions);
  writer.key("latency").begin_array();
  for (std::size_t i = 0; i < counters.latency.size(); ++i) {
    if (counters.latency[i] == 0) continue;
    writer.begin_object();
    if (i + 1 < counters.latency.size()) count("belowMicroseconds", std::uint64_t{1} << i);
    count("calls", counters.latency[i]);
    writer.end_object();
  }
  writer.end_array().end_object();
}

}  // namespace

bool Providers::has(std::string_view name) const {
  return std::any_of(providers_.begin(), providers_.end(),
                     [&](const auto& provider) { return provider.first == name; });
}

Status Providers::add(std::string_view name, Result<std::shared_ptr<ContextProvider>> provider) {
  if (!provider.ok()) return provider.status();
  providers_.emplace_back(name, std::move(*provider));
  return {};
}

Status Providers::add(std::string_view definition) {
  std::size_t equals = definition.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return {StatusCode::kInvalidArgument,
            fmt::format("--provider {}: write NAME=SPEC, like cmdb=file:cmdb.json", definition)};
  }
  std::string_view name = definition.substr(0, equals);
  return add(name, open_provider(name, definition.substr(equals + 1)));
}

Status Providers::add_accounts(const std::string& path) {
  return add("accounts", open_account_file(path));
}

Status Providers::add(const Config& config) {
  ProviderOptions options;
  options.directory = config.directory;
  std::vector<std::string_view> names;
  for (const Config::Provider& provider : config.providers) {
    if (std::find(names.begin(), names.end(), provider.name) != names.end()) {
      return {StatusCode::kInvalidArgument,
              fmt::format("{}: there are two providers {}", provider.place, provider.name)};
    }
    names.push_back(provider.name);
    if (has(provider.name)) continue;
    Status status = add(provider.name, open_provider(provider.name, provider.spec, options));
    if (!status.ok()) {
      return {status.code(), fmt::format("{}: {}", provider.place, status.message())};
    }
  }
  return {};
}

Status Providers::give_to(Compiler& compiler) const {
  for (const auto& [name, provider] : providers_) {
    Status status = compiler.add_provider(name, provider);
    if (!status.ok()) return status;
  }
  return {};
}

std::string Providers::counters_json() const {
  std::string out;
  if (providers_.empty()) return out;
  json::Writer writer(out);
  writer.begin_object();
  for (const auto& [name, provider] : providers_) {
    writer.quoted_key(name);
    append_counters(provider->counters(), writer);
  }
  writer.end_object();
  return out;
}

}  // namespace semper::cli
