#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cmath>

#include "context/builtin.h"
#include "context/lookup.h"
#include "context/pool.h"
#include "json/writer.h"

namespace semper::context {
namespace {

/// How many steps of SQLite's machine between two looks at the clock: some microseconds.
constexpr int kStepsPerLook = 1000;

std::string_view column_text(sqlite3_stmt* statement, int column) {
  const void* bytes = sqlite3_column_blob(statement, column);
  auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
  return bytes == nullptr ? std::string_view()
                          : std::string_view(static_cast<const char*>(bytes), size);
}

/// One connection with its prepared query.
class Connection {
 public:
  Connection() = default;
  ~Connection() {
    sqlite3_finalize(statement_);
    sqlite3_close(database_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Status open(const std::string& path, const std::string& query, std::uint64_t mark) {
    mark_ = mark;
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    if (sqlite3_open_v2(path.c_str(), &database_, flags, nullptr) != SQLITE_OK) {
      return {StatusCode::kIo, fmt::format("{}: {}", path, error())};
    }
    sqlite3_extended_result_codes(database_, 1);
    const char* rest = nullptr;
    int result = sqlite3_prepare_v3(database_, query.data(), static_cast<int>(query.size()),
                                    SQLITE_PREPARE_PERSISTENT, &statement_, &rest);
    if (result != SQLITE_OK) {
      int base = result & 0xff;
      return {base == SQLITE_ERROR ? StatusCode::kInvalidArgument : StatusCode::kIo,
              fmt::format("{}: {} (query: {})", path, error(), query)};
    }
    std::string_view left(rest, static_cast<std::size_t>(query.data() + query.size() - rest));
    if (statement_ == nullptr || left.find_first_not_of(" \t\r\n;") != std::string_view::npos ||
        sqlite3_bind_parameter_count(statement_) != 1 || sqlite3_stmt_readonly(statement_) == 0 ||
        sqlite3_column_count(statement_) == 0) {
      return {StatusCode::kInvalidArgument,
              fmt::format("query={}: want one SELECT with one parameter for the key, like SELECT "
                          "owner, cost_center FROM assets WHERE id = ?",
                          query)};
    }
    is_json_ = sqlite3_column_count(statement_) == 1 &&
               std::string_view(sqlite3_column_name(statement_, 0)) == "json";
    return {};
  }

  std::uint64_t mark() const { return mark_; }

  /// False: the connection is of no more use.
  bool answer(LookupCall& call, std::size_t index) {
    std::string_view key = call.key(index);
    sqlite3_bind_text64(statement_, 1, key.data(), key.size(), SQLITE_STATIC, SQLITE_UTF8);
    int result = sqlite3_step(statement_);
    if (result == SQLITE_DONE) {
      call.set_absent(index);
    } else if (result == SQLITE_ROW) {
      json_.clear();
      append_row();
      result = sqlite3_step(statement_);
      if (result == SQLITE_DONE) {
        call.set_json(index, json_);
      } else if (result == SQLITE_ROW) {
        call.fail(index, "the query gives several rows for this key");
        result = SQLITE_DONE;
      }
    }
    bool usable = true;
    if (result != SQLITE_DONE) {
      int base = result & 0xff;
      call.fail(index,
                base == SQLITE_INTERRUPT ? "the query did not end by the deadline" : error());
      usable = base == SQLITE_INTERRUPT || base == SQLITE_BUSY;
    }
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
    return usable;
  }

  /// Until `deadline` by `clock`; a query in progress ends then.
  void limit(LookupCall::Deadline deadline, const MonotonicClock& clock) {
    deadline_ = deadline;
    clock_ = &clock;
    if (deadline == LookupCall::Deadline::max()) {
      sqlite3_progress_handler(database_, 0, nullptr, nullptr);
      sqlite3_busy_timeout(database_, 0);
      return;
    }
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - now_by(clock));
    sqlite3_busy_timeout(database_,
                         static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000)));
    sqlite3_progress_handler(database_, kStepsPerLook, &Connection::is_late, this);
  }

 private:
  static int is_late(void* self) {
    auto* connection = static_cast<Connection*>(self);
    return now_by(*connection->clock_) > connection->deadline_ ? 1 : 0;
  }

