#include "cli/inputs.h"

#include "cli/console.h"
#include "cli/input.h"

namespace semper::cli {
namespace {

/// Between a file and the splitter: shows progress, and lets no record wait in a buffer while a
/// pipe has nothing to read.
class WatchedSource : public ByteSource {
 public:
  WatchedSource(InputFile& file, Outputs& outputs, bool flush, ProgressBar& progress,
                std::uint64_t bytes_before)
      : file_(file),
        outputs_(outputs),
        flush_(flush),
        progress_(progress),
        bytes_before_(bytes_before) {}

  std::size_t read(char* to, std::size_t size) override {
    if (flush_) outputs_.flush();
    std::size_t count = file_.read(to, size);
    progress_.update(bytes_before_ + file_.bytes_read());
    return count;
  }

 private:
  InputFile& file_;
  Outputs& outputs_;
  bool flush_;
  ProgressBar& progress_;
  std::uint64_t bytes_before_;
};

}  // namespace

bool read_inputs(const std::vector<std::string>& paths, Outputs& outputs,
                 const std::function<bool()>& done, const std::function<bool(ByteSource&)>& use) {
  std::vector<std::string> names = paths;
  if (names.empty()) names.emplace_back("-");
  std::uint64_t total = total_size(names);
  ProgressBar progress(total);
  std::uint64_t bytes = 0;
  bool all_read = true;
  for (const std::string& name : names) {
    if (done()) break;
    InputFile file(name);
    WatchedSource source(file, outputs, total == 0, progress, bytes);
    bool whole = use(source);
    bytes += file.bytes_read();
    if (!whole) complain(file.name() + ": ends inside a list; what was in it has been processed");
    if (!file.error().empty()) {
      complain(file.error());
      all_read = false;
    }
  }
  return all_read;
}

bool split_inputs(const std::vector<std::string>& paths, const SplitOptions& options,
                  Outputs& outputs, DocumentSink& sink) {
  return read_inputs(
      paths, outputs, [&] { return sink.done(); },
      [&](ByteSource& source) {
        Splitter splitter(source, sink, options);
        splitter.run();
        return !splitter.unclosed_list();
      });
}

int finish(Outputs& outputs, bool inputs_read) {
  std::vector<std::string> errors = outputs.close();
  for (const std::string& error : errors) complain(error);
  return errors.empty() && inputs_read ? kSuccess : kFailure;
}

}  // namespace semper::cli
