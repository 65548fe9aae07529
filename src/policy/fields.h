/// Reads an object whose keys are known: finds them in any case and under the names of other
/// generations, and reports what is unknown, repeated, missing or of the wrong type.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"
#include "policy/report.h"

namespace semper::policy {

struct KnownKey {
  std::string_view name;
  std::string_view alias_of = {};  ///< the name under which `get` finds it
};

/// What becomes of keys that are not known.
enum class UnknownKeys : std::uint8_t { kError, kWarning, kFree };

class Fields {
 public:
  /// `what` names the object in messages. Where `value` is no object, that is reported, and nothing
  /// else will be.
  Fields(const json::Value& value, std::string_view what, std::span<const KnownKey> keys,
         UnknownKeys unknown, Report& report);

  bool is_object() const { return object_.is_object(); }
  const json::Value* get(std::string_view name) const;
  const json::Value* require(std::string_view name) const;
  /// Where the key stands; only for keys that are there.
  std::size_t key_offset(std::string_view name) const;

  /// A string; empty where it is absent.
  std::string text(std::string_view name) const;
  /// A string that must be there, and not be empty.
  std::string required_text(std::string_view name) const;
  /// A list of strings; empty where it is absent.
  std::vector<std::string> texts(std::string_view name) const;
  /// A string or a list of strings that must be there.
  std::vector<std::string> required_text_or_texts(std::string_view name) const;
  /// A list; empty where it is absent.
  std::span<const json::Value> list(std::string_view name) const;
  /// Which of `choices` (in any case) the string is; nullopt where it is absent or none of them.
  std::optional<std::size_t> choice(std::string_view name,
                                    std::span<const std::string_view> choices) const;

 private:
  static constexpr std::size_t kMaxKeys = 16;

  std::size_t index_of(std::string_view name) const;
  const json::Member* member(std::string_view name) const;
  void report_unknown(const json::Member& member, Report::Severity severity) const;
  std::vector<std::string> texts_of(const json::Value& list, std::string_view name) const;

  const json::Value& object_;
  std::string_view what_;
  std::span<const KnownKey> keys_;
  Report& report_;
  std::array<const json::Member*, kMaxKeys> members_{};  ///< by index in keys_; aliases resolved
};

void report_wrong_type(const json::Value& value, std::string_view name, std::string_view wanted,
                       Report& report);

/// `{…}` or `[{…}, …]`: the objects. Anything else is reported.
std::span<const json::Value> one_or_many(const json::Value& value, std::string_view name,
                                         Report& report);

/// `"a"`, or `"a", "b" or "c"`.
std::string quoted_list(std::span<const std::string_view> names);

}  // namespace semper::policy
