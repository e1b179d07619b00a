// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/output_directory.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/escape.hpp"
#include "util/fd.hpp"

namespace wakepath {

namespace {

using Status = struct stat;
using OpenDirectory = std::unique_ptr<DIR, int (*)(DIR*)>;

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

void sync_names(const std::string& path) {
  const Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory) {
    ::fsync(directory.get());
  }
}

bool is_one_of(const Status& status, const std::vector<std::string>& inputs) {
  return std::ranges::any_of(inputs, [&](const std::string& input) {
    Status read{};
    const bool known = input == "-" ? ::fstat(STDIN_FILENO, &read) == 0
                                    : !input.empty() && ::stat(input.c_str(), &read) == 0;
    return known && read.st_dev == status.st_dev && read.st_ino == status.st_ino;
  });
}

// May all of it be removed?
Result<void> check_replaceable(const OutputPlan& plan, const std::vector<std::string>& names) {
  const OpenDirectory directory(::opendir(plan.path.c_str()), ::closedir);
  if (!directory) {
    return cannot_write(plan.path, std::strerror(errno));
  }
  while (const dirent* const entry = ::readdir(directory.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") {
      continue;
    }
    Status status{};
    if (::fstatat(::dirfd(directory.get()), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(status.st_mode) || std::ranges::find(names, name) == names.end()) {
      return fail(ErrorKind::bad_output,
                  fmt::format("{} holds more than an export, and is kept: {}",
                              escape_terminal(plan.path), escape_terminal(name)),
                  "another name");
    }
    if (is_one_of(status, plan.inputs)) {
      return fail(ErrorKind::usage,
                  fmt::format("{}/{} is a file that is read, and can't be replaced",
                              escape_terminal(plan.path), escape_terminal(name)),
                  "another name");
    }
  }
  return {};
}

// Whether there is a directory to be replaced.
Result<bool> find_directory(OutputPlan& plan, const std::vector<std::string>& names) {
  if (plan.path == "-") {
    return fail(ErrorKind::usage, "this makes several files, which standard output can't hold",
                "the name of a directory");
  }
  while (plan.path.size() > 1 && plan.path.back() == '/') {
    plan.path.pop_back();
  }
  Status status{};
  if (::lstat(plan.path.c_str(), &status) != 0) {
    return errno == ENOENT && !plan.path.empty()
               ? Result<bool>(false)
               : Result<bool>(cannot_write(plan.path, std::strerror(errno)));
  }
  if (!S_ISDIR(status.st_mode)) {
    return cannot_write(plan.path, "it is there already, and no directory");
  }
  if (!plan.force) {
    return is_there_already(plan.path);
  }
  WAKEPATH_CHECK(check_replaceable(plan, names));
  return true;
}

}  // namespace

struct OutputDirectory::Place {
  std::string name;        // where it is to stand
  std::string unfinished;  // and until then
  std::vector<std::string> files;
  bool replaces{false};

  void remove(const std::string& directory) const {
    for (const std::string& file : files) {
      ::unlink(fmt::format("{}/{}", directory, file).c_str());
    }
    ::rmdir(directory.c_str());
  }
  [[nodiscard]] Result<void> take_name() const {
    sync_names(unfinished);
    const unsigned how = replaces ? RENAME_EXCHANGE : RENAME_NOREPLACE;
    if (::renameat2(AT_FDCWD, unfinished.c_str(), AT_FDCWD, name.c_str(), how) != 0) {
      const int error = errno;
      remove(unfinished);
      return error == EEXIST ? Result<void>(is_there_already(name))
                             : Result<void>(cannot_write(name, std::strerror(error)));
    }
    sync_names(parent_of(name));
    if (replaces) {
      remove(unfinished);  // what stood there before
    }
    return {};
  }
};

OutputDirectory::OutputDirectory(std::unique_ptr<Place> place, std::vector<OutputFile> files)
    : place_(std::move(place)), files_(std::move(files)) {}

OutputDirectory::OutputDirectory(OutputDirectory&&) noexcept = default;

Result<OutputDirectory> OutputDirectory::create(const OutputPlan& given,
                                                std::vector<std::string> names) {
  OutputPlan plan = given;
  WAKEPATH_TRY(const bool replaces, find_directory(plan, names));
  std::string unfinished = plan.path + ".unfinished-XXXXXX";
  if (::mkdtemp(unfinished.data()) == nullptr) {
    return cannot_write(plan.path, std::strerror(errno));
  }
  auto place =
      std::make_unique<Place>(Place{plan.path, std::move(unfinished), std::move(names), replaces});
  OutputDirectory directory(std::move(place), {});
  for (const std::string& name : directory.place_->files) {
    const OutputPlan file{fmt::format("{}/{}", directory.place_->unfinished, name)};
    WAKEPATH_TRY(OutputFile opened, OutputFile::create(file, OutputFile::Kind::growing));
    directory.files_.push_back(std::move(opened));
  }
  return directory;
}

OutputDirectory::~OutputDirectory() {
  if (!place_ || done_) {
    return;
  }
  files_.clear();
  if (keeper_) {
    static_cast<void>(keeper_->discard());
  } else {
    place_->remove(place_->unfinished);
  }
}

Result<void> OutputDirectory::keep_rights_for_names(const std::function<void()>& begin) {
  const auto forget = [place = place_.get()]() -> Result<void> {
    place->remove(place->unfinished);
    return {};
  };
  const NameKeeper::Orders orders{[place = place_.get()] { return place->take_name(); }, forget,
                                  forget};
  WAKEPATH_TRY(NameKeeper keeper, NameKeeper::start(-1, begin, orders));
  keeper_ = std::make_unique<NameKeeper>(std::move(keeper));
  return {};
}

Result<void> OutputDirectory::append(std::size_t file, OutputFile::Piece piece) {
  return files_[file].append(piece);
}

Result<void> OutputDirectory::finish() {
  for (OutputFile& file : files_) {
    WAKEPATH_CHECK(file.finish());
  }
  done_ = true;
  return keeper_ ? std::exchange(keeper_, nullptr)->finish() : place_->take_name();
}

std::uint64_t OutputDirectory::bytes() const {
  std::uint64_t sum = 0;
  for (const OutputFile& file : files_) {
    sum += file.size();
  }
  return sum;
}

}  // namespace wakepath
