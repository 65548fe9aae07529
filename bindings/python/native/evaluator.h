/// Evaluators, those that a policy set or slot lends to whoever calls, and the slot.
#pragma once

#include <nanobind/nanobind.h>
#include <semper/semper.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "errors.h"
#include "garbage.h"
#include "gil.h"
#include "input.h"
#include "result.h"

namespace semper_python {

// Docstrings of what a policy set, a slot and an evaluator have in common.
constexpr const char* kEvaluateDoc =
    "Decides about one event: JSON text, or a dict or list that json.dumps makes one of.\n\n"
    "Gives at least one record; what is no event is a record of decision \"invalid\".";
constexpr const char* kBatchDoc =
    "Decides about several events in one call, in their order, all by one policy set.";
constexpr const char* kNdjsonDoc =
    "Decides about NDJSON: each line that is not blank is an event.\n\n"
    "``record.event`` is the number of the line, from 0.";
constexpr const char* kCloseDoc =
    "Frees what the object holds; a call that still runs ends first. What was made of it stays "
    "usable. Closing twice is fine.";
constexpr const char* kClosedDoc = "Whether it is closed.";

struct EvaluatorOptions {
  std::int32_t format = SEMPER_FORMAT_NATIVE;
  std::uint64_t flags = 0;
  bool has_clock = false;
};

/// What an evaluator has to do, made while the interpreter's lock is held and run without.
class Task {
 public:
  static Task one(nb::handle event) { return Task(Input(event), Kind::kOne); }
  static Task ndjson(nb::handle lines) { return Task(Input(lines), Kind::kLines); }
  static Task batch(nb::handle events) { return Task(Inputs(events)); }

  int32_t run(semper_evaluator_t* evaluator, semper_result_t* result, semper_error_t** error) const;

 private:
  enum class Kind { kOne, kLines, kBatch };
  Task(Input input, Kind kind) : input_(std::move(input)), kind_(kind) {}
  explicit Task(Inputs inputs) : inputs_(std::move(inputs)), kind_(Kind::kBatch) {}

  Input input_;
  Inputs inputs_;
  Kind kind_;
};

/// One evaluator of the library.
class Lane {
 public:
  /// Of a policy set or of a slot: the other is nullptr.
  Lane(const semper_policy_set_t* policies, const semper_slot_t* slot, EvaluatorOptions options);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  semper_evaluator_t* handle() const { return handle_; }
  void set_now(std::int64_t seconds) { clock_->now = seconds; }
  /// Fills a result of the pool; raises where that fails.
  semper_result_t* run(const Task& task, ResultPool& pool);

 private:
  struct Clock {
    std::int64_t now = 0;
  };
  semper_evaluator_t* handle_ = nullptr;
  Clock* clock_ = nullptr;  // the library's, which deletes it with the evaluator
};

/// Evaluators that are lent: one per call that runs at the same time, kept for the next.
class Lanes {
 public:
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;
  virtual ~Lanes() = default;
  /// `policies`: what the result shall name as its policy set.
  nb::object evaluate(nb::handle policies, const Task& task);
  const Born& born() const { return born_; }

 protected:
  Lanes() = default;
  virtual std::unique_ptr<Lane> make_lane() = 0;
  void close_lanes();
  semper_result_t* run(const Task& task);
  const std::shared_ptr<ResultPool>& results() const { return results_; }

 private:
  std::vector<std::unique_ptr<Lane>> idle_;
  bool is_closed_ = false;
  std::shared_ptr<ResultPool> results_ = std::make_shared<ResultPool>();
  Born born_;
};

class PolicySet;

/// The policy set in force.
class Slot : public Lanes {
 public:
  explicit Slot(nb::handle_t<PolicySet> policies);
  ~Slot() { close(); }

  semper_slot_t* handle() const;
  void replace(nb::handle_t<PolicySet> policies);
  nb::object policies() const { return current_; }
  nb::object evaluate(const Task& task);
  bool is_closed() const { return handle_ == nullptr; }
  void close();

  /// The scope of a call that is decided by the slot. Policy sets that are replaced meanwhile stay,
  /// because their providers may be asked.
  class Use {
   public:
    explicit Use(Slot& slot) : slot_(slot) { ++slot_.uses_; }
    ~Use() {
      if (--slot_.uses_ == 0) slot_.replaced_.clear();
    }

   private:
    Slot& slot_;
  };
  /// Which policy set decided; within a Use.
  nb::object decided(const semper_result_t* result) const;

  int traverse(visitproc visit, void* arg);
  void clear();

 protected:
  std::unique_ptr<Lane> make_lane() override;

 private:
  semper_slot_t* handle_ = nullptr;
  nb::object current_;
  std::vector<nb::object> replaced_;
  unsigned uses_ = 0;
};

/// An evaluator of the host's own.
class Evaluator {
 public:
  /// `source`: a PolicySet or a Slot; `now`: a function that gives whole seconds, or None.
  Evaluator(nb::handle source, std::int32_t format, nb::object now, std::uint64_t flags);
  ~Evaluator() { results_->close(); }
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  nb::object evaluate(const Task& task);
  void replace(nb::handle_t<PolicySet> policies);
  nb::object counters() const;
  std::uint64_t policy_hits(size_t policy) const;
  /// The policy set that the next call is decided by.
  nb::object policies() const;
  bool is_closed() const { return lane_ == nullptr || is_closing_; }
  void close();

  int traverse(visitproc visit, void* arg);
  void clear();

 private:
  /// Raises where it is closed or in use.
  Lane& lane() const;

  std::unique_ptr<Lane> lane_;
  nb::object source_;  // a PolicySet or a Slot
  nb::object now_;
  Slot* slot_ = nullptr;  // in source_
  bool is_busy_ = false;
  bool is_closing_ = false;
  std::shared_ptr<ResultPool> results_ = std::make_shared<ResultPool>();
  Born born_;
};

void define_evaluator(nb::module_& module);

}  // namespace semper_python
