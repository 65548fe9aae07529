/// Which normalized fields the policies of a set ask for: what patterns and templates look at holds
/// nothing else.
#pragma once

#include <cstdint>
#include <string_view>

#include "finding/normalize.h"
#include "pattern/ast.h"
#include "policy/template.h"

namespace semper::engine {

class AskedFields {
 public:
  static AskedFields all();

  /// A pattern about the processed finding.
  void add(const pattern::Pattern& pattern);
  void add(const policy::TemplateValue& value);

  bool none() const { return bits_ == 0; }
  bool has(finding::Field field) const { return (bits_ & bit(field)) != 0; }
  /// What is known of the account (accountName, ouId, …).
  bool has_account() const { return (bits_ & kAccount) != 0; }
  bool has_work_flow() const { return (bits_ & kWorkFlow) != 0; }

 private:
  static constexpr std::uint32_t bit(finding::Field field) {
    return std::uint32_t{1} << static_cast<unsigned>(field);
  }
  static constexpr std::uint32_t kAccount = std::uint32_t{1}
                                            << static_cast<unsigned>(finding::Field::kCount);
  static constexpr std::uint32_t kWorkFlow = kAccount << 1;
  static constexpr std::uint32_t kAll = (kWorkFlow << 1) - 1;

  void add(const pattern::Object& object);
  void add_members(const pattern::Object& object);
  void add_key(std::string_view key);

  std::uint32_t bits_ = 0;
};

}  // namespace semper::engine
