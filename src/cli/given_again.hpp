// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "import/opening.hpp"
#include "util/fd.hpp"

namespace wakepath::cli {

// The files that were given, so that they can be read once more from their begin: by then nothing
// may be opened.
class GivenAgain {
 public:
  // `apart`: what reads them does not move the place at which others read.
  explicit GivenAgain(const foreign::GivenFiles& given, bool apart = false)
      : path_(given.path),
        kallsyms_path_(given.kallsyms_path),
        file_(apart ? opened_anew(given.file) : twin(given.file)),
        again_(apart ? opened_anew(given.again) : twin(given.again)),
        kallsyms_(apart ? opened_anew(given.kallsyms) : twin(given.kallsyms)) {}

  // Nothing else may read them. Error: usage, of a pipe.
  Result<foreign::GivenFiles> from_begin() {
    if (!whole_) {
      return fail(ErrorKind::usage, "a pipe can't be read again");
    }
    for (const Fd* const fd : {&file_, &again_, &kallsyms_}) {
      if (*fd && ::lseek(fd->get(), 0, SEEK_SET) != 0) {
        return fail(ErrorKind::usage, "a pipe can't be read again: there is no way back");
      }
    }
    foreign::GivenFiles given;
    given.path = path_;
    given.kallsyms_path = kallsyms_path_;
    given.file = twin(file_);
    given.again = twin(again_);
    given.kallsyms = twin(kallsyms_);
    return given;
  }

 private:
  static Fd twin(const Fd& fd) { return fd ? Fd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3)) : Fd(); }
  Fd opened_anew(const Fd& fd) {
    struct stat status {};
    if (!fd) {
      return {};
    }
    if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
      whole_ = false;
      return {};
    }
    Fd own(::open(fmt::format("/proc/self/fd/{}", fd.get()).c_str(), O_RDONLY | O_CLOEXEC));
    whole_ = whole_ && own;
    return own;
  }

  bool whole_{true};
  std::string path_, kallsyms_path_;
  Fd file_, again_, kallsyms_;
};

}  // namespace wakepath::cli
