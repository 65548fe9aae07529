#include "cli/processor.h"

#include <fmt/format.h>

#include "base/text.h"
#include "cli/inputs.h"

namespace semper::cli {
void Processed::add(const Counters& more) {
  counters.in += more.in;
  counters.relevant += more.relevant;
  counters.dropped += more.dropped;
  counters.no_finding += more.no_finding;
  counters.invalid += more.invalid;
}

Records::Records(const Routes& routes) {
  Output* outputs[] = {routes.relevant, routes.dropped, routes.no_finding, routes.invalid,
                       routes.fan_out};
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    parts_[i].output = outputs[i];
    part_of_[i] = outputs[i] == nullptr ? parts_.size() : i;
    for (std::size_t j = 0; j < i && outputs[i] != nullptr; ++j) {
      if (outputs[j] == outputs[i]) {
        part_of_[i] = j;
        break;
      }
    }
  }
}

std::string* Records::text(Decision decision) {
  return part(static_cast<std::size_t>(decision) - 1);
}

std::string* Records::part(std::size_t output) {
  std::size_t part = part_of_[output];
  return part == parts_.size() ? nullptr : &parts_[part].text;
}

std::size_t Records::size() const {
  std::size_t size = 0;
  for (const Part& part : parts_) size += part.text.size();
  return size;
}

void Records::move_to_outputs() {
  for (Part& part : parts_) {
    if (part.text.empty()) continue;
    part.output->append(part.text);
    part.text.clear();
  }
}

Processor::Processor(const PolicySet& policies, const EvaluatorOptions& options,
                     const std::atomic<bool>& stopped)
    : evaluator_(policies, options), format_(options.format), stopped_(stopped) {}

void Processor::report(Processed& processed) const {
  processed.add(counters_);
  processed.hits.resize(evaluator_.policies().size());
  for (std::size_t i = 0; i < processed.hits.size(); ++i) processed.hits[i] += evaluator_.hits(i);
}

bool Processor::try_document(std::string_view text) {
  const Evaluation& evaluation = evaluator_.evaluate(text);
  if (evaluation.size() == 1 && evaluation.decision(0) == Decision::kInvalid) return false;
  write(evaluation);
  return true;
}

void Processor::document(std::string_view text) {
  write(evaluator_.evaluate(text));
}

void Processor::write(const Evaluation& evaluation) {
  for (std::size_t i = 0; i < evaluation.size(); ++i) {
    Decision decision = evaluation.decision(i);
    ++counters_.in;
    switch (decision) {
      case Decision::kRelevant:
        ++counters_.relevant;
        break;
      case Decision::kDropped:
        ++counters_.dropped;
        break;
      case Decision::kNoFinding:
        ++counters_.no_finding;
        break;
      case Decision::kInvalid:
        ++counters_.invalid;
        break;
    }
    if (std::string* text = records_->text(decision)) {
      *text += evaluation.json(i);
      *text += '\n';
    }
    if (std::string* text = records_->fan_out()) append_routes(*text, evaluation, i);
  }
}

void Processor::append_routes(std::string& out, const Evaluation& evaluation, std::size_t index) {
  for (std::size_t i = 0; i < evaluation.route_count(index); ++i) {
    Route route = evaluation.route(index, i);
    out += "{\"target\":";
    out += route.target;
    out += ",\"record\":";
    out += route.record;
    out += "}\n";
  }
}

void Processor::begin_oversize() {
  ++counters_.in;
  ++counters_.invalid;
  std::string message =
      fmt::format("the event has more than {} bytes, the limit", Limits{}.event_bytes);
  frame_ = engine::invalid_record_frame(format_, {"event_too_large", message},
                                        evaluator_.policies().fingerprint());
  *records_->text(Decision::kInvalid) += frame_.before;
  unencoded_.clear();
}

void Processor::oversize_piece(std::string_view bytes) {
  constexpr std::size_t kGroup = 3;  // bytes that base64 encodes without padding
  constexpr std::size_t kPiece = kGroup << 14;
  while (!bytes.empty()) {
    std::string_view piece = bytes.substr(0, kPiece - unencoded_.size());
    bytes.remove_prefix(piece.size());
    unencoded_ += piece;
    encode(unencoded_.size() - unencoded_.size() % kGroup);
  }
}

void Processor::end_oversize() {
  encode(unencoded_.size());
  *records_->text(Decision::kInvalid) += frame_.after;
  *records_->text(Decision::kInvalid) += '\n';
}

void Processor::encode(std::size_t size) {
  append_base64(*records_->text(Decision::kInvalid), std::string_view(unencoded_).substr(0, size));
  unencoded_.erase(0, size);
}

DirectSink::DirectSink(Processor& processor, const Routes& routes, const Outputs& outputs,
                       std::atomic<bool>& stopped)
    : processor_(processor), records_(routes), outputs_(outputs), stopped_(stopped) {
  processor.gather_in(records_);
}

bool DirectSink::try_document(std::string_view text) {
  bool is_document = processor_.try_document(text);
  write();
  return is_document;
}

void DirectSink::document(std::string_view text) {
  processor_.document(text);
  write();
}

void DirectSink::oversize_piece(std::string_view bytes) {
  processor_.oversize_piece(bytes);
  write();
}

void DirectSink::end_oversize() {
  processor_.end_oversize();
  write();
}

void DirectSink::write() {
  records_.move_to_outputs();
  if (outputs_.failed()) stopped_ = true;
}

Processed process_alone(const std::vector<std::string>& inputs, const PolicySet& policies,
                        const EvaluatorOptions& options, const Routes& routes, Outputs& outputs) {
  std::atomic<bool> stopped = false;
  Processor processor(policies, options, stopped);
  DirectSink sink(processor, routes, outputs, stopped);
  Processed processed;
  processed.all_read = split_inputs(inputs, {}, outputs, sink);
  processor.report(processed);
  return processed;
}

}  // namespace semper::cli
