// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/opening.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/escape.hpp"

namespace wakepath::foreign {

namespace {

constexpr std::size_t kAtOnce = std::size_t{256} * 1024;

tl::unexpected<Error> no_copy(const char* why) {
  return fail(ErrorKind::bad_input,
              std::string("no temporary copy of the pipe can be made: ") + why,
              "name the file, or set TMPDIR to where there is room");
}

Result<Fd> temporary_file() {
  std::error_code error;
  std::string name = (std::filesystem::temp_directory_path(error) / "wakepath-XXXXXX").string();
  Fd file(::mkostemp(name.data(), O_CLOEXEC));
  if (error || !file) {
    return no_copy(std::strerror(error ? error.value() : errno));
  }
  ::unlink(name.c_str());
  // The process that reads it has no rights of ours, and may open it again.
  ::fchmod(file.get(), 0644);
  return file;
}

Result<void> write_all(const Fd& file, std::span<const char> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      return no_copy(std::strerror(errno));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<Fd> copy_of(ByteSource& bytes) {
  WAKEPATH_TRY(Fd file, temporary_file());
  std::vector<char> buffer(kAtOnce);
  for (;;) {
    WAKEPATH_TRY(const std::size_t got, bytes.read(buffer));
    if (got == 0) {
      break;
    }
    WAKEPATH_CHECK(write_all(file, std::span(buffer).first(got)));
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

}  // namespace

Result<Opening> begin_opening(const std::string& path) {
  Opening opening{path, nullptr, {}};
  std::unique_ptr<ByteSource> bytes;
  if (path == "-") {
    Fd fd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
    bytes = std::make_unique<FdBytes>(std::move(fd), "standard input");
  } else {
    WAKEPATH_TRY(bytes, FdBytes::open(path));
  }
  opening.bytes = std::make_unique<PeekedBytes>(std::move(bytes));
  return opening;
}

bool is_regular_file(const std::string& path) {
  struct stat status {};
  return path != "-" && ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

Result<Fd> file_of(Opening& opening, std::string_view kind) {
  if (!is_regular_file(opening.path)) {
    return copy_of(*opening.bytes);
  }
  Fd file(::open(opening.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return fail(ErrorKind::bad_input,
                escape_terminal(opening.path) + " is " + std::string(kind) + ", but no file");
  }
  return file;
}

}  // namespace wakepath::foreign
