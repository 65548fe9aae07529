#include <fmt/format.h>

#include <filesystem>

#include "base/text.h"
#include "context/builtin.h"
#include "context/file_provider.h"
#include "context/guard.h"

namespace semper::context {

std::string resolved(const std::string& directory, const std::string& path) {
  return directory.empty() ? path : (std::filesystem::path(directory) / path).string();
}

namespace {

Status bad(std::string message) {
  return {StatusCode::kInvalidArgument, std::move(message)};
}

[[maybe_unused]] Opened lacking(std::string_view type, std::string_view option,
                                std::string_view package) {
  return Status(StatusCode::kUnsupported,
                fmt::format("this build has no provider {}; build it with -D{}=ON (package {})",
                            type, option, package));
}

Opened open_file(const Place& place, Spec& spec) {
  FileOptions options;
  options.path = place.path;
  options.clock = place.clock;
  auto key_kind =
      spec.take_key_kind(place.name == "accounts" ? KeyKind::kAccountId : KeyKind::kString);
  if (!key_kind.ok()) return key_kind.status();
  options.key_kind = *key_kind;
  options.form.accounts = *key_kind == KeyKind::kAccountId;
  std::optional<std::string> key = spec.take("key");
  options.form.key_is_given = key.has_value();
  options.form.key = key ? *key : options.form.accounts ? "accountId" : "id";
  if (options.form.accounts && options.form.key != "accountId") {
    return bad("account contexts are kept by accountId; for another key add keyKind=string");
  }
  options.form.csv = is_csv_name(options.path);
  if (std::optional<std::string> format = spec.take("format")) {
    if (*format != "csv" && *format != "json") {
      return bad(fmt::format("format={}: one of json (NDJSON too), csv", *format));
    }
    options.form.csv = *format == "csv";
  }
  if (std::optional<std::string> tags = spec.take("tags")) {
    options.tags = resolved(place.directory, *tags);
  }
  auto reload = spec.take_duration("reload", kReload);
  if (!reload.ok()) return reload.status();
  options.reload = *reload;
  Status status = spec.finish();
  if (!status.ok()) return status;
  return FileProvider::open(place.name, std::move(options));
}

Opened open_chain(const Place& place, Spec& spec, const ProviderOptions& options) {
  std::vector<std::shared_ptr<ContextProvider>> links;
  for (const std::string& link : spec.links()) {
    auto opened = open_provider(place.name, link, options);
    if (!opened.ok()) return opened.status();
    links.push_back(std::move(*opened));
  }
  if (links.empty()) {
    return bad(
        R"(a chain is written as a JSON object: {"type": "chain", "providers": [{"type": …}, …]})");
  }
  Status status = spec.finish();
  if (!status.ok()) return status;
  return make_chain_provider(place.name, std::move(links));
}

Opened open_type(const Place& place, Spec& spec, const ProviderOptions& options) {
  if (spec.type() == "chain") return open_chain(place, spec, options);
  if (spec.type() == "file") return open_file(place, spec);
  if (spec.type() == "sqlite") {
#ifdef SEMPER_HAS_SQLITE
    return open_sqlite(place, spec);
#else
    return lacking("sqlite", "SEMPER_SQLITE", "libsqlite3-dev");
#endif
  }
  if (spec.type() == "geoip") {
#ifdef SEMPER_HAS_GEOIP
    return open_geoip(place, spec);
#else
    return lacking("geoip", "SEMPER_GEOIP", "libmaxminddb-dev");
#endif
  }
  if (spec.type() == "redis") {
#ifdef SEMPER_HAS_REDIS
    return open_redis(place, spec);
#else
    return lacking("redis", "SEMPER_REDIS", "libhiredis-dev");
#endif
  }
  return bad(
      fmt::format("there is no type of provider \"{}\"; one of file, sqlite, geoip, redis, chain",
                  spec.type()));
}

Opened open(std::string_view name, std::string_view text, const ProviderOptions& defaults) {
  auto parsed = Spec::parse(text);
  if (!parsed.ok()) return parsed.status();
  Spec& spec = *parsed;
  ProviderOptions options = defaults;
  bool is_chain = spec.type() == "chain";
  bool is_guarded = !is_chain && spec.type() != "file";
  // A file is memory already, and the links of a chain are guarded each.
  if (!is_guarded) options.cache_bytes = 0;
  auto asked = spec.apply_to(options);
  if (!asked.ok()) return asked.status();
  Place place{std::string(name), {}, options.directory, options.clock};
  if (!is_chain) {
    std::string location = spec.location(spec.type() == "redis" ? "address" : "path");
    if (location.empty()) {
      return bad(fmt::format("the provider {} needs a {}", spec.type(),
                             spec.type() == "redis" ? "server, like redis:127.0.0.1:6379"
                                                    : "path, like " + spec.type() + ":path/of/it"));
    }
    place.path = spec.type() == "redis" ? location : resolved(options.directory, location);
  }
  Opened opened = open_type(place, spec, defaults);
  if (!opened.ok() || !(is_guarded || *asked)) return opened;
  return guard_provider(std::move(*opened), std::move(options));
}

}  // namespace
}  // namespace semper::context

namespace semper {

Result<std::shared_ptr<ContextProvider>> open_provider(std::string_view name, std::string_view spec,
                                                       const ProviderOptions& options) {
  auto opened = context::open(name, spec, options);
  if (opened.ok()) return opened;
  return Status(opened.status().code(),
                fmt::format("provider {}: {}", name, opened.status().message()));
}

}  // namespace semper
