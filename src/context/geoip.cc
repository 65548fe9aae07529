#include <fcntl.h>
#include <fmt/format.h>
#include <maxminddb.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <mutex>

#include "context/builtin.h"
#include "context/lookup.h"
#include "json/writer.h"

namespace semper::context {
namespace {

/// A descriptor that is closed.
struct Closing {
  int descriptor;
  ~Closing() {
    if (descriptor >= 0) ::close(descriptor);
  }
};

/// A copy of the file that has no name: libmaxminddb maps what it opens, and who writes into a
/// mapped file, or cuts it off, takes the process down with it. Negative where there can be none.
int private_copy(const std::string& path) {
  Closing from{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (from.descriptor < 0) return -1;
  int copy = ::memfd_create("semper-geoip", MFD_CLOEXEC);
  if (copy < 0) return -1;
  for (;;) {
    ssize_t sent = ::sendfile(copy, from.descriptor, nullptr, std::size_t{1} << 30);
    if (sent < 0 && errno == EINTR) continue;
    if (sent == 0) return copy;
    if (sent < 0) break;
  }
  ::close(copy);
  return -1;
}

/// One opened database, in memory.
class Database {
 public:
  Database() = default;
  ~Database() {
    if (opened_) MMDB_close(&database_);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Status open(const std::string& path) {
    if (!is_regular(path)) {
      bool is_there = ::access(path.c_str(), F_OK) == 0;
      return {StatusCode::kIo,
              fmt::format("{}: {}", path, is_there ? "is no file" : std::strerror(errno))};
    }
    Closing copy{private_copy(path)};
    std::string name =
        copy.descriptor < 0 ? path : fmt::format("/proc/self/fd/{}", copy.descriptor);
    if (::access(name.c_str(), R_OK) != 0) name = path;
    int result = MMDB_open(name.c_str(), MMDB_MODE_MMAP, &database_);
    opened_ = result == MMDB_SUCCESS;
    if (opened_) return {};
    return {result == MMDB_FILE_OPEN_ERROR || result == MMDB_IO_ERROR
                ? StatusCode::kIo
                : StatusCode::kInvalidArgument,
            fmt::format("{}: {}", path, MMDB_strerror(result))};
  }

  /// Appends what the database tells of the address; `problem` is set where it is broken.
  void append(const std::string& address, json::Writer& writer, bool& found,
              std::string& problem) const {
    int invalid = 0;
    int error = MMDB_SUCCESS;
    MMDB_lookup_result_s result = MMDB_lookup_string(&database_, address.c_str(), &invalid, &error);
    // A text that is no address, or one of IPv6 in a database of IPv4, is in no database.
    if (invalid != 0 || address.find('\0') != std::string::npos ||
        error == MMDB_IPV6_LOOKUP_IN_IPV4_DATABASE_ERROR)
      return;
    if (error != MMDB_SUCCESS) {
      problem = MMDB_strerror(error);
      return;
    }
    if (!result.found_entry) return;
    found = true;
    text(result.entry, writer, "continentCode", {"continent", "code", nullptr}, problem);
    text(result.entry, writer, "countryCode", {"country", "iso_code", nullptr}, problem);
    text(result.entry, writer, "country", {"country", "names", "en", nullptr}, problem);
    text(result.entry, writer, "city", {"city", "names", "en", nullptr}, problem);
    number(result.entry, writer, "asn", {"autonomous_system_number", nullptr}, problem);
    text(result.entry, writer, "asOrganization", {"autonomous_system_organization", nullptr},
         problem);
  }

 private:
  using Path = std::initializer_list<const char*>;

  static bool get(MMDB_entry_s entry, Path path, MMDB_entry_data_s& data, std::string& problem) {
    int result = MMDB_aget_value(&entry, &data, path.begin());
    if (result == MMDB_SUCCESS) return data.has_data;
    if (result != MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR) problem = MMDB_strerror(result);
    return false;
  }
  static void text(MMDB_entry_s entry, json::Writer& writer, std::string_view name, Path path,
                   std::string& problem) {
    MMDB_entry_data_s data;
    if (!get(entry, path, data, problem) || data.type != MMDB_DATA_TYPE_UTF8_STRING) return;
    writer.key(name).string({data.utf8_string, data.data_size});
  }
  static void number(MMDB_entry_s entry, json::Writer& writer, std::string_view name, Path path,
                     std::string& problem) {
    MMDB_entry_data_s data;
    if (!get(entry, path, data, problem)) return;
    if (data.type == MMDB_DATA_TYPE_UINT32) writer.key(name).number(data.uint32);
    if (data.type == MMDB_DATA_TYPE_UINT16) writer.key(name).number(data.uint16);
  }

  MMDB_s database_{};
  bool opened_ = false;
};

/// Databases are replaced by renaming a new one to their name, as MaxMind's geoipupdate does; what
/// does not open leaves the older one in place, its answers stale from then on.
class GeoipProvider : public ContextProvider {
 public:
  GeoipProvider(const Place& place, KeyKind key_kind, std::vector<std::string> paths,
                std::chrono::milliseconds reload)
      : place_(place),
        key_kind_(key_kind),
        paths_(std::move(paths)),
        interval_(reload, now_by(place.clock)) {}

  std::string_view name() const override { return place_.name; }
  KeyKind key_kind() const override { return key_kind_; }

  Status open() {
    auto opened = open_all();
    if (!opened.ok()) return opened.status();
    content_ = *opened;
    return {};
  }

  void lookup(LookupCall& call) override {
    TimePoint now = now_by(place_.clock);
    if (interval_.is_on() && interval_.due(now)) reload(now);
    std::shared_ptr<const Content> content;
    {
      std::lock_guard lock(mutex_);
      content = content_;
    }
    bool stale = !content->problem.empty();
    auto age = std::chrono::duration_cast<std::chrono::seconds>(now - content->stale_since);
    for (std::size_t i = 0; i < call.size(); ++i) {
      std::string address(call.key(i));
      std::string json;
      std::string problem;
      bool found = false;
      json::Writer writer(json);
      writer.begin_object();
      for (const auto& database : content->databases)
        database->append(address, writer, found, problem);
      writer.end_object();
      if (!problem.empty()) {
        call.fail(i, problem);
      } else if (!found) {
        stale ? call.fail(i, content->problem) : call.set_absent(i);
      } else {
        stale ? call.set_stale_json(i, json, age) : call.set_json(i, json);
      }
    }
  }

 private:
  struct Content {
    std::vector<std::shared_ptr<const Database>> databases;
    std::vector<std::uint64_t> marks;
    TimePoint stale_since{};
    std::string problem;
  };

  std::vector<std::uint64_t> marks() const {
    std::vector<std::uint64_t> marks;
    for (const std::string& path : paths_) marks.push_back(file_mark(path));
    return marks;
  }

  Result<std::shared_ptr<const Content>> open_all() const {
    auto content = std::make_shared<Content>();
    content->marks = marks();
    for (const std::string& path : paths_) {
      auto database = std::make_shared<Database>();
      Status status = database->open(path);
      if (!status.ok()) return status;
      content->databases.push_back(std::move(database));
    }
    return std::shared_ptr<const Content>(std::move(content));
  }

  void reload(TimePoint now) {
    std::shared_ptr<const Content> before;
    {
      std::lock_guard lock(mutex_);
      before = content_;
    }
    std::vector<std::uint64_t> seen = marks();
    if (seen == before->marks) return;
    auto opened = open_all();
    std::shared_ptr<const Content> next;
    if (opened.ok()) {
      next = *opened;
    } else {
      auto old = std::make_shared<Content>(*before);
      old->marks = std::move(seen);
      if (before->problem.empty()) old->stale_since = now;
      old->problem = opened.status().message();
      next = std::move(old);
    }
    std::lock_guard lock(mutex_);
    content_ = std::move(next);
  }

  const Place place_;
  const KeyKind key_kind_;
  const std::vector<std::string> paths_;
  Interval interval_;
  std::mutex mutex_;
  std::shared_ptr<const Content> content_;
};

}  // namespace

Opened open_geoip(const Place& place, Spec& spec) {
  auto key_kind = spec.take_key_kind(KeyKind::kIpAddress);
  if (!key_kind.ok()) return key_kind.status();
  std::vector<std::string> paths = {place.path};
  if (std::optional<std::string> asn = spec.take("asn")) {
    paths.push_back(resolved(place.directory, *asn));
  }
  auto reload = spec.take_duration("reload", kReload);
  if (!reload.ok()) return reload.status();
  Status status = spec.finish();
  if (!status.ok()) return status;
  auto provider = std::make_shared<GeoipProvider>(place, *key_kind, std::move(paths), *reload);
  status = provider->open();
  if (!status.ok()) return status;
  return std::shared_ptr<ContextProvider>(std::move(provider));
}

}  // namespace semper::context
