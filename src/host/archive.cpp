// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/archive.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/escape.hpp"
#include "util/fd.hpp"

#ifdef WAKEPATH_LIBARCHIVE
#include <archive.h>
#include <archive_entry.h>
#endif

namespace wakepath::host {

#ifdef WAKEPATH_LIBARCHIVE

struct Archive::Impl {
  std::string path;
  std::string unfinished;  // its name until then; empty: done
  Fd fd;
  archive* tar{::archive_write_new()};
  std::time_t now{std::time(nullptr)};

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    ::archive_write_free(tar);
    if (!unfinished.empty()) {
      ::unlink(unfinished.c_str());
    }
  }

  [[nodiscard]] tl::unexpected<Error> failed(std::string_view why) const {
    return fail(ErrorKind::bad_output,
                fmt::format("cannot write {}: {}", escape_terminal(path), why));
  }
  [[nodiscard]] tl::unexpected<Error> failed() const {
    const char* const why = ::archive_error_string(tar);
    return failed(why == nullptr ? "not enough memory" : why);
  }

  Result<void> add(const std::string& name, unsigned type, unsigned mode,
                   const std::string& content, const char* target) {
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(::archive_entry_new(),
                                                                         ::archive_entry_free);
    ::archive_entry_set_pathname(entry.get(), name.c_str());
    ::archive_entry_set_filetype(entry.get(), type);
    ::archive_entry_set_perm(entry.get(), mode);
    ::archive_entry_set_mtime(entry.get(), now, 0);
    ::archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
    if (target != nullptr) {
      ::archive_entry_set_symlink(entry.get(), target);
    }
    // libarchive warns of a name that is no UTF-8, and stores it unchanged.
    if (::archive_write_header(tar, entry.get()) < ARCHIVE_WARN ||
        ::archive_write_data(tar, content.data(), content.size()) !=
            static_cast<la_ssize_t>(content.size())) {
      return failed();
    }
    return {};
  }
};

Result<std::unique_ptr<Archive>> Archive::create(const std::string& path) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    return impl->failed("a snapshot needs a regular file");
  }
  std::string name = path + ".unfinished-XXXXXX";
  impl->fd = Fd(::mkostemp(name.data(), O_CLOEXEC));  // mode 0600
  if (!impl->fd) {
    return impl->failed(std::strerror(errno));
  }
  impl->unfinished = std::move(name);
  if (::archive_write_set_format_pax_restricted(impl->tar) != ARCHIVE_OK ||
      ::archive_write_add_filter_zstd(impl->tar) != ARCHIVE_OK ||
      ::archive_write_open_fd(impl->tar, impl->fd.get()) != ARCHIVE_OK) {
    return impl->failed();
  }
  return std::unique_ptr<Archive>(new Archive(std::move(impl)));
}

Result<void> Archive::file(const std::string& name, const std::string& content, unsigned mode) {
  return impl_->add(name, AE_IFREG, mode, content, nullptr);
}

Result<void> Archive::link(const std::string& name, const std::string& target) {
  return impl_->add(name, AE_IFLNK, 0777, {}, target.c_str());
}

Result<void> Archive::directory(const std::string& name) {
  return impl_->add(name, AE_IFDIR, 0755, {}, nullptr);
}

Result<void> Archive::finish() {
  if (::archive_write_close(impl_->tar) != ARCHIVE_OK) {
    return impl_->failed();
  }
  if (::fdatasync(impl_->fd.get()) != 0 ||
      ::rename(impl_->unfinished.c_str(), impl_->path.c_str()) != 0) {
    return impl_->failed(std::strerror(errno));
  }
  impl_->unfinished.clear();
  return {};
}

#else

struct Archive::Impl {};

Result<std::unique_ptr<Archive>> Archive::create(const std::string& /*path*/) {
  return fail(ErrorKind::unsupported, "this wakepath was built without libarchive",
              "build it with libarchive-dev (scripts/setup)");
}
Result<void> Archive::file(const std::string& /*name*/, const std::string& /*content*/,
                           unsigned /*mode*/) {
  return {};
}
Result<void> Archive::link(const std::string& /*name*/, const std::string& /*target*/) {
  return {};
}
Result<void> Archive::directory(const std::string& /*name*/) { return {}; }
Result<void> Archive::finish() { return {}; }

#endif

Archive::Archive(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Archive::~Archive() = default;

}  // namespace wakepath::host
