// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/archive.hpp"

#include <cstddef>
#include <ctime>
#include <optional>
#include <utility>

#include "util/output_file.hpp"

#ifdef WAKEPATH_LIBARCHIVE
#include <archive.h>
#include <archive_entry.h>
#endif

namespace wakepath::host {

#ifdef WAKEPATH_LIBARCHIVE

struct Archive::Impl {
  std::string path;
  OutputFile output;
  std::optional<Error> unwritten;  // why; what comes after is thrown away
  std::time_t now{std::time(nullptr)};
  archive* tar{::archive_write_new()};

  Impl(std::string name, OutputFile to) : path(std::move(name)), output(std::move(to)) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    unwritten.emplace();  // else libarchive writes the end of an archive that was given up
    ::archive_write_free(tar);
  }

  // libarchive 3.6 leaks what it holds for a writer that failed, so this one never does.
  static la_ssize_t write(archive* /*of*/, void* me, const void* bytes, std::size_t count) {
    Impl& self = *static_cast<Impl*>(me);
    if (!self.unwritten) {
      if (auto done = self.output.append({static_cast<const std::byte*>(bytes), count}); !done) {
        self.unwritten = std::move(done.error());
      }
    }
    return static_cast<la_ssize_t>(count);
  }

  [[nodiscard]] tl::unexpected<Error> failed() const {
    if (unwritten) {
      return tl::unexpected(*unwritten);
    }
    const char* const why = ::archive_error_string(tar);
    return cannot_write(path, why == nullptr ? "not enough memory" : why);
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
            static_cast<la_ssize_t>(content.size()) ||
        unwritten) {
      return failed();
    }
    return {};
  }
};

Result<std::unique_ptr<Archive>> Archive::create(const OutputPlan& plan) {
  WAKEPATH_TRY(OutputFile output, OutputFile::create(plan, OutputFile::Kind::whole));
  auto impl = std::make_unique<Impl>(plan.path, std::move(output));
  if (::archive_write_set_format_pax_restricted(impl->tar) != ARCHIVE_OK ||
      ::archive_write_add_filter_zstd(impl->tar) != ARCHIVE_OK ||
      ::archive_write_set_bytes_in_last_block(impl->tar, 1) != ARCHIVE_OK ||
      ::archive_write_open(impl->tar, impl.get(), nullptr, Impl::write, nullptr) != ARCHIVE_OK) {
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
  if (::archive_write_close(impl_->tar) != ARCHIVE_OK || impl_->unwritten) {
    return impl_->failed();
  }
  return impl_->output.finish();
}

#else

struct Archive::Impl {};

Result<std::unique_ptr<Archive>> Archive::create(const OutputPlan& /*plan*/) {
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
