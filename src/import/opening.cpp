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

#include "host/read_file.hpp"
#include "import/child.hpp"
#include "import/graph/line.hpp"
#include "import/packed_bytes.hpp"
#include "import/recording_input.hpp"
#include "import/text/clean_lines.hpp"
#include "import/text/look.hpp"
#include "util/escape.hpp"

namespace wakepath::foreign {

namespace {

constexpr std::size_t kAtOnce = std::size_t{256} * 1024;
constexpr std::size_t kMagicBytes = 8;
constexpr std::size_t kTextBytes = 4096;
constexpr std::size_t kLookFarBytes = std::size_t{16} << 20U;

tl::unexpected<Error> no_copy(const char* why) {
  return fail(ErrorKind::bad_input, std::string("no temporary copy of it can be made: ") + why,
              "name the unpacked file, or set TMPDIR to where there is room");
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

bool is_text(std::string_view first_bytes) {
  return !first_bytes.empty() && first_bytes.find('\0') == std::string_view::npos;
}

// Of text as it is cleaned.
bool tells_clean_kind(std::string_view first) {
  return text::look_for_text_trace(first).has_value() || graph::look_for_graph(first);
}

bool tells_kind(std::string_view first) {
  return first.find('\0') != std::string_view::npos || text::has_events(first) ||
         tells_clean_kind(first);
}

std::unique_ptr<PeekedBytes> peeked(std::unique_ptr<ByteSource> bytes,
                                    bool (*tells)(std::string_view)) {
  auto all = std::make_unique<PeekedBytes>(std::move(bytes));
  all->enough_when(tells);
  return all;
}

// In a log of the kernel a trace may stand behind all else.
Result<void> clean(Opening& opening) {
  WAKEPATH_TRY(std::string_view first, opening.bytes->peek(opening.look));
  if (!is_text(first.substr(0, kTextBytes))) {
    return {};
  }
  if (!text::has_events(first) && first.size() == opening.look) {
    opening.look = kLookFarBytes;
    WAKEPATH_TRY(first, opening.bytes->peek(opening.look));
  }
  text::Dress dress = text::dress_of(first);
  if (!dress.none()) {
    std::unique_ptr<ByteSource> bytes =
        std::make_unique<text::CleanLines>(std::move(opening.bytes), std::move(dress));
    opening.bytes = peeked(std::move(bytes), tells_clean_kind);
    opening.is_file = false;
  }
  return {};
}

// perf record --kcore writes a directory: the samples in `data`, the names of the kernel's
// functions beside a copy of its memory. With --threads the samples are in many files.
Result<void> look_into_directory(GivenFiles& given) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path directory = given.path;
  if (!fs::is_directory(directory, error)) {
    return {};
  }
  if (fs::exists(directory / "data.0", error)) {
    return fail(ErrorKind::bad_input,
                escape_terminal(given.path) + " has a file for each thread of perf record",
                "perf script -i DIRECTORY | wakepath replay -");
  }
  if (!fs::is_regular_file(directory / "data", error)) {
    return fail(ErrorKind::bad_input, escape_terminal(given.path) + " is a directory",
                "give it a recording, a trace, or a directory that perf record --kcore wrote");
  }
  const fs::path names = directory / "kcore_dir" / "kallsyms";
  if (given.kallsyms_path.empty() && fs::is_regular_file(names, error)) {
    given.kallsyms_path = names.string();
  }
  given.path = (directory / "data").string();
  return {};
}

}  // namespace

Result<GivenFiles> open_given_files(const std::string& path, const std::string& kallsyms) {
  GivenFiles given{path, {}, {}, kallsyms, {}};
  WAKEPATH_CHECK(look_into_directory(given));
  if (path == "-") {
    given.file = Fd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
  } else {
    WAKEPATH_TRY(given.file, FdBytes::open_file(given.path));
    struct stat first {};
    struct stat second {};
    if (::fstat(given.file.get(), &first) == 0 && S_ISREG(first.st_mode)) {
      given.again = Fd(::open(given.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
      // Another file may have got the name meanwhile.
      if (::fstat(given.again.get(), &second) != 0 || first.st_ino != second.st_ino ||
          first.st_dev != second.st_dev) {
        return fail(ErrorKind::bad_input,
                    "cannot read " + escape_terminal(given.path) + ": it is being replaced",
                    "try again");
      }
    }
  }
  if (!given.kallsyms_path.empty()) {
    given.kallsyms = host::open_to_read(given.kallsyms_path);
  }
  return given;
}

Result<Opening> begin_opening(GivenFiles given, int stop_fd) {
  const std::string name = given.path == "-" ? "standard input" : given.path;
  Opening opening;
  opening.path = given.path;
  opening.is_file = static_cast<bool>(given.again);
  opening.stop_fd = stop_fd;
  opening.again = std::move(given.again);
  if (opening.is_file) {
    opening.file = Fd(::fcntl(given.file.get(), F_DUPFD_CLOEXEC, 0));
  }
  std::unique_ptr<ByteSource> bytes =
      std::make_unique<FdBytes>(std::move(given.file), name, stop_fd, opening.part);
  opening.bytes = peeked(std::move(bytes), tells_kind);
  WAKEPATH_TRY(const std::string_view first, opening.bytes->peek(kMagicBytes));
  if (const auto unpacker = unpacker_of(first); !unpacker.empty()) {
    WAKEPATH_TRY(bytes, PackedBytes::open(std::move(opening.bytes), unpacker, name));
    opening.bytes = peeked(std::move(bytes), tells_kind);
    opening.is_file = false;
  }
  WAKEPATH_TRY(const std::string_view magic, opening.bytes->peek(kMagicBytes));
  if (is_begin_of_recording(magic)) {
    opening.look = kMagicBytes;  // a recorder that still runs is not waited for
    return opening;
  }
  WAKEPATH_CHECK(clean(opening));
  return opening;
}

Result<Fd> file_of(Opening& opening) {
  if (!opening.is_file) {
    return copy_of(*opening.bytes);
  }
  opening.bytes.reset();  // it would move on in the same file
  ::lseek(opening.file.get(), 0, SEEK_SET);
  return std::move(opening.file);
}

Result<void> let_child_open(Opening& opening) {
  if (opening.is_file && !is_readable_by_child(opening.file.get())) {
    WAKEPATH_TRY(opening.file, copy_of(*opening.bytes));
    opening.again = Fd(::fcntl(opening.file.get(), F_DUPFD_CLOEXEC, 0));
  }
  return {};
}

}  // namespace wakepath::foreign
