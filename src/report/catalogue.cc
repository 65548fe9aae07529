#include "report/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "json/document.h"
#include "json/writer.h"
#include "report/files.h"

namespace semper::report {
namespace {

constexpr std::string_view kIdFile = "security-hub-ids";

Status problem(const std::string& path, std::string_view text, std::size_t offset,
               std::string_view what) {
  json::Position position = json::position_of(text, offset);
  return {StatusCode::kInvalidArgument,
          fmt::format("{}:{}:{}: {}", path, position.line, position.column, what)};
}

Status parse_file(const std::string& path, json::Document& document) {
  Result<std::string> text = read_file(path);
  if (!text.ok()) return text.status();
  json::ParseError error;
  std::string copy = *text;
  if (!json::Document::parse(std::move(copy), {}, document, error)) {
    return problem(path, *text, error.offset, error.message);
  }
  if (!document.root().is_object()) return problem(path, *text, 0, "want a JSON object");
  return {};
}

std::string text_of(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value != nullptr && value->is_string() ? std::string(value->text) : std::string();
}

std::vector<std::string> texts_of(const json::Value& object, std::string_view key) {
  std::vector<std::string> texts;
  if (const json::Value* value = object.find(key)) {
    for (const json::Value& element : value->elements()) texts.emplace_back(element.text);
  }
  return texts;
}

void read_events(const json::Value& control, std::vector<std::string>& events) {
  if (const json::Value* list = control.find("events")) {
    for (const json::Value& event : list->elements()) {
      json::append_value(events.emplace_back(), event);
    }
  }
  if (const json::Value* calls = control.find("calls")) {
    for (const json::Member& service : calls->members()) {
      for (const json::Value& name : service.value.elements()) {
        json::Writer writer(events.emplace_back());
        writer.begin_object();
        writer.key("eventSource").string(service.key);
        writer.key("eventName").string(name.text).end_object();
      }
    }
  }
}

std::string path_of(const std::string& folder, const std::string& name) {
  return name.ends_with(".json") ? name : folder + "/" + name + ".json";
}

/// The names of the catalogues, sorted.
std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() != ".json") continue;
    std::string name = entry->path().stem().string();
    if (name != kIdFile) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

Status read_one(const std::string& path, Catalogue& catalogue) {
  json::Document document;
  Status status = parse_file(path, document);
  if (!status.ok()) return status;
  const json::Value& root = document.root();
  catalogue.name = std::filesystem::path(path).stem().string();
  catalogue.title = text_of(root, "title");
  catalogue.standard = standard_key(text_of(root, "standard"));
  const json::Value* controls = root.find("controls");
  if (controls == nullptr || !controls->is_array()) {
    return problem(path, document.text(), root.begin,
                   "a catalogue wants \"controls\": [{\"id\": …}, …]");
  }
  for (const json::Value& value : controls->elements()) {
    CatalogueControl control;
    control.id = text_of(value, "id");
    if (control.id.empty()) {
      return problem(path, document.text(), value.begin,
                     "a control wants an \"id\" that is a text");
    }
    control.title = text_of(value, "title");
    control.security_hub = texts_of(value, "securityHub");
    control.config_rules = texts_of(value, "configRules");
    control.regions = texts_of(value, "regions");
    control.same_as = texts_of(value, "sameAs");
    read_events(value, control.events);
    catalogue.controls.push_back(std::move(control));
  }
  return {};
}

/// Events of a control that has none of its own, from the first of its `sameAs` that has.
Status borrow_events(const std::string& folder, CatalogueControl& control,
                     std::map<std::string, Catalogue>& others) {
  for (const std::string& reference : control.same_as) {
    std::size_t slash = reference.rfind('/');
    if (slash == std::string::npos) continue;
    std::string name = reference.substr(0, slash);
    auto other = others.find(name);
    if (other == others.end()) {
      other = others.emplace(name, Catalogue()).first;
      Status status = read_one(path_of(folder, name), other->second);
      if (!status.ok()) return status;
    }
    for (const CatalogueControl& same : other->second.controls) {
      if (same.id == std::string_view(reference).substr(slash + 1) && !same.events.empty()) {
        control.events = same.events;
        return {};
      }
    }
  }
  return {};
}

}  // namespace

std::string standard_key(std::string_view name) {
  for (std::string_view kind : {"standards/", "ruleset/"}) {
    std::size_t at = name.find(kind);
    if (at == 0 || (at != std::string_view::npos && name[at - 1] == ':')) {
      name.remove_prefix(at + kind.size());
    }
  }
  std::string key(name);
  for (char& c : key) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  std::size_t version = key.rfind("/v");
  if (version != std::string::npos && version + 2 < key.size() && key[version + 2] >= '0' &&
      key[version + 2] <= '9') {
    key.insert(version + 2, "/");
  }
  return key;
}

Result<Catalogue> read_catalogue(const std::string& folder, const std::string& name) {
  std::string path = path_of(folder, name);
  std::error_code error;
  if (!name.ends_with(".json") && !std::filesystem::exists(path, error)) {
    std::string known;
    for (const std::string& other : names_in(folder)) {
      known += known.empty() ? "" : ", ";
      known += other;
    }
    return Status(StatusCode::kNotFound,
                  fmt::format("no control catalogue \"{}\" in {}; there are: {}", name, folder,
                              known.empty() ? "none" : known));
  }
  Catalogue catalogue;
  Status status = read_one(path, catalogue);
  if (!status.ok()) return status;
  std::map<std::string, Catalogue> others;
  for (CatalogueControl& control : catalogue.controls) {
    if (!control.events.empty()) continue;
    status = borrow_events(folder, control, others);
    if (!status.ok()) return status;
  }
  return catalogue;
}

Result<ControlIds> ControlIds::read(const std::string& folder) {
  ControlIds ids;
  if (folder.empty()) return ids;
  json::Document document;
  Status status = parse_file(path_of(folder, std::string(kIdFile)), document);
  if (!status.ok()) return status;
  if (const json::Value* standards = document.root().find("standards")) {
    for (const json::Member& member : standards->members()) {
      Standard& standard = ids.standards_[standard_key(member.key)];
      for (const json::Member& control : member.value.members()) {
        std::span<const json::Value> hub = control.value.elements();
        if (hub.empty()) continue;
        standard.one_ids.emplace(control.key, hub.front().text);
        standard.aliases[std::string(hub.front().text)].emplace_back(control.key);
      }
    }
  }
  for (const std::string& name : names_in(folder)) {
    Catalogue catalogue;
    status = read_one(path_of(folder, name), catalogue);
    if (!status.ok()) return status;
    for (const CatalogueControl& control : catalogue.controls) {
      for (const std::string& hub : control.security_hub) {
        ids.titles_.emplace(hub, control.title);
      }
    }
  }
  return ids;
}

std::string_view ControlIds::one_id(std::string_view standard, std::string_view id) const {
  auto known = standards_.find(standard);
  if (known == standards_.end()) return id;
  auto one = known->second.one_ids.find(id);
  return one == known->second.one_ids.end() ? id : std::string_view(one->second);
}

const ControlIds::Aliases& ControlIds::controls_of(std::string_view standard) const {
  static const Aliases kNone;
  auto known = standards_.find(standard);
  return known == standards_.end() ? kNone : known->second.aliases;
}

std::string_view ControlIds::title(std::string_view one_id) const {
  auto known = titles_.find(one_id);
  return known == titles_.end() ? std::string_view() : std::string_view(known->second);
}

}  // namespace semper::report
