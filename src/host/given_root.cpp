// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/given_root.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/interrupt_table.hpp"
#include "host/read_file.hpp"
#include "util/escape.hpp"
#include "util/fd.hpp"

#ifdef WAKEPATH_LIBARCHIVE
#include <archive.h>
#include <archive_entry.h>
#endif

namespace wakepath::host {

namespace {

// A name for people, and for the shell.
std::string shown(const std::string& given) {
  return given == "-" ? "standard input" : escape_terminal(given);
}

bool is_a_directory(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

#ifdef WAKEPATH_LIBARCHIVE

constexpr std::size_t kAtOnce = std::size_t{256} * 1024;
// /proc/interrupts of a huge host has some ten megabytes.
constexpr std::size_t kLargestMember = std::size_t{64} << 20U;
constexpr std::size_t kMostContent = std::size_t{1} << 30U;  // holes included
constexpr std::size_t kMostMembers = 1'000'000;
// What unpacks to more than this, and to more than so many times its size, is no copy of a host.
constexpr la_int64_t kHarmless = la_int64_t{256} << 20U;
constexpr la_int64_t kMostRatio = 200;

// "./proc/irq", "host-copy/proc/irq", "/proc/irq" -> "proc/irq". What stands before it is the same
// for all members: the first one that has a proc or sys says what it is.
class Place {
 public:
  // nullopt: it belongs to no /proc and no /sys.
  std::optional<std::string> of(std::string_view member) {
    while (member.starts_with("./") || member.starts_with('/')) {
      member.remove_prefix(member.front() == '/' ? 1 : 2);
    }
    while (member.ends_with('/')) {
      member.remove_suffix(1);
    }
    if (!before_) {
      before_ = begin_of(member);
    }
    if (!before_ || !member.starts_with(*before_)) {
      return std::nullopt;
    }
    member.remove_prefix(before_->size());
    return is_below(member) ? std::optional(std::string(member)) : std::nullopt;
  }

 private:
  static bool is_below(std::string_view path) {
    const std::string_view first = path.substr(0, path.find('/'));
    return first == "proc" || first == "sys";
  }
  static std::optional<std::string> begin_of(std::string_view member) {
    constexpr int kDeepestPlace = 4;
    std::string_view rest = member;
    for (int depth = 0; depth <= kDeepestPlace && !rest.empty(); ++depth) {
      if (is_below(rest)) {
        return std::string(member.substr(0, member.size() - rest.size()));
      }
      next_piece(rest, '/');
    }
    return std::nullopt;
  }

  std::optional<std::string> before_;
};

class Unpacker {
 public:
  Unpacker(int fd, std::string name, const std::function<bool()>& go_on)
      : go_on_(go_on), name_(std::move(name)), ready_(begin(fd)) {}
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;
  ~Unpacker() { ::archive_read_free(reader_); }

  Result<void> unpack(TreeCopy& to) {
    archive_entry* entry = nullptr;
    const int first = ready_ ? ::archive_read_next_header(reader_, &entry) : ARCHIVE_FATAL;
    if (first != ARCHIVE_OK && first != ARCHIVE_WARN) {
      return first == ARCHIVE_EOF ? nothing() : damaged();
    }
    const Result<void> taken =
        ::archive_format(reader_) == ARCHIVE_FORMAT_RAW ? take_text(to) : take_tree(entry, to);
    return go_on_() ? taken : stopped();
  }

  [[nodiscard]] std::string problem() const { return problem_; }

 private:
  [[nodiscard]] bool begin(int fd) const {
    return ::archive_read_support_filter_all(reader_) >= ARCHIVE_WARN &&
           ::archive_read_support_format_tar(reader_) == ARCHIVE_OK &&
           ::archive_read_support_format_empty(reader_) == ARCHIVE_OK &&
           ::archive_read_support_format_raw(reader_) == ARCHIVE_OK &&
           ::archive_read_open_fd(reader_, fd, kAtOnce) == ARCHIVE_OK;
  }

  // The library's words, where it has some.
  [[nodiscard]] std::string why() const {
    const char* const words = ::archive_error_string(reader_);
    return words == nullptr ? "" : ": " + escape_terminal(words);
  }
  [[nodiscard]] tl::unexpected<Error> damaged() const {
    return fail(ErrorKind::bad_input, name_ + " can't be read" + why());
  }
  [[nodiscard]] tl::unexpected<Error> nothing() const {
    return fail(
        ErrorKind::bad_input,
        "no /proc/interrupts: no line of " + name_ + " names CPUs (CPU0 CPU1 ..)",
        "a directory with proc and sys, a tar archive of one, or a copied /proc/interrupts");
  }

  // Whatever was taken by then says nothing of the whole.
  [[nodiscard]] tl::unexpected<Error> stopped() const {
    return fail(ErrorKind::bad_input, "stopped: " + name_ + " was not read to its end");
  }

  // false: it ends too early, or holds too much, or the work was interrupted.
  bool read(std::string& content) {
    content.clear();
    while (go_on_()) {
      if (content.size() > kLargestMember || content_ > kMostContent) {
        problem_ = name_ + " holds more than any host has: the rest is left out";
        return false;
      }
      const la_ssize_t got = ::archive_read_data(reader_, buffer_.data(), buffer_.size());
      if (got == 0) {
        return true;
      }
      if (got > 0) {
        content.append(buffer_.data(), static_cast<std::size_t>(got));
        content_ += static_cast<std::size_t>(got);
      } else if (got != ARCHIVE_RETRY && got != ARCHIVE_WARN) {
        problem_ = name_ + " is damaged" + why() + ": what was readable is shown";
        return false;
      }
    }
    return false;
  }

  Result<void> take_text(TreeCopy& to) {
    std::string text;
    read(text);
    if (!names_cpus(text)) {
      return nothing();
    }
    return to.file("proc/interrupts", text, 0444);
  }

  Result<void> take_tree(archive_entry* entry, TreeCopy& to) {
    Place place;
    std::string content;
    std::size_t files = 0;
    bool found = false;
    int state = ARCHIVE_OK;
    for (; state == ARCHIVE_OK || state == ARCHIVE_WARN;
         state = ::archive_read_next_header(reader_, &entry)) {
      if (!go_on_()) {
        return stopped();
      }
      if (++files > kMostMembers || unpacks_too_much(entry)) {
        problem_ = name_ + " holds more than any host has: the rest is left out";
        break;
      }
      const char* const path = ::archive_entry_pathname(entry);
      const auto name = path == nullptr ? std::nullopt : place.of(path);
      if (name) {
        found = true;
        WAKEPATH_CHECK(take(*name, entry, content, to));
      }
      if (!problem_.empty()) {
        break;
      }
    }
    if (problem_.empty() && state != ARCHIVE_EOF) {
      problem_ = name_ + " is damaged" + why() + ": what was readable is shown";
    }
    if (!found) {
      return fail(ErrorKind::bad_input, "neither proc nor sys is in " + name_,
                  "tar -cf FILE -C DIR proc sys, as wakepath irqs --snapshot does");
    }
    if (files_left_out_ != 0 && problem_.empty()) {
      problem_ = fmt::format("{}: {} of its files {} unsound, and left out: {}", name_,
                             files_left_out_, files_left_out_ == 1 ? "is" : "are",
                             some_of({first_left_out_}, files_left_out_));
    }
    return {};
  }

  // What is left out is unpacked too, to find what follows it.
  [[nodiscard]] bool unpacks_too_much(archive_entry* entry) const {
    const la_int64_t unpacked = ::archive_filter_bytes(reader_, 0);
    const la_int64_t packed = std::max<la_int64_t>(::archive_filter_bytes(reader_, -1), 1);
    return (unpacked > kHarmless && unpacked / kMostRatio > packed) ||
           ::archive_entry_size(entry) > kHarmless;
  }

  // Links that lead elsewhere, devices and the like are left out without a word.
  Result<void> take(const std::string& name, archive_entry* entry, std::string& content,
                    TreeCopy& to) {
    if (const char* const target = ::archive_entry_symlink(entry); target != nullptr) {
      return to.link(name, target);
    }
    if (::archive_entry_hardlink(entry) != nullptr) {
      leave_out(name);
      return {};
    }
    if (::archive_entry_filetype(entry) == AE_IFDIR) {
      return to.directory(name);
    }
    if (::archive_entry_filetype(entry) != AE_IFREG || !read(content)) {
      return {};
    }
    const std::size_t before = to.left_out();
    WAKEPATH_CHECK(to.file(name, content, ::archive_entry_perm(entry)));
    if (to.left_out() != before) {
      leave_out(name);
    }
    return {};
  }

  void leave_out(const std::string& name) {
    if (files_left_out_++ == 0) {
      first_left_out_ = name;
    }
  }

  const std::function<bool()>& go_on_;
  std::string name_, problem_, first_left_out_;
  std::vector<char> buffer_ = std::vector<char>(kAtOnce);
  std::size_t files_left_out_{0};
  std::size_t content_{0};  // of all files so far
  archive* reader_{::archive_read_new()};
  bool ready_;
};

#endif

}  // namespace

Error GivenRoot::told(Error error) const {
  const std::size_t at = copy_ == nullptr ? std::string::npos : error.message.find(path_);
  if (at != std::string::npos) {
    error.message.replace(at, path_.size(), given_);
  }
  return error;
}

#ifdef WAKEPATH_LIBARCHIVE

Result<GivenRoot> GivenRoot::open(const std::string& given, const std::function<bool()>& go_on,
                                  const Opened& opened) {
  GivenRoot root;
  root.path_ = without_end_slash(given);
  root.given_ = shown(given);
  struct stat status {};
  if (given != "-" && (::stat(given.c_str(), &status) != 0 || is_a_directory(given))) {
    opened(false);
    return root;  // who reads it says what is missing
  }
  const Fd file(given == "-" ? ::dup(STDIN_FILENO)
                             : ::open(given.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file) {
    return fail(ErrorKind::bad_input,
                fmt::format("can't read {}: {}", shown(given), std::strerror(errno)));
  }
  opened(true);
  WAKEPATH_TRY(root.copy_, TreeCopy::create());
  Unpacker unpacker(file.get(), shown(given), go_on);
  WAKEPATH_CHECK(unpacker.unpack(*root.copy_));
  root.path_ = root.copy_->path();
  root.problem_ = unpacker.problem();
  return root;
}

#else

Result<GivenRoot> GivenRoot::open(const std::string& given, const std::function<bool()>& /*go_on*/,
                                  const Opened& opened) {
  GivenRoot root;
  root.path_ = without_end_slash(given);
  struct stat status {};
  if (given == "-" || (::stat(given.c_str(), &status) == 0 && !is_a_directory(given))) {
    return fail(ErrorKind::unsupported,
                shown(given) + " is no directory, and this wakepath was built without libarchive",
                "build it with libarchive-dev (scripts/setup), or unpack it");
  }
  opened(false);
  return root;
}

#endif

}  // namespace wakepath::host
