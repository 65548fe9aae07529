// In libsemper.so only: the parts of SQLite that no query of a provider needs (full-text search,
// R-trees, statistics about itself) are a tenth of the library. SQLite calls these to announce them
// in a new connection; as they are defined here, the linker takes none of those parts from the
// archive. Where SQLite is one object, its own are used, and these are never called.
struct sqlite3;

extern "C" {
#define SEMPER_LEFT_OUT(function) \
  int function(sqlite3*);         \
  int function(sqlite3*) {        \
    return 0; /* SQLITE_OK */     \
  }
SEMPER_LEFT_OUT(sqlite3Fts3Init)
SEMPER_LEFT_OUT(sqlite3Fts5Init)
SEMPER_LEFT_OUT(sqlite3RtreeInit)
SEMPER_LEFT_OUT(sqlite3DbstatRegister)
SEMPER_LEFT_OUT(sqlite3StmtVtabInit)
}
