// The text of a policyScope, then account contexts, the last part an account id: the program must
// say what the oracle says, also of an account nobody knows.
#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "fuzz/fuzz.h"
#include "json/document.h"
#include "oracle/judge.h"
#include "pattern/scope.h"

using namespace semper;
using namespace semper::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> parts = parts_of(text_of(data, size));
  json::Document document;
  json::ParseError parse_error;
  if (!json::Document::parse(parts[0], {}, document, parse_error)) return 0;
  pattern::Issue issue;
  std::vector<pattern::Issue> warnings;
  pattern::ListScope list;
  if (pattern::parse_list_scope(document.root(), list, issue, warnings)) {
    for (const std::string& region : list.effective(std::vector<std::string>{"a", "b"})) {
      bool is_named =
          std::find(list.include.begin(), list.include.end(), region) != list.include.end();
      require(list.holds(region) || is_named, "a region that is effective and not in scope",
              region);
    }
  }
  pattern::PolicyScope scope;
  if (!pattern::parse_scope(document.root(), {}, scope, issue, warnings)) {
    require(!issue.code.empty() && issue.offset <= parts[0].size(), "a problem without a name");
    return 0;
  }

  std::vector<std::string> contexts = {
      "{}", R"({"accountId":"1","accountTags":{"env":["dev","x"]},"ouName":"Core","a":"x"})"};
  for (std::size_t i = 1; i + 1 < parts.size(); ++i) {
    json::ParseOptions options;
    options.replace_lone_surrogates = true;
    json::Document context;
    json::ParseError error;
    bool is_context =
        json::Document::parse(parts[i], options, context, error) && context.root().is_object();
    if (is_context) contexts.push_back(parts[i]);
  }
  std::vector<std::string> ids = {"", "111111111111"};
  if (parts.size() > 1 && find_invalid_utf8(parts.back()) == std::string::npos) {
    ids.push_back(parts.back());
  }
  const std::string other = R"({"accountScope":{"exclude":{"accountId":["1"]}}})";
  oracle::Tally tally;
  std::string difference = oracle::judge_scopes({other, parts[0], other}, contexts, ids, tally);
  require(difference.empty(), difference);
  return 0;
}