  void append_row() {
    if (is_json_) {
      json_ = column_text(statement_, 0);
      return;
    }
    json::Writer writer(json_);
    writer.begin_object();
    for (int i = 0; i < sqlite3_column_count(statement_); ++i) {
      int type = sqlite3_column_type(statement_, i);
      if (type == SQLITE_NULL) continue;
      writer.quoted_key(sqlite3_column_name(statement_, i));
      if (type == SQLITE_INTEGER) {
        writer.number(sqlite3_column_int64(statement_, i));
      } else if (type == SQLITE_FLOAT && std::isfinite(sqlite3_column_double(statement_, i))) {
        writer.raw(fmt::format("{}", sqlite3_column_double(statement_, i)));
      } else {
        writer.string(column_text(statement_, i));
      }
    }
    writer.end_object();
  }

  std::string error() const {
    return database_ == nullptr ? "out of memory" : sqlite3_errmsg(database_);
  }

  sqlite3* database_ = nullptr;
  sqlite3_stmt* statement_ = nullptr;
  bool is_json_ = false;
  std::uint64_t mark_ = 0;
  LookupCall::Deadline deadline_ = LookupCall::Deadline::max();
  const MonotonicClock* clock_ = nullptr;
  std::string json_;
};

/// A database that another process writes: what is committed is seen by the next query, a database
/// file that another one took the place of within `reload`.
class SqliteProvider : public ContextProvider {
 public:
  SqliteProvider(const Place& place, KeyKind key_kind, std::string query,
                 std::chrono::milliseconds reload)
      : place_(place),
        key_kind_(key_kind),
        query_(std::move(query)),
        interval_(reload, now_by(place.clock)) {}

  std::string_view name() const override { return place_.name; }
  KeyKind key_kind() const override { return key_kind_; }

  Status open() {
    auto connection = std::make_unique<Connection>();
    mark_ = place_mark();
    Status status = connection->open(place_.path, query_, mark_);
    if (status.ok()) pool_.give_back(std::move(connection));
    return status;
  }

  void lookup(LookupCall& call) override {
    if (interval_.is_on() && interval_.due(now_by(place_.clock))) mark_ = place_mark();
    std::uint64_t mark = mark_;
    std::unique_ptr<Connection> connection = pool_.take();
    while (connection != nullptr && connection->mark() != mark) connection = pool_.take();
    Status opened;
    for (std::size_t i = 0; i < call.size(); ++i) {
      if (opened.ok() && connection == nullptr) {
        connection = std::make_unique<Connection>();
        opened = connection->open(place_.path, query_, mark);
      }
      if (!opened.ok()) {
        call.fail(i, opened.message());
        continue;
      }
      if (call.deadline() < now_by(place_.clock)) {
        call.fail(i, "the deadline is over");
        continue;
      }
      connection->limit(call.deadline(), place_.clock);
      // The next key gets a new connection: a file may have been replaced or mended.
      if (!connection->answer(call, i)) connection.reset();
    }
    if (opened.ok() && connection != nullptr) pool_.give_back(std::move(connection));
  }

 private:
  /// Which file it is, not when it was written: SQLite sees what is written to it.
  std::uint64_t place_mark() const { return file_identity(place_.path); }

  const Place place_;
  const KeyKind key_kind_;
  const std::string query_;
  Interval interval_;
  std::atomic<std::uint64_t> mark_{0};
  Pool<Connection> pool_;
};

}  // namespace

Opened open_sqlite(const Place& place, Spec& spec) {
  auto key_kind =
      spec.take_key_kind(place.name == "accounts" ? KeyKind::kAccountId : KeyKind::kString);
  if (!key_kind.ok()) return key_kind.status();
  std::optional<std::string> query = spec.take("query");
  auto reload = spec.take_duration("reload", kReload);
  if (!reload.ok()) return reload.status();
  Status status = spec.finish();
  if (!status.ok()) return status;
  if (!query) {
    return Status(StatusCode::kInvalidArgument,
                  "sqlite needs a query with one parameter for the key: query=SELECT owner FROM "
                  "assets WHERE id = ?");
  }
  auto provider = std::make_shared<SqliteProvider>(place, *key_kind, *query, *reload);
  status = provider->open();
  if (!status.ok()) return status;
  return std::shared_ptr<ContextProvider>(std::move(provider));
}

}  // namespace semper::context
