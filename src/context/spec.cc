#include "context/spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/text.h"
#include "json/document.h"

namespace semper::context {
namespace {

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned char byte = 0;
    const char* digits = text.data() + i + 1;
    if (text.size() - i < 3) return std::nullopt;
    auto [end, error] = std::from_chars(digits, digits + 2, byte, 16);
    if (error != std::errc() || end != digits + 2) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Status bad(std::string message) {
  return {StatusCode::kInvalidArgument, std::move(message)};
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds(0);
  constexpr std::pair<std::string_view, std::int64_t> kUnits[] = {
      {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  for (auto [unit, milliseconds] : kUnits) {
    if (!text.ends_with(unit)) continue;
    std::optional<std::uint32_t> number =
        parse_number<std::uint32_t>(text.substr(0, text.size() - unit.size()));
    if (number) return std::chrono::milliseconds(*number * milliseconds);
  }
  return std::nullopt;
}

Result<Spec> Spec::parse(std::string_view text) {
  Result<Spec> spec = text.starts_with('{') ? parse_json(text) : parse_line(text);
  if (!spec.ok()) return spec;
  // Paths are handed to the system, which would see another one.
  auto holds_zero = [](std::string_view value) { return value.find('\0') != value.npos; };
  bool any = holds_zero(spec->location_);
  for (const auto& [name, value] : spec->options_) any = any || holds_zero(value);
  if (any) return bad("a value of the provider holds a zero byte (\\u0000, %00)");
  return spec;
}

Result<Spec> Spec::parse_line(std::string_view text) {
  std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) {
    return bad(
        fmt::format("\"{}\" names no type of provider; write it like file:accounts.json", text));
  }
  Spec spec;
  spec.type_ = text.substr(0, colon);
  std::string_view rest = text.substr(colon + 1);
  std::size_t mark = std::min(rest.find('?'), rest.size());
  std::optional<std::string> location = percent_decoded(rest.substr(0, mark));
  if (!location)
    return bad(fmt::format("\"{}\": % begins two hexadecimal digits; for % write %25", rest));
  spec.location_ = std::move(*location);
  std::string_view options = mark < rest.size() ? rest.substr(mark + 1) : std::string_view();
  while (!options.empty()) {
    std::size_t end = std::min(options.find('&'), options.size());
    std::string_view option = options.substr(0, end);
    options.remove_prefix(std::min(end + 1, options.size()));
    std::size_t equals = option.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      return bad(fmt::format(
          "\"{}\" is no option; write it like ttl=5m (in a value, for & write %26)", option));
    }
    std::optional<std::string> value = percent_decoded(option.substr(equals + 1));
    if (!value) {
      return bad(fmt::format("\"{}\": % begins two hexadecimal digits; for % write %25", option));
    }
    std::string name(option.substr(0, equals));
    if (!spec.options_.emplace(name, std::move(*value)).second) {
      return bad(fmt::format("the option {} is given twice", name));
    }
  }
  return spec;
}

Result<Spec> Spec::parse_json(std::string_view text) {
  json::Document document;
  json::ParseError error;
  if (!json::Document::parse(std::string(text), {}, document, error)) {
    json::Position position = json::position_of(text, error.offset);
    return bad(fmt::format("{}:{}: {}", position.line, position.column, error.message));
  }
  Spec spec;
  for (const json::Member& member : document.root().members()) {
    if (member.key == "providers" && member.value.is_array()) {
      for (const json::Value& link : member.value.elements()) {
        if (!link.is_object()) return bad("each of \"providers\" is the object of one provider");
        spec.links_.emplace_back(text.substr(link.begin, link.end - link.begin));
      }
      continue;
    }
    if (!member.value.is_string() && !member.value.is_number()) {
      return bad(fmt::format("the value of {} must be a string or a number", member.key));
    }
    if (member.key == "type") {
      spec.type_ = member.value.text;
    } else if (!spec.options_.emplace(member.key, member.value.text).second) {
      return bad(fmt::format("the option {} is given twice", member.key));
    }
  }
  if (spec.type_.empty()) return bad(R"(the provider has no "type", like "type": "file")");
  return spec;
}

std::string Spec::location(std::string_view name) {
  std::optional<std::string> named = take(name);
  return location_.empty() && named ? *named : location_;
}

std::optional<std::string> Spec::take(std::string_view option) {
  taken_.emplace_back(option);
  auto found = options_.find(option);
  if (found == options_.end()) return std::nullopt;
  std::string value = std::move(found->second);
  options_.erase(found);
  return value;
}

Result<std::chrono::milliseconds> Spec::take_duration(std::string_view option,
                                                      std::chrono::milliseconds otherwise) {
  std::optional<std::string> text = take(option);
  if (!text) return otherwise;
  std::optional<std::chrono::milliseconds> duration = parse_duration(*text);
  if (!duration) {
    return bad(fmt::format(
        "{}={}: write a duration like 250ms, 30s, 5m, 1h or 2d; 0 switches it off", option, *text));
  }
  return *duration;
}

Result<KeyKind> Spec::take_key_kind(KeyKind otherwise) {
  std::optional<std::string> text = take("keyKind");
  if (!text) return otherwise;
  constexpr std::pair<std::string_view, KeyKind> kKinds[] = {{"account", KeyKind::kAccountId},
                                                             {"resource", KeyKind::kResourceId},
                                                             {"principal", KeyKind::kPrincipal},
                                                             {"ip", KeyKind::kIpAddress},
                                                             {"string", KeyKind::kString}};
  for (auto [name, kind] : kKinds) {
    if (*text == name) return kind;
  }
  return bad(fmt::format("keyKind={}: one of account, resource, principal, ip, string", *text));
}

Result<bool> Spec::apply_to(ProviderOptions& options) {
  bool changed = false;
  std::pair<std::string_view, std::chrono::milliseconds*> durations[] = {
      {"ttl", &options.ttl},
      {"negativeTtl", &options.negative_ttl},
      {"errorTtl", &options.error_ttl},
      {"staleIfError", &options.stale_if_error},
      {"deadline", &options.deadline},
      {"breakerCooldown", &options.breaker_cooldown}};
  for (auto [name, duration] : durations) {
    changed |= options_.contains(name);
    auto taken = take_duration(name, *duration);
    if (!taken.ok()) return taken.status();
    *duration = *taken;
  }
  if (std::optional<std::string> text = take("cacheBytes")) {
    changed = true;
    std::optional<std::size_t> bytes = parse_number<std::size_t>(*text);
    if (!bytes)
      return bad(fmt::format("cacheBytes={}: write a number of bytes; 0: no cache", *text));
    options.cache_bytes = *bytes;
  }
  if (std::optional<std::string> text = take("breakerFailures")) {
    changed = true;
    std::optional<unsigned> failures = parse_number<unsigned>(*text);
    if (!failures) {
      return bad(fmt::format("breakerFailures={}: write a number; 0: no breaker", *text));
    }
    options.breaker_failures = *failures;
  }
  return changed;
}

Status Spec::finish() const {
  if (options_.empty()) return {};
  const std::string& name = options_.begin()->first;
  std::vector<std::string_view> candidates(taken_.begin(), taken_.end());
  std::string_view meant = nearest(name, candidates);
  return bad(meant.empty() ? fmt::format("the provider {} has no option {}", type_, name)
                           : fmt::format("the provider {} has no option {}; did you mean {}?",
                                         type_, name, meant));
}

}  // namespace semper::context
