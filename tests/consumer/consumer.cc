#include <cstddef>
#include <iostream>
#include <semper/semper.hpp>

namespace {

constexpr char kPolicy[] = R"({
  "metaData": {"title": "The pipeline may delete roles"},
  "filtering": {"findingPattern": {
    "detail": {"eventName": ["DeleteRole"], "userIdentity": {"arn": [{"suffix": "/pipeline"}]}}}}
})";

constexpr char kEvent[] = R"({
  "version": "0", "id": "1", "detail-type": "AWS API Call via CloudTrail", "source": "aws.iam",
  "account": "111122223333", "time": "2024-05-01T12:00:00Z", "region": "us-east-1", "resources": [],
  "detail": {"eventSource": "iam.amazonaws.com", "eventName": "DeleteRole",
             "eventTime": "2024-05-01T12:00:00Z", "awsRegion": "us-east-1",
             "userIdentity": {"arn": "arn:aws:sts::111122223333:assumed-role/ci/pipeline"}}
})";

}  // namespace

int main() {
  semper::Compiler compiler;
  semper::Status status = compiler.add_policy("20_filtering/cloudtrail_api_calls/ci", kPolicy);
  if (!status.ok()) {
    std::cerr << status.message() << '\n';
    return 1;
  }
  auto policies = compiler.compile();
  if (!policies) {
    for (const auto& diagnostic : compiler.diagnostics())
      std::cerr << to_string(diagnostic) << '\n';
    return 1;
  }
  semper::Evaluator evaluator(*policies);
  const semper::Evaluation& records = evaluator.evaluate(kEvent);
  for (std::size_t i = 0; i < records.size(); ++i) {
    std::cout << to_string(records.decision(i));
    for (std::size_t j = 0; j < records.hit_count(i); ++j) {
      std::cout << ' ' << policies->describe(records.hit(i, j).policy).id;
    }
    std::cout << '\n';
  }
}
