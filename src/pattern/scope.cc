#include "pattern/scope.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "base/text.h"
#include "pattern/comparator.h"

namespace semper::pattern {
namespace {

using Names = std::array<std::string_view, 2>;
constexpr Names kPolicyKeys{"accountScope", "regionScope"};
constexpr Names kScopeKeys{"exclude", "forceInclude"};

bool is_star(const json::Value& value) {
  return value.is_string() && value.text == "*";
}

class ScopeParser {
 public:
  explicit ScopeParser(const ParseState& state) : state_(state) {}

  bool policy_scope(const json::Value& value, PolicyScope& scope) const {
    if (!value.is_object()) {
      return wrong_type(value, "a policy scope is an object with accountScope and regionScope");
    }
    return each_key(value, kPolicyKeys, [&](std::string_view key, const json::Value& part) {
      return key == "accountScope" ? account_scopes(part, scope) : list_scope(part, scope.regions);
    });
  }

  bool list_scope(const json::Value& value, ListScope& scope) const {
    if (!value.is_object()) {
      if (value.is_array() && value.elements().empty()) {
        return bad_list(value, "a list scope wants strings; an empty list names none");
      }
      std::vector<std::string> named;
      bool everything = false;
      if (!strings(value, named, &everything)) return false;
      scope = ListScope{!everything, {}, std::move(named)};
      return true;
    }
    return each_key(value, kScopeKeys, [&](std::string_view key, const json::Value& part) {
      return key == "exclude" ? strings(part, scope.exclude, &scope.exclude_all)
                              : strings(part, scope.include, nullptr);
    });
  }

 private:
  bool wrong_type(const json::Value& at, std::string message) const {
    return state_.fail("scope_type", at.begin, std::move(message));
  }
  bool bad_list(const json::Value& at, std::string message) const {
    return state_.fail("list_scope_type", at.begin, std::move(message));
  }
  bool include_all(const json::Value& at) const {
    return state_.fail("scope_include_all", at.begin,
                       "forceInclude cannot be \"*\"; leave out exclude to include everything");
  }

  /// Calls `use` with the name of each key and its value, in order.
  bool each_key(const json::Value& object, const Names& names,
                const std::function<bool(std::string_view, const json::Value&)>& use) const {
    KeySet keys;
    for (const json::Member& member : object.members()) {
      if (!keys.insert(state_.memory->copy_folded(member.key))) {
        return state_.fail("duplicate_key", member.key_begin,
                           fmt::format("\"{}\" occurs twice", member.key));
      }
      const auto* name = std::find_if(names.begin(), names.end(), [&](std::string_view known) {
        return equals_ignore_ascii_case(member.key, known);
      });
      if (name == names.end()) return unknown_key(member, names);
      if (!use(*name, member.value)) return false;
    }
    return true;
  }

  bool unknown_key(const json::Member& member, const Names& names) const {
    std::string message = fmt::format("unknown key \"{}\"", member.key);
    if (std::string_view near = nearest(member.key, names); !near.empty()) {
      message += fmt::format(", did you mean \"{}\"?", near);
    } else {
      message += fmt::format("; known are \"{}\" and \"{}\"", names[0], names[1]);
    }
    return state_.fail("scope_unknown_key", member.key_begin, std::move(message));
  }

  bool account_scopes(const json::Value& value, PolicyScope& scope) const {
    scope.all_accounts = is_star(value);
    if (scope.all_accounts) return true;
    if (value.is_object()) return account_scope(value, scope.accounts.emplace_back());
    if (!value.is_array()) return wrong_account_scope(value);
    if (value.elements().empty()) {
      return state_.fail("scope_empty_list", value.begin,
                         "an empty list of scopes is ambiguous: write \"*\" for every account, "
                         "{\"exclude\": \"*\"} for none");
    }
    for (const json::Value& element : value.elements()) {
      if (!element.is_object()) return wrong_account_scope(element);
      if (!account_scope(element, scope.accounts.emplace_back())) return false;
    }
    return true;
  }

  bool wrong_account_scope(const json::Value& at) const {
    return wrong_type(at,
                      "a scope wants \"*\", an object with exclude and forceInclude, or a list "
                      "of such objects");
  }

