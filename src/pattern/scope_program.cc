#include "pattern/scope_program.h"

#include <algorithm>

#include "json/writer.h"

namespace semper::pattern {
namespace {

constexpr std::string_view kAccountId = "accountId";
constexpr std::string_view kFoldedAccountId = "accountid";

Truth negation(Truth truth) {
  return truth == Truth::kTrue ? Truth::kFalse : truth == Truth::kFalse ? Truth::kTrue : truth;
}

/// A member at a path, and the objects around it.
Member member_at(std::span<const std::string_view> path, Items items, TreeMemory& memory) {
  Member member;
  member.key = path[0];
  if (path.size() == 1) {
    member.items = items;
    return member;
  }
  std::span<Member> inner = memory.array<Member>(1);
  inner[0] = member_at(path.subspan(1), items, memory);
  std::span<Object> object = memory.array<Object>(1);
  object[0].members = inner;
  member.kind = Member::Kind::kObject;
  member.objects = object;
  return member;
}

/// The fields of a branch that ask for the account id, as one alternative.
Object id_fields(const Expansion& expansion, const Branch& branch, TreeMemory& memory) {
  std::span<Member> members = memory.array<Member>(branch.size());
  std::size_t count = 0;
  for (const Field& field : branch) {
    std::vector<std::string_view> path = expansion.path(field.path);
    if (path[0] == kFoldedAccountId) members[count++] = member_at(path, field.items, memory);
  }
  return {members.first(count)};
}

Pattern alternatives(std::span<const Object> objects, TreeMemory& memory) {
  std::span<Member> member = memory.array<Member>(1);
  member[0].kind = Member::Kind::kOr;
  member[0].objects = objects;
  return {Dialect::kSemper, {member}, nullptr};
}

}  // namespace

ScopeProgram::Condition ScopeProgram::compile(const Pattern& pattern) {
  Condition condition;
  condition.pattern = known_builder_.add(pattern, Arrays::kAny);
  Expansion expansion = expand(pattern);
  TreeMemory memory;
  std::vector<Object> certain;
  std::vector<Object> possible;
  for (const Branch& branch : expansion.branches) {
    Object object = id_fields(expansion, branch, memory);
    if (object.members.size() == branch.size()) certain.push_back(object);
    condition.always_possible |= object.members.empty();
    possible.push_back(object);
  }
  condition.has_certain = !certain.empty();
  if (condition.has_certain) {
    condition.certain = id_only_builder_.add(alternatives(certain, memory), Arrays::kAny);
  }
  if (!condition.always_possible) {
    condition.possible = id_only_builder_.add(alternatives(possible, memory), Arrays::kAny);
  }
  return condition;
}

std::uint32_t ScopeProgram::add(const PolicyScope& scope) {
  Scope& compiled = scopes_.emplace_back();
  compiled.all_accounts = scope.all_accounts;
  for (const AccountScope& account : scope.accounts) {
    Account& made = compiled.accounts.emplace_back();
    made.exclude_all = account.exclude_all;
    for (const Pattern& pattern : account.exclude) made.exclude.push_back(compile(pattern));
    for (const Pattern& pattern : account.include) made.include.push_back(compile(pattern));
  }
  return static_cast<std::uint32_t>(scopes_.size() - 1);
}

void ScopeProgram::build() {
  known_ = known_builder_.build();
  id_only_ = id_only_builder_.build();
}

std::size_t ScopeProgram::memory() const {
  std::size_t total = known_.memory() + id_only_.memory() + scopes_.capacity() * sizeof(Scope);
  for (const Scope& scope : scopes_) {
    for (const Account& account : scope.accounts) {
      total += sizeof account +
               (account.exclude.capacity() + account.include.capacity()) * sizeof(Condition);
    }
  }
  return total;
}

void ScopeProgram::judge(json::EventValue context, std::string_view account_id,
                         std::vector<Truth>& truths) const {
  std::string id_text = "{\"accountId\":";
  json::append_quoted(id_text, account_id);
  id_text += '}';
  json::EventDocument id_document;
  id_document.parse(id_text);

  std::vector<json::EventMember> members;
  json::ObjectView view{context, {}};
  if (!context) {
    view.whole = id_document.root();
  } else if (!context.find(kAccountId) && !account_id.empty()) {
    for (json::EventValue::Member member : context.members()) {
      members.push_back({member.key(), member.value()});
    }
    json::EventValue::Member id = *id_document.root().members().begin();
    members.push_back({id.key(), id.value()});
    view = {{}, members};
  }

  std::vector<std::uint32_t> matched;
  if (context || !account_id.empty()) Matcher(context ? known_ : id_only_).match(view, matched);
  auto matches = [&](std::uint32_t pattern) {
    return std::binary_search(matched.begin(), matched.end(), pattern);
  };
  auto truth_of = [&](const Condition& condition) {
    if (context) return matches(condition.pattern) ? Truth::kTrue : Truth::kFalse;
    if (account_id.empty()) return Truth::kUnknown;
    if (condition.has_certain && matches(condition.certain)) return Truth::kTrue;
    bool possible = condition.always_possible || matches(condition.possible);
    return possible ? Truth::kUnknown : Truth::kFalse;
  };
  auto one_of = [&](const std::vector<Condition>& conditions) {
    Truth result = Truth::kFalse;
    for (const Condition& condition : conditions) result = std::max(result, truth_of(condition));
    return result;
  };

  truths.clear();
  for (const Scope& scope : scopes_) {
    Truth result = scope.all_accounts ? Truth::kTrue : Truth::kFalse;
    for (const Account& account : scope.accounts) {
      Truth excluded = account.exclude_all ? Truth::kTrue : one_of(account.exclude);
      result = std::max({result, negation(excluded), one_of(account.include)});
    }
    truths.push_back(result);
  }
}

}  // namespace semper::pattern
