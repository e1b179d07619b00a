// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/sqlite_file.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <utility>

#include <fmt/format.h>

namespace wakepath::exports {

struct SqliteFile::Calls {
  // SQLite makes room for it, and knows its first member alone.
  struct Handle {
    sqlite3_file base;
    SqliteFile* owner;
  };

  static SqliteFile& owner_of(sqlite3_file* file) {
    return *reinterpret_cast<Handle*>(file)->owner;
  }

  static int close(sqlite3_file* /*file*/) { return SQLITE_OK; }
  static int read(sqlite3_file* file, void* to, int bytes, sqlite3_int64 offset) {
    const std::span<std::byte> all(static_cast<std::byte*>(to), static_cast<std::size_t>(bytes));
    SqliteFile& owner = owner_of(file);
    const Result<std::size_t> got = owner.file_.read(static_cast<std::uint64_t>(offset), all);
    if (!got) {
      return owner.keep(tl::unexpected(got.error()), SQLITE_IOERR_READ);
    }
    if (*got == all.size()) {
      return SQLITE_OK;
    }
    std::ranges::fill(all.subspan(*got), std::byte{0});
    return SQLITE_IOERR_SHORT_READ;
  }
  static int write(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 offset) {
    SqliteFile& owner = owner_of(file);
    return owner.keep(
        owner.file_.replace(static_cast<std::uint64_t>(offset),
                            {static_cast<const std::byte*>(from), static_cast<std::size_t>(bytes)}),
        SQLITE_IOERR_WRITE);
  }
  static int truncate(sqlite3_file* /*file*/, sqlite3_int64 /*size*/) {
    return SQLITE_IOERR_TRUNCATE;
  }
  static int sync(sqlite3_file* /*file*/, int /*flags*/) { return SQLITE_OK; }
  static int size(sqlite3_file* file, sqlite3_int64* bytes) {
    *bytes = static_cast<sqlite3_int64>(owner_of(file).file_.size());
    return SQLITE_OK;
  }
  // Nobody else has the file.
  static int lock(sqlite3_file* /*file*/, int /*level*/) { return SQLITE_OK; }
  static int is_reserved(sqlite3_file* /*file*/, int* reserved) {
    *reserved = 0;
    return SQLITE_OK;
  }
  static int control(sqlite3_file* /*file*/, int /*which*/, void* /*value*/) {
    return SQLITE_NOTFOUND;
  }
  static int sector_size(sqlite3_file* /*file*/) { return 4096; }
  static int characteristics(sqlite3_file* /*file*/) { return 0; }

  static int open(sqlite3_vfs* vfs, const char* /*name*/, sqlite3_file* file, int flags,
                  int* given) {
    static constexpr sqlite3_io_methods kMethods{
        1,       close,       read,    write,       truncate,        sync,    size,    lock,
        lock,    is_reserved, control, sector_size, characteristics, nullptr, nullptr, nullptr,
        nullptr, nullptr,     nullptr};
    file->pMethods = nullptr;
    if ((flags & SQLITE_OPEN_MAIN_DB) == 0) {
      return SQLITE_CANTOPEN;
    }
    reinterpret_cast<Handle*>(file)->owner = static_cast<SqliteFile*>(vfs->pAppData);
    file->pMethods = &kMethods;
    if (given != nullptr) {
      *given = flags;
    }
    return SQLITE_OK;
  }
  static int remove(sqlite3_vfs* /*vfs*/, const char* /*name*/, int /*sync*/) { return SQLITE_OK; }
  static int access(sqlite3_vfs* /*vfs*/, const char* /*name*/, int /*flags*/, int* is_there) {
    *is_there = 0;
    return SQLITE_OK;
  }
  static int full_name(sqlite3_vfs* /*vfs*/, const char* name, int most, char* out) {
    return std::snprintf(out, static_cast<std::size_t>(most), "%s", name) < most ? SQLITE_OK
                                                                                 : SQLITE_CANTOPEN;
  }
  static int random(sqlite3_vfs* /*vfs*/, int bytes, char* out) {
    std::memset(out, 0, static_cast<std::size_t>(bytes));
    return bytes;
  }
  static int sleep(sqlite3_vfs* /*vfs*/, int /*micros*/) { return 0; }
  static int now(sqlite3_vfs* /*vfs*/, double* day) {
    *day = 0;
    return SQLITE_OK;
  }
  static int last_error(sqlite3_vfs* /*vfs*/, int /*bytes*/, char* /*text*/) { return 0; }
};

SqliteFile::SqliteFile(OutputFile file)
    : file_(std::move(file)),
      name_(fmt::format("wakepath-{}", static_cast<const void*>(this))),
      vfs_(std::make_unique<sqlite3_vfs>()) {
  vfs_->iVersion = 1;
  vfs_->szOsFile = sizeof(Calls::Handle);
  vfs_->mxPathname = 64;
  vfs_->zName = name_.c_str();
  vfs_->pAppData = this;
  vfs_->xOpen = Calls::open;
  vfs_->xDelete = Calls::remove;
  vfs_->xAccess = Calls::access;
  vfs_->xFullPathname = Calls::full_name;
  vfs_->xRandomness = Calls::random;
  vfs_->xSleep = Calls::sleep;
  vfs_->xCurrentTime = Calls::now;
  vfs_->xGetLastError = Calls::last_error;
  ::sqlite3_vfs_register(vfs_.get(), 0);
}

SqliteFile::~SqliteFile() { ::sqlite3_vfs_unregister(vfs_.get()); }

int SqliteFile::keep(const Result<void>& result, int code) {
  if (result) {
    return SQLITE_OK;
  }
  if (!failure_) {
    failure_ = result.error();
  }
  return code;
}

}  // namespace wakepath::exports