  bool account_scope(const json::Value& value, AccountScope& scope) const {
    bool has_exclude = false;
    std::size_t include_at = 0;
    bool has_include = false;
    bool good = each_key(value, kScopeKeys, [&](std::string_view key, const json::Value& part) {
      if (key == "exclude") {
        has_exclude = true;
        return each_element(part,
                            [&](const json::Value& element) { return exclusion(element, scope); });
      }
      has_include = true;
      include_at = part.begin;
      return each_element(part,
                          [&](const json::Value& element) { return inclusion(element, scope); });
    });
    if (good && has_include && !has_exclude) {
      state_.warn("force_include_without_exclude", include_at,
                  "forceInclude without exclude changes nothing: every account is in scope; add "
                  "\"exclude\": \"*\" to include only these");
    }
    return good;
  }

  static bool each_element(const json::Value& value,
                           const std::function<bool(const json::Value&)>& use) {
    if (!value.is_array()) return use(value);
    std::span<const json::Value> elements = value.elements();
    return std::all_of(elements.begin(), elements.end(), use);
  }

  bool exclusion(const json::Value& value, AccountScope& scope) const {
    if (is_star(value)) {
      scope.exclude_all = true;
      return true;
    }
    if (!value.is_object()) {
      return wrong_type(value, "a scope wants \"*\", a pattern or a list of these as exclude");
    }
    return pattern(value, scope.exclude.emplace_back());
  }

  bool inclusion(const json::Value& value, AccountScope& scope) const {
    if (is_star(value)) return include_all(value);
    if (!value.is_object()) {
      return wrong_type(value, "a scope wants a pattern or a list of patterns as forceInclude");
    }
    return pattern(value, scope.include.emplace_back());
  }

  bool pattern(const json::Value& value, Pattern& pattern) const {
    return parse(value, Dialect::kSemper, state_.limits, pattern, state_.error, state_.warnings,
                 state_.memory);
  }

  /// A string or a list of strings; "*" sets `everything`, and is an error where that is nullptr.
  bool strings(const json::Value& value, std::vector<std::string>& out, bool* everything) const {
    if (!value.is_string() && !value.is_array()) return not_strings(value);
    return each_element(value, [&](const json::Value& element) {
      if (!element.is_string()) return not_strings(element);
      if (is_star(element)) {
        if (everything == nullptr) return include_all(element);
        *everything = true;
        return true;
      }
      if (element.text.find('*') != std::string_view::npos) {
        state_.warn("star_in_list_scope", element.begin,
                    fmt::format("\"{}\" is no wildcard: it means exactly this text", element.text));
      }
      out.emplace_back(element.text);
      return true;
    });
  }

  bool not_strings(const json::Value& at) const {
    return bad_list(at,
                    fmt::format("a list scope wants strings, not {}", json::kind_phrase(at.kind)));
  }

  const ParseState& state_;
};

bool has(const std::vector<std::string>& list, std::string_view entry) {
  return std::find(list.begin(), list.end(), entry) != list.end();
}

}  // namespace

bool ListScope::holds(std::string_view entry) const {
  return has(include, entry) || (!exclude_all && !has(exclude, entry));
}

Truth ListScope::truth(std::string_view entry, std::span<const std::string> defaults) const {
  bool unrestricted = !exclude_all && exclude.empty();
  if (defaults.empty() && unrestricted) return Truth::kTrue;
  if (entry.empty()) return Truth::kUnknown;
  bool is_default =
      defaults.empty() || std::find(defaults.begin(), defaults.end(), entry) != defaults.end();
  bool included = std::find(include.begin(), include.end(), entry) != include.end();
  return included || (is_default && holds(entry)) ? Truth::kTrue : Truth::kFalse;
}

std::vector<std::string> ListScope::effective(std::span<const std::string> defaults) const {
  std::set<std::string> result(include.begin(), include.end());
  for (const std::string& entry : defaults) {
    if (holds(entry)) result.insert(entry);
  }
  return {result.begin(), result.end()};
}

bool parse_scope(const json::Value& value, const Limits& limits, PolicyScope& scope, Issue& error,
                 std::vector<Issue>& warnings, std::shared_ptr<TreeMemory> memory) {
  scope = PolicyScope{};
  if (!memory) memory = std::make_shared<TreeMemory>();
  ParseState state{Dialect::kSemper, limits, error, warnings, memory, memory->regex_size};
  return ScopeParser(state).policy_scope(value, scope);
}

bool parse_list_scope(const json::Value& value, ListScope& scope, Issue& error,
                      std::vector<Issue>& warnings) {
  scope = ListScope{};
  Limits limits;
  auto memory = std::make_shared<TreeMemory>();
  ParseState state{Dialect::kSemper, limits, error, warnings, memory, memory->regex_size};
  return ScopeParser(state).list_scope(value, scope);
}

}  // namespace semper::pattern
