#include "policy/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "json/writer.h"

namespace semper::policy {
namespace {

constexpr std::string_view kRoots[] = {"normalized", "accountContext", "finding", "raw", "context"};

const std::string_view* find_root(std::string_view name) {
  auto root = std::find_if(std::begin(kRoots), std::end(kRoots),
                           [name](auto known) { return equals_ignore_ascii_case(name, known); });
  return root == std::end(kRoots) ? nullptr : root;
}

/// Reads `root.key[0]["odd.key"][*]`, and with it a default, up to what is no part of a path.
class ReferenceReader {
 public:
  explicit ReferenceReader(std::string_view text) : text_(text) {}

  bool read(Reference& reference) {
    if (!read_root(reference)) return false;
    while (at_ < text_.size()) {
      if (text_[at_] == '.') {
        ++at_;
        if (!read_name(reference)) return false;
      } else if (text_[at_] == '[') {
        ++at_;
        if (!read_bracket(reference)) return false;
      } else {
        break;
      }
    }
    reference.text = text_.substr(0, at_);
    return true;
  }

  /// `:-default`, which ends before the next `}`.
  bool read_fallback(Reference& reference) {
    if (!rest().starts_with(":-")) return true;
    std::size_t end = std::min(text_.find('}', at_), text_.size());
    reference.fallback = text_.substr(at_ + 2, end - at_ - 2);
    at_ = end;
    if (reference.fallback->find("${") == std::string::npos) return true;
    return fail("a default is text as it is written, without references");
  }

  std::string_view rest() const { return text_.substr(at_); }
  std::size_t position() const { return at_; }
  const std::string& error() const { return error_; }

  /// What stands at the present place is no part of a reference.
  bool fail_here() {
    if (at_ == text_.size()) return fail("it ends too early; close it with \"}\"");
    return fail(fmt::format("unexpected \"{}\"; write a key with such characters as [\"key\"]",
                            character_here()));
  }

 private:
  bool fail(std::string message) {
    error_ = std::move(message);
    return false;
  }

  /// The whole character, so that messages stay UTF-8.
  std::string_view character_here() const {
    std::size_t end = at_ + 1;
    while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0) == 0x80) ++end;
    return text_.substr(at_, end - at_);
  }

