/// Results and their records.
#pragma once

#include <nanobind/nanobind.h>
#include <semper/semper.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "garbage.h"

namespace semper_python {

namespace nb = nanobind;

/// Results of the library that nobody looks at any more, to be filled again: their memory is large
/// enough already. Guarded by the interpreter's lock.
class ResultPool {
 public:
  ResultPool() = default;
  ~ResultPool() { close(); }
  ResultPool(const ResultPool&) = delete;
  ResultPool& operator=(const ResultPool&) = delete;

  semper_result_t* take();
  void give_back(semper_result_t* result);
  /// From now on nothing is kept.
  void close();

 private:
  std::vector<semper_result_t*> idle_;
  bool is_closed_ = false;
};

/// The records of one call. Filled once: records and texts may refer to it as long as they like.
class Result {
 public:
  Result(std::shared_ptr<ResultPool> pool, semper_result_t* handle, nb::object policies)
      : pool_(std::move(pool)),
        handle_(handle),
        size_(semper_result_count(handle)),
        policies_(std::move(policies)) {}
  ~Result() { pool_->give_back(handle_); }
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;

  const semper_result_t* handle() const { return handle_; }
  size_t size() const { return size_; }
  nb::object ndjson() const;
  nb::object policies() const { return policies_; }
  /// What the numbers of the events are counted from: evaluate_many calls several times.
  std::uint64_t first_event() const { return first_event_; }
  void set_first_event(std::uint64_t number) { first_event_ = number; }

  int traverse(visitproc visit, void* arg) { return visit_object(policies_, visit, arg); }
  void clear() { policies_ = nb::none(); }

 private:
  std::shared_ptr<ResultPool> pool_;
  semper_result_t* handle_;
  size_t size_;
  nb::object policies_;
  std::uint64_t first_event_ = 0;
};

/// A new Result in Python, which takes the handle.
nb::object make_result(const std::shared_ptr<ResultPool>& pool, semper_result_t* handle,
                       nb::object policies);

class Record {
 public:
  Record(nb::object result, size_t index);
  Record(const Record&) = delete;
  Record& operator=(const Record&) = delete;

  const char* decision() const;
  std::uint64_t event() const;
  nb::object json() const;
  nb::object text() const;
  nb::object data();
  nb::tuple policies() const;
  nb::tuple routes() const;
  nb::object normalized(nb::handle name, nb::object otherwise) const;

  int traverse(visitproc visit, void* arg);
  void clear();

 private:
  const Result& result() const { return *nb::inst_ptr<Result>(result_); }

  nb::object result_;
  size_t index_;
  semper_record_t record_ = SEMPER_RECORD_INIT;
  nb::object data_;  // made when it is asked for
};

void define_result(nb::module_& module);

}  // namespace semper_python
