#include "data.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>

#include "json/document.h"
#include "pattern/parse.h"

namespace semper::bench {

void fail(const std::string& message) {
  fmt::print(stderr, "semper_bench: {}\n", message);
  std::exit(1);
}

bool Data::has(const std::string& name) const {
  return std::ifstream(path(name)).good();
}

std::vector<std::string> Data::lines(const std::string& name) const {
  std::ifstream file(path(name), std::ios::binary);
  if (!file) fail(fmt::format("{} cannot be read; script/bench makes it", path(name)));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::vector<PolicyText> policy_texts(const Data& data, std::size_t count) {
  std::vector<PolicyText> policies;
  json::EventDocument document;
  std::string scratch;
  for (const std::string& line : data.lines(fmt::format("policies-{}.jsonl", count))) {
    if (!document.parse(line)) fail(document.error().message);
    PolicyText policy;
    policy.id = document.root().find("id").string(scratch);
    policy.text = document.root().find("text").string(scratch);
    policies.push_back(std::move(policy));
  }
  return policies;
}

PolicySet compile(const std::vector<PolicyText>& policies,
                  std::shared_ptr<ContextProvider> accounts) {
  Compiler compiler;
  compiler.set_account_provider(std::move(accounts));
  for (const PolicyText& policy : policies) {
    Status status = compiler.add_policy(policy.id, policy.text);
    if (!status.ok()) fail(status.message());
  }
  Result<PolicySet> set = compiler.compile();
  if (!set) {
    for (const Diagnostic& diagnostic : compiler.diagnostics()) {
      if (diagnostic.severity == Diagnostic::Severity::kError) fail(to_string(diagnostic));
    }
    fail(set.status().message());
  }
  return *set;
}

std::shared_ptr<const PolicySet> policy_set(const Data& data, std::size_t count) {
  static std::map<std::size_t, std::shared_ptr<const PolicySet>> sets;
  if (!data.has(fmt::format("policies-{}.jsonl", count))) return nullptr;
  std::shared_ptr<const PolicySet>& set = sets[count];
  if (!set) {
    auto accounts = open_account_file(data.path("accounts.jsonl"));
    if (!accounts) fail(accounts.status().message());
    set = std::make_shared<PolicySet>(compile(policy_texts(data, count), *accounts));
  }
  return set;
}

pattern::Program program(const Data& data, const std::string& name, pattern::Dialect dialect,
                         pattern::Arrays arrays) {
  pattern::ProgramBuilder builder;
  for (const std::string& line : data.lines(name)) {
    json::Document document;
    json::ParseError syntax;
    if (!json::Document::parse(line, {}, document, syntax)) fail(name + ": " + syntax.message);
    const json::Value* value = document.root().find("pattern");
    pattern::Pattern parsed;
    pattern::Issue issue;
    std::vector<pattern::Issue> warnings;
    if (!pattern::parse(*value, dialect, {}, parsed, issue, warnings)) {
      fail(fmt::format("{}: {}: {}", name, issue.message, line));
    }
    builder.add(parsed, arrays);
  }
  return builder.build();
}

std::size_t total_size(const std::vector<std::string>& texts) {
  std::size_t size = 0;
  for (const std::string& text : texts) size += text.size();
  return size;
}

}  // namespace semper::bench
