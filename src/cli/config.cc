#include "cli/config.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/text.h"
#include "json/document.h"

namespace semper::cli {
namespace {

constexpr std::array<std::string_view, 7> kKeys = {"$schema", "policies", "accounts", "regions",
                                                   "format",  "threads",  "providers"};

class ConfigReader {
 public:
  ConfigReader(const std::string& path, const json::Document& document, Config& config)
      : path_(path), document_(document), config_(config) {}

  Status read() {
    const json::Value& root = document_.root();
    if (!root.is_object()) return problem(root.begin, "want a JSON object");
    for (const json::Member& member : root.members()) {
      Status status = read_member(member);
      if (!status.ok()) return status;
    }
    for (const Config::Provider& provider : config_.providers) {
      if (provider.name == "accounts" && config_.accounts) {
        return {StatusCode::kInvalidArgument,
                fmt::format("{}: \"accounts\" gives this provider already", provider.place)};
      }
    }
    return {};
  }

  std::string place(std::size_t offset) const {
    json::Position position = json::position_of(document_.text(), offset);
    return fmt::format("{}:{}:{}", path_, position.line, position.column);
  }

 private:
  Status problem(std::size_t offset, std::string_view what) const {
    return {StatusCode::kInvalidArgument, fmt::format("{}: {}", place(offset), what)};
  }

  Status read_member(const json::Member& member) {
    const json::Value& value = member.value;
    if (member.key == "$schema") return {};
    if (member.key == "policies") return read_path(value, config_.policies);
    if (member.key == "accounts") return read_path(value, config_.accounts);
    if (member.key == "format") return read_text(value, config_.format);
    if (member.key == "regions") return read_regions(value);
    if (member.key == "providers") return read_providers(value);
    if (member.key == "threads") {
      std::size_t threads = 0;
      const char* end = value.text.data() + value.text.size();
      if (!value.is_number() || std::from_chars(value.text.data(), end, threads).ptr != end ||
          threads < 1 || threads > 256) {
        return problem(value.begin, "threads is a number from 1 to 256");
      }
      config_.threads = threads;
      return {};
    }
    std::string_view meant = nearest(member.key, kKeys);
    return problem(member.key_begin,
                   fmt::format("there is no option {}{}", member.key,
                               meant.empty() ? "" : fmt::format("; did you mean {}?", meant)));
  }

  Status read_text(const json::Value& value, std::optional<std::string>& text) const {
    if (!value.is_string()) return problem(value.begin, "want a string");
    text = value.text;
    return {};
  }

  Status read_path(const json::Value& value, std::optional<std::string>& path) const {
    Status status = read_text(value, path);
    if (status.ok()) path = (std::filesystem::path(config_.directory) / *path).string();
    return status;
  }

  Status read_regions(const json::Value& value) {
    std::string regions;
    for (const json::Value& region : value.elements()) {
      if (!region.is_string()) return problem(region.begin, "a region is a string");
      regions.append(regions.empty() ? "" : ",").append(region.text);
    }
    if (!value.is_array()) return problem(value.begin, "want a list of regions");
    config_.regions = regions;
    return {};
  }

  Status read_providers(const json::Value& value) {
    if (!value.is_object()) {
      return problem(value.begin, R"(want an object of providers, like {"cmdb": {"type": …}})");
    }
    for (const json::Member& member : value.members()) {
      if (!member.value.is_object()) {
        return problem(member.value.begin,
                       R"(a provider is an object, like {"type": "file", "path": …})");
      }
      std::string_view text = document_.text();
      config_.providers.push_back(
          {std::string(member.key),
           std::string(text.substr(member.value.begin, member.value.end - member.value.begin)),
           place(member.key_begin)});
    }
    return {};
  }

  const std::string& path_;
  const json::Document& document_;
  Config& config_;
};

}  // namespace

Result<Config> read_config(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (file) content << file.rdbuf();
  if (!file || file.bad() || (content.fail() && errno != 0)) {
    return Status(
        StatusCode::kIo,
        fmt::format("{}: {}", path, errno != 0 ? std::strerror(errno) : "cannot be read"));
  }
  json::Document document;
  json::ParseError error;
  std::string text = content.str();
  if (!json::Document::parse(text, {}, document, error)) {
    json::Position position = json::position_of(text, error.offset);
    return Status(StatusCode::kInvalidArgument,
                  fmt::format("{}:{}:{}: {}", path, position.line, position.column, error.message));
  }
  Config config;
  config.directory = std::filesystem::path(path).parent_path().string();
  Status status = ConfigReader(path, document, config).read();
  if (!status.ok()) return status;
  return config;
}

}  // namespace semper::cli
