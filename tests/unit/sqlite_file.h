/// A SQLite database that a test writes.
#pragma once

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <string>

namespace semper::test {

class SqliteFile {
 public:
  explicit SqliteFile(const std::string& path) {
    REQUIRE(sqlite3_open(path.c_str(), &database_) == SQLITE_OK);
    sqlite3_busy_timeout(database_, 10'000);
  }
  ~SqliteFile() { sqlite3_close(database_); }
  SqliteFile(const SqliteFile&) = delete;
  SqliteFile& operator=(const SqliteFile&) = delete;
  void run(const std::string& sql) const {
    char* error = nullptr;
    sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, &error);
    std::string problem = error == nullptr ? "" : error;
    sqlite3_free(error);
    REQUIRE(problem == "");
  }

 private:
  sqlite3* database_ = nullptr;
};

}  // namespace semper::test
