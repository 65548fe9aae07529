// Whether SQLite's archive can be linked without the parts that src/capi/shared/sqlite_parts.cc leaves out.
extern "C" int sqlite3_open_v2(const char*, void**, int, const char*);

int main() {
  void* database = nullptr;
  return sqlite3_open_v2(":memory:", &database, 2, nullptr);
}
