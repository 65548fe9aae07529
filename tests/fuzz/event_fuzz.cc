// The bytes of an event: nothing is lost, every record is JSON on one line, and what came before
// makes no difference.
#include <string>
#include <vector>

#include "fuzz/fuzz.h"
#include "fuzz/policies.h"
#include "json/event.h"

using namespace semper;
using namespace semper::fuzz;

namespace {

std::vector<std::string> records_of(Evaluator& evaluator, std::string_view event) {
  Counters before = evaluator.counters();
  const Evaluation& evaluation = evaluator.evaluate(event);
  const Counters& after = evaluator.counters();
  // An empty list, and a file with an empty list of records, hold no finding.
  bool may_be_empty = event.find('[') != std::string_view::npos;
  require(evaluation.size() > 0 || may_be_empty, "an event without a record");
  require(after.in - before.in == evaluation.size(), "a record that is not counted");
  require(after.in == after.relevant + after.dropped + after.no_finding + after.invalid,
          "the counters do not add up");

  Limits limits;  // A record is deeper than its event, and longer.
  limits.event_depth *= 2;
  limits.event_bytes *= 16;
  json::EventDocument document;
  json::EventDocument whole;
  bool is_valid = whole.parse(event) && whole.root().is_object();
  std::vector<std::string> records;
  for (std::size_t i = 0; i < evaluation.size(); ++i) {
    std::string_view record = evaluation.json(i);
    bool is_object = document.parse(record, limits) && document.root().is_object();
    require(is_object, "a record that is no JSON object", record);
    require(record.find('\n') == std::string_view::npos, "a record on several lines", record);
    if (evaluation.decision(i) == Decision::kInvalid) {
      require(!is_valid || evaluation.size() == 1, "a part of an event is invalid", record);
    }
    records.emplace_back(record);
  }
  return records;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const PolicySet kSet = policies();
  static Evaluator native(kSet, options(RecordFormat::kNative));
  static Evaluator generation(kSet, options(RecordFormat::kSemper17));
  std::string_view event = text_of(data, size);
  std::vector<std::string> records = records_of(native, event);
  std::vector<std::string> in_generation = records_of(generation, event);
  require(records.size() == in_generation.size(), "another format, other records");
  Evaluator fresh(kSet, options(RecordFormat::kNative));
  require(records_of(fresh, event) == records, "the records depend on events before");
  return 0;
}
