// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/given_again.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace wakepath::cli {

namespace {

Fd twin(const Fd& fd) { return fd ? Fd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3)) : Fd(); }

}  // namespace

GivenAgain::GivenAgain(const foreign::GivenFiles& given)
    : path_(given.path),
      kallsyms_path_(given.kallsyms_path),
      file_(twin(given.file)),
      again_(twin(given.again)),
      kallsyms_(twin(given.kallsyms)) {}

Result<foreign::GivenFiles> GivenAgain::from_begin() {
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

}  // namespace wakepath::cli
