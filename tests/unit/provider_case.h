/// What tests of providers share: a clock that stands still, a folder, one question.
#pragma once

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "context/lookup.h"
#include "semper/providers.hpp"

namespace semper::test {

using std::chrono::milliseconds;
using std::chrono::seconds;
using State = context::Answer::State;

class FakeClock {
 public:
  void advance(milliseconds span) { *now_ += span.count(); }
  std::function<std::chrono::steady_clock::time_point()> function() const {
    return
        [now = now_] { return std::chrono::steady_clock::time_point(milliseconds(now->load())); };
  }

 private:
  std::shared_ptr<std::atomic<std::int64_t>> now_ =
      std::make_shared<std::atomic<std::int64_t>>(1'000'000'000);
};

class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "semper-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  std::string path(std::string_view name = "") const { return (path_ / name).string(); }
  /// Takes the place of what was there, as a careful writer does.
  std::string write(std::string_view name, std::string_view text) const {
    std::string file = path(name);
    std::ofstream(file + ".new", std::ios::binary) << text;
    std::filesystem::rename(file + ".new", file);
    return file;
  }

 private:
  std::filesystem::path path_;
};

struct Told {
  State state;
  std::string text;  ///< the object, or why there is none
  std::int64_t age = 0;
};

inline Told ask(ContextProvider& provider, std::string_view key) {
  context::Lookup lookup;
  lookup.add(key);
  lookup.ask(provider);
  const context::Answer& answer = lookup.answer(0);
  return {answer.state, answer.known() ? answer.json : answer.reason, answer.age.count()};
}

/// Answers as it is told to.
struct Source {
  enum class Mood { kAnswers, kAbsent, kFails, kGarbage, kThrows, kSilent };
  std::atomic<Mood> mood{Mood::kAnswers};
  std::atomic<int> calls{0};
  std::atomic<int> keys{0};
  std::string json = R"({"owner":"ann"})";
  std::function<void()> meanwhile;

  std::shared_ptr<ContextProvider> provider(std::string name = "source") {
    return make_callback_provider(std::move(name), KeyKind::kString, [this](LookupCall& call) {
      ++calls;
      keys += static_cast<int>(call.size());
      if (meanwhile) meanwhile();
      for (std::size_t i = 0; i < call.size(); ++i) {
        switch (mood) {
          case Mood::kAnswers:
            call.set_json(i, json);
            break;
          case Mood::kAbsent:
            call.set_absent(i);
            break;
          case Mood::kFails:
            call.fail(i, "it is down");
            break;
          case Mood::kGarbage:
            call.set_json(i, "{\"owner\":");
            break;
          case Mood::kThrows:
            throw std::runtime_error("boom");
          case Mood::kSilent:
            break;
        }
      }
    });
  }
};

}  // namespace semper::test
