#include "context/file_provider.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/hash.h"

namespace semper::context {
namespace {

namespace fs = std::filesystem;

/// The files of a directory of tags, sorted: <account id>.json each.
std::vector<fs::path> tag_files(const std::string& directory, std::error_code& error) {
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".json") files.push_back(entry->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

FileProvider::FileProvider(std::string name, FileOptions options)
    : name_(std::move(name)),
      options_(std::move(options)),
      interval_(is_regular(options_.path) ? options_.reload : std::chrono::milliseconds(0),
                now_by(options_.clock)) {}

Result<std::shared_ptr<ContextProvider>> FileProvider::open(std::string name, FileOptions options) {
  auto provider = std::make_shared<FileProvider>(std::move(name), std::move(options));
  auto content = std::make_shared<Content>();
  content->mark = provider->mark();
  auto contexts = provider->read();
  if (!contexts.ok()) return contexts.status();
  content->contexts = std::move(**contexts);
  provider->publish(std::move(content));
  return std::shared_ptr<ContextProvider>(std::move(provider));
}

Result<std::shared_ptr<Contexts>> FileProvider::read() const {
  auto text = read_file(options_.path, content_ != nullptr);
  if (!text.ok()) return text.status();
  auto contexts = std::make_shared<Contexts>();
  Status status = read_contexts(*text, options_.form, *contexts);
  if (!status.ok()) {
    return Status(status.code(), fmt::format("{}:{}", options_.path, status.message()));
  }
  if (options_.tags.empty()) return contexts;
  std::error_code error;
  for (const fs::path& file : tag_files(options_.tags, error)) {
    auto tags = read_file(file.string(), true);
    if (!tags.ok()) return tags.status();
    status = merge_tags(file.stem().string(), *tags, *contexts);
    if (!status.ok()) {
      return Status(status.code(), fmt::format("{}:{}", file.string(), status.message()));
    }
  }
  if (error) {
    return Status(StatusCode::kIo, fmt::format("{}: {}", options_.tags, error.message()));
  }
  return contexts;
}

std::uint64_t FileProvider::mark() const {
  std::uint64_t mark = file_mark(options_.path);
  if (options_.tags.empty()) return mark;
  std::error_code error;
  for (const fs::path& file : tag_files(options_.tags, error)) {
    std::uint64_t parts[] = {mark, file_mark(file.string())};
    mark = hash64({reinterpret_cast<const char*>(parts), sizeof parts}, 1);
  }
  return mark;
}

std::shared_ptr<const FileProvider::Content> FileProvider::current(TimePoint now) {
  if (interval_.due(now)) {
    std::unique_lock lock(reload_mutex_, std::try_to_lock);
    if (lock) reload(now);
  }
  Stripe& stripe = stripes_[Counting::stripe()];
  std::lock_guard lock(stripe.mutex);
  return stripe.content;
}

void FileProvider::publish(std::shared_ptr<const Content> content) {
  std::array<std::shared_ptr<const Content>, Counting::kStripes> pointers;
  for (auto& pointer : pointers) {
    // A count of its own: a pointer that shares another's would be as slow as one for all.
    auto owner = std::make_shared<std::shared_ptr<const Content>>(content);
    pointer = std::shared_ptr<const Content>(owner, owner->get());
  }
  content_ = std::move(content);
  for (std::size_t i = 0; i < stripes_.size(); ++i) {
    std::lock_guard lock(stripes_[i].mutex);
    stripes_[i].content.swap(pointers[i]);
  }
}

/// By one thread at a time; the others go on with what there is.
void FileProvider::reload(TimePoint now) {
  std::shared_ptr<const Content> before = content_;
  std::uint64_t seen = mark();
  if (seen == before->mark) return;
  auto next = std::make_shared<Content>();
  next->mark = seen;
  const TimePoint begin = now_by(options_.clock);
  auto contexts = read();
  counting_.add(Counting::kCalls);
  counting_.took(now_by(options_.clock) - begin);
  if (contexts.ok()) {
    next->contexts = std::move(**contexts);
  } else {
    counting_.add(Counting::kFailedCalls);
    next->contexts = before->contexts;
    next->stale_since = before->problem.empty() ? now : before->stale_since;
    next->problem = contexts.status().message();
  }
  publish(std::move(next));
}

void FileProvider::lookup(LookupCall& call) {
  TimePoint now = interval_.is_on() ? about_now_by(options_.clock) : TimePoint();
  std::shared_ptr<const Content> content = current(now);
  bool stale = !content->problem.empty();
  auto age = std::chrono::duration_cast<std::chrono::seconds>(now - content->stale_since);
  std::size_t found = 0;
  std::size_t size = call.size();
  for (std::size_t i = 0; i < size; ++i) {
    auto context = content->contexts.find(call.key(i));
    if (context == content->contexts.end()) {
      stale ? call.fail(i, content->problem) : call.set_absent(i);
      continue;
    }
    ++found;
    stale ? call.set_stale_json(i, context->second, age) : call.set_json(i, context->second);
  }
  counting_.add(Counting::kAsked, size);
  if (found > 0) counting_.add(stale ? Counting::kStale : Counting::kFound, found);
  if (found < size) counting_.add(stale ? Counting::kFailed : Counting::kAbsent, size - found);
}

}  // namespace semper::context

namespace semper {

Result<std::shared_ptr<ContextProvider>> open_account_file(const std::string& path) {
  context::FileOptions options;
  options.path = path;
  options.form.csv = context::is_csv_name(path);
  return context::FileProvider::open("accounts", std::move(options));
}

}  // namespace semper