  std::string_view take_name() {
    std::size_t begin = at_;
    while (at_ < text_.size() && !rest().starts_with(":-") &&
           static_cast<unsigned char>(text_[at_]) > ' ' &&
           std::string_view(".[]{}\"$\\").find(text_[at_]) == std::string_view::npos) {
      ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }

  bool read_root(Reference& reference) {
    std::string_view name = take_name();
    const std::string_view* root = find_root(name);
    if (root == nullptr) {
      std::string_view meant = nearest(name, kRoots);
      return fail(fmt::format(
          "\"{}\" is no place to begin; begin with normalized, accountContext, finding, raw or "
          "context{}",
          name, meant.empty() ? "" : fmt::format(" (did you mean \"{}\"?)", meant)));
    }
    add_key(reference, *root);
    return true;
  }

  bool read_name(Reference& reference) {
    std::string_view name = take_name();
    if (name.empty()) {
      return at_ < text_.size() && text_[at_] != '}' && text_[at_] != '.' && text_[at_] != '['
                 ? fail_here()
                 : fail("a key is missing after \".\"");
    }
    add_key(reference, name);
    return true;
  }

  bool read_bracket(Reference& reference) {
    Step step;
    if (rest().starts_with('"')) {
      ++at_;
      if (!read_quoted(step.key)) return false;
    } else if (rest().starts_with('*')) {
      ++at_;
      step.kind = Step::Kind::kAll;
    } else {
      step.kind = Step::Kind::kIndex;
      const char* begin = text_.data() + at_;
      auto [end, code] = std::from_chars(begin, text_.data() + text_.size(), step.index);
      if (code != std::errc()) return fail("\"[\" wants an index, * or a key in quotes");
      at_ += static_cast<std::size_t>(end - begin);
    }
    if (!rest().starts_with(']')) return fail("\"]\" is missing");
    ++at_;
    reference.path.push_back(std::move(step));
    return true;
  }

  bool read_quoted(std::string& key) {
    for (; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\' && ++at_ == text_.size()) break;
      key += text_[at_];
    }
    if (at_ == text_.size()) return fail("a quote is not closed");
    ++at_;
    return true;
  }

  static void add_key(Reference& reference, std::string_view key) {
    Step step;
    step.key = key;
    reference.path.push_back(std::move(step));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string error_;
};

/// Builds the tree; values with nothing to fill in become literals as large as can be.
class TemplateReader {
 public:
  TemplateReader(std::span<const json::Value* const> bare_paths, pattern::Issue& error)
      : bare_paths_(bare_paths), error_(error) {}

  bool read(const json::Value& value, TemplateValue& result) {
    if (!read_contents(value, result)) return false;
    if (!result.has_references) json::append_value(result.literal, value);
    return true;
  }

 private:
  /// Leaves `result` without contents where there are no references.
  bool read_contents(const json::Value& value, TemplateValue& result) {
    result.kind = value.kind;
    switch (value.kind) {
      case json::Kind::kString:
        return read_string(value, result);
      case json::Kind::kArray:
        return read_array(value, result);
      case json::Kind::kObject:
        return read_object(value, result);
      case json::Kind::kNull:
      case json::Kind::kBool:
      case json::Kind::kNumber:
        break;
    }
    return true;
  }

  bool read_array(const json::Value& value, TemplateValue& result) {
    std::span<const json::Value> elements = value.elements();
    result.elements.resize(elements.size());
    auto source = [&](std::size_t i) -> const json::Value& { return elements[i]; };
    auto target = [&](std::size_t i) -> TemplateValue& { return result.elements[i]; };
    if (!read_children(elements.size(), source, target, result.has_references)) return false;
    if (!result.has_references) result.elements.clear();
    return true;
  }

  bool read_object(const json::Value& value, TemplateValue& result) {
    std::span<const json::Member> members = value.members();
    result.members.resize(members.size());
    auto source = [&](std::size_t i) -> const json::Value& { return members[i].value; };
    auto target = [&](std::size_t i) -> TemplateValue& { return result.members[i].value; };
    if (!read_children(members.size(), source, target, result.has_references)) return false;
    if (!result.has_references) result.members.clear();
    for (std::size_t i = 0; i < result.members.size(); ++i) {
      result.members[i].set_key(members[i].key);
    }
    return true;
  }

  template <class Source, class Target>
  bool read_children(std::size_t count, const Source& source, const Target& target,
                     bool& has_references) {
    for (std::size_t i = 0; i < count; ++i) {
      if (!read_contents(source(i), target(i))) return false;
      has_references = has_references || target(i).has_references;
    }
    if (!has_references) return true;
    for (std::size_t i = 0; i < count; ++i) {
      TemplateValue& child = target(i);
      if (!child.has_references) json::append_value(child.literal, source(i));
    }
    return true;
  }

  bool read_string(const json::Value& value, TemplateValue& result) {
    std::string_view text = value.text;
    bool is_bare = is_bare_path(value);
    result.has_references = is_bare || text.find("${") != std::string_view::npos;
    if (!result.has_references) return true;
    if (is_bare) {
      TemplatePart part;
      std::string problem;
      if (!parse_reference(text, part.reference.emplace(), problem)) {
        return fail(value, text, problem);
      }
      result.parts.push_back(std::move(part));
      return true;
    }
    std::string literal;
    for (std::size_t at = 0; at < text.size();) {
      std::string_view rest = text.substr(at);
      if (rest.starts_with("$${")) {
        literal += "${";
        at += 3;
      } else if (rest.starts_with("${")) {
        flush(literal, result);
        std::size_t size = 0;
        if (!read_reference(value, rest, result, size)) return false;
        at += size;
      } else {
        literal += text[at++];
      }
    }
    flush(literal, result);
    return true;
  }

  /// `text` begins with the reference, whose length becomes `size`.
  bool read_reference(const json::Value& value, std::string_view text, TemplateValue& result,
                      std::size_t& size) {
    TemplatePart part;
    ReferenceReader reader(text.substr(2));
    Reference& reference = part.reference.emplace();
    bool sound = reader.read(reference);
    sound = sound && reader.read_fallback(reference);
    if (sound) sound = reader.rest().starts_with('}') || reader.fail_here();
    if (!sound) return fail(value, text, reader.error());
    result.parts.push_back(std::move(part));
    size = 2 + reader.position() + 1;
    return true;
  }

  static void flush(std::string& literal, TemplateValue& result) {
    if (literal.empty()) return;
    std::string escaped;
    json::append_escaped(escaped, literal);
    result.parts.push_back({std::move(escaped), std::nullopt});
    literal.clear();
  }

  bool is_bare_path(const json::Value& value) const {
    if (std::find(bare_paths_.begin(), bare_paths_.end(), &value) == bare_paths_.end()) {
      return false;
    }
    std::size_t end = value.text.find_first_of(".[");
    return end != std::string_view::npos && find_root(value.text.substr(0, end)) != nullptr;
  }

  bool fail(const json::Value& value, std::string_view text, std::string_view problem) {
    constexpr std::size_t kShown = 80;
    std::string_view shown = text.substr(0, kShown);
    while (find_invalid_utf8(shown) != std::string_view::npos) shown.remove_suffix(1);
    error_ = {"bad_reference", value.begin,
              fmt::format("bad reference \"{}\": {}", shown, problem)};
    return false;
  }

  std::span<const json::Value* const> bare_paths_;
  pattern::Issue& error_;
};

template <class Visit>
void for_each_value(json::EventValue value, std::span<const Step> path, const Visit& visit) {
  while (value && !path.empty()) {
    const Step& step = path.front();
    path = path.subspan(1);
    if (step.kind == Step::Kind::kKey) {
      value = value.find(step.key);
      continue;
    }
    json::EventValue chosen;
    std::uint32_t index = 0;
    for (json::EventValue element : value.elements()) {
      if (step.kind == Step::Kind::kAll) {
        for_each_value(element, path, visit);
      } else if (index++ == step.index) {
        chosen = element;
        break;
      }
    }
    value = chosen;
  }
  if (value && value.kind() != json::Kind::kNull) visit(value);
}

/// Calls `visit` with every value that the reference leads to; `null` is none.
template <class Visit>
void for_each_value(const json::ObjectView& processed, const Reference& reference,
                    const Visit& visit) {
  std::span<const Step> path = reference.path;
  for_each_value(processed.find(path.front().key), path.subspan(1), visit);
}

bool has_all(const Reference& reference) {
  return std::any_of(reference.path.begin(), reference.path.end(),
                     [](const Step& step) { return step.kind == Step::Kind::kAll; });
}

/// The reference as a value. False: it has none, and nothing was appended.
bool append_as_value(const Reference& reference, const json::ObjectView& processed,
                     std::string& out) {
  bool as_list = has_all(reference);
  bool found = false;
  for_each_value(processed, reference, [&](json::EventValue value) {
    if (as_list) out += found ? ',' : '[';
    value.append_compact(out);
    found = true;
  });
  if (found && as_list) out += ']';
  if (!found && reference.fallback) json::append_quoted(out, *reference.fallback);
  return found || reference.fallback;
}

/// The same inside a JSON string.
bool append_as_text(const Reference& reference, const json::ObjectView& processed,
                    std::string& out) {
  bool found = false;
  for_each_value(processed, reference, [&](json::EventValue value) {
    if (found) out += ", ";
    found = true;
    if (value.is_string()) {
      out += value.text();  // escaped as it came
    } else {
      std::string json;
      value.append_compact(json);
      json::append_escaped(out, json);
    }
  });
  if (!found && reference.fallback) json::append_escaped(out, *reference.fallback);
  return found || reference.fallback;
}

bool render_string(const TemplateValue& value, const json::ObjectView& processed, std::string& out,
                   std::vector<std::string_view>& unanswered) {
  if (value.parts.size() == 1 && value.parts.front().reference) {
    const Reference& reference = *value.parts.front().reference;
    bool answered = append_as_value(reference, processed, out);
    if (!answered) unanswered.push_back(reference.text);
    return answered;
  }
  bool answered = true;
  out += '"';
  for (const TemplatePart& part : value.parts) {
    if (!part.reference) {
      out += part.text;
    } else if (!append_as_text(*part.reference, processed, out)) {
      unanswered.push_back(part.reference->text);
      answered = false;
    }
  }
  out += '"';
  return answered;
}

/// finding.raw is raw.
bool is_finding_raw(const std::vector<Step>& path) {
  return path.size() > 1 && path[0].key == "finding" && path[1].kind == Step::Kind::kKey &&
         equals_ignore_ascii_case(path[1].key, "raw");
}

}  // namespace

void TemplateMember::set_key(std::string_view name) {
  key = name;
  start.clear();
  json::append_quoted(start, name);
  start += ':';
}

bool asks_for(const TemplateValue& value, std::string_view root) {
  auto part_asks = [root](const TemplatePart& part) {
    return part.reference && part.reference->path.front().key == root;
  };
  auto value_asks = [root](const TemplateValue& child) { return asks_for(child, root); };
  auto member_asks = [root](const TemplateMember& member) { return asks_for(member.value, root); };
  return std::any_of(value.parts.begin(), value.parts.end(), part_asks) ||
         std::any_of(value.elements.begin(), value.elements.end(), value_asks) ||
         std::any_of(value.members.begin(), value.members.end(), member_asks);
}

bool parse_reference(std::string_view text, Reference& reference, std::string& error) {
  ReferenceReader reader(text);
  bool sound = reader.read(reference) && reader.read_fallback(reference);
  if (sound && !reader.rest().empty()) sound = reader.fail_here();
  if (sound && is_finding_raw(reference.path)) reference.path.erase(reference.path.begin());
  if (!sound) error = reader.error();
  return sound;
}

bool parse_template(const json::Value& value, std::span<const json::Value* const> bare_paths,
                    TemplateValue& result, pattern::Issue& error) {
  return TemplateReader(bare_paths, error).read(value, result);
}

bool render(const TemplateValue& value, const json::ObjectView& processed, std::string& out,
            std::vector<std::string_view>& unanswered) {
  if (!value.literal.empty()) {
    out += value.literal;
    return true;
  }
  if (value.kind == json::Kind::kString) {
    std::size_t before = out.size();
    bool answered = render_string(value, processed, out, unanswered);
    if (!answered) out.resize(before);
    return answered;
  }

  bool is_object = value.kind == json::Kind::kObject;
  out += is_object ? '{' : '[';
  bool first = true;
  auto append = [&](std::string_view start, const TemplateValue& child) {
    std::size_t before = out.size();
    if (!first) out += ',';
    out += start;
    if (render(child, processed, out, unanswered)) {
      first = false;
    } else {
      out.resize(before);
    }
  };
  for (const TemplateMember& member : value.members) append(member.start, member.value);
  for (const TemplateValue& element : value.elements) append({}, element);
  out += is_object ? '}' : ']';
  return true;
}

}  // namespace semper::policy
