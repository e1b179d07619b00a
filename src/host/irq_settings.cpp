// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/irq_settings.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>

#include <fmt/format.h>

#include "host/kernel_line.hpp"
#include "host/read_file.hpp"
#include "host/text.hpp"
#include "util/fd.hpp"
#include "wakepath/abi.h"

namespace wakepath::host {
namespace {

constexpr std::size_t kMostIrqs = 100'000;

// There may be tens of thousands of these files, so no buffer is cleared for each. The result goes
// up to the first newline at least, and includes it.
std::string read_first(int directory, std::uint32_t irq, const char* name,
                       bool* writable = nullptr) {
  constexpr std::size_t kMost = std::size_t{64} * 1024;
  std::array<char, 64> path{};
  fmt::format_to_n(path.data(), path.size() - 1, "{}/{}", irq, name);
  const Fd fd(::openat(directory, path.data(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) {
    return {};
  }
  if (writable != nullptr) {
    struct stat status {};
    *writable = ::fstat(fd.get(), &status) == 0 && (status.st_mode & S_IWUSR) != 0;
  }
  std::string text;
  std::array<char, 4096> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  while (text.size() < kMost) {
    const ssize_t got = ::read(fd.get(), piece.data(), piece.size());
    if (got <= 0) {
      break;
    }
    text.append(piece.data(), static_cast<std::size_t>(got));
    if (text.find('\n') != std::string::npos) {
      break;
    }
  }
  return text;
}

std::string read_small(int directory, std::uint32_t irq, const char* name,
                       bool* writable = nullptr) {
  std::string text = read_first(directory, irq, name, writable);
  text.resize(std::min(text.find('\n'), text.size()));
  return text;
}

// Empty: it is no list of CPUs.
std::string cpu_list(const std::string& text) {
  const bool good = text.find_first_not_of("0123456789,-") == std::string::npos;
  return good ? text : std::string{};
}

// The file `name`_list, or the mask in `name`: some kernels and copies have the mask alone.
std::string read_cpus(int directory, std::uint32_t irq, const char* list, const char* mask,
                      bool* writable = nullptr) {
  if (std::string cpus = cpu_list(read_small(directory, irq, list, writable)); !cpus.empty()) {
    return cpus;
  }
  const auto cpus = parse_cpu_mask(read_small(directory, irq, mask, writable));
  return cpus ? cpus->text() : std::string{};
}

int open_directory(const std::string& path) {
  return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

std::vector<std::uint32_t> numbered_entries(int directory) {
  std::vector<std::uint32_t> found;
  const int copy = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const auto close = [](DIR* stream) { ::closedir(stream); };
  const std::unique_ptr<DIR, decltype(close)> stream(copy < 0 ? nullptr : ::fdopendir(copy));
  if (!stream) {
    return found;
  }
  while (const dirent* entry = ::readdir(stream.get())) {
    if (const auto irq = whole_number<std::uint32_t>(entry->d_name);
        irq && found.size() < kMostIrqs) {
      found.push_back(*irq);
    }
  }
  std::ranges::sort(found);
  return found;
}

// The columns are the possible CPUs (kernel/irq/irqdesc.c, per_cpu_count_show). nullopt: a count
// can't be read, the sum has more than 64 bits, or the counts don't fit the kernel's page. In that
// case the text ends without a newline.
std::optional<std::vector<CpuCount>> read_counts(int directory, std::uint32_t irq,
                                                 std::uint32_t& columns) {
  const std::string text = read_first(directory, irq, "per_cpu_count");
  const std::size_t end = text.find('\n');
  if (end == std::string::npos || end == 0) {
    return std::nullopt;
  }
  std::vector<CpuCount> counts;
  std::uint64_t total = 0;
  std::string_view rest = std::string_view(text).substr(0, end);
  for (columns = 0; !rest.empty() && columns < WP_MAX_CPUS; ++columns) {
    const auto count = whole_number<std::uint64_t>(next_piece(rest, ','));
    if (!count || *count > std::numeric_limits<std::uint64_t>::max() - total) {
      return std::nullopt;
    }
    total += *count;
    if (*count != 0) {
      counts.push_back({columns, *count});
    }
  }
  return counts;
}

}  // namespace

IrqDirectory::IrqDirectory(const std::string& root)
    : proc_(open_directory(root + "/proc/irq")), sys_(open_directory(root + "/sys/kernel/irq")) {}

IrqDirectory::~IrqDirectory() {
  for (const int fd : {proc_, sys_}) {
    if (fd >= 0) {
      ::close(fd);
    }
  }
}

std::vector<IrqSettings> IrqDirectory::settings(const std::vector<InterruptRow>& rows) const {
  std::vector<IrqSettings> all(rows.size());
  if (proc_ < 0) {
    return all;
  }
  bool some_movable = false;
  bool some_fixed = false;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].number) {
      continue;
    }
    IrqSettings& one = all[i];
    bool writable = false;
    one.affinity =
        read_cpus(proc_, *rows[i].number, "smp_affinity_list", "smp_affinity", &writable);
    one.effective =
        read_cpus(proc_, *rows[i].number, "effective_affinity_list", "effective_affinity");
    one.node = whole_number<std::int32_t>(read_small(proc_, *rows[i].number, "node"));
    if (!one.affinity.empty()) {
      one.movable = writable;
      some_movable = some_movable || writable;
      some_fixed = some_fixed || !writable;
    }
  }
  // Equal modes tell nothing: the kernel is older, or the copy lost the modes.
  if (!some_movable || !some_fixed) {
    for (IrqSettings& one : all) {
      one.movable.reset();
    }
  }
  return all;
}

void IrqDirectory::settle(InterruptRow& row) const {
  if (!row.number || sys_ < 0) {
    return;
  }
  const std::string chip = read_small(sys_, *row.number, "chip_name");
  if (chip.empty()) {
    return;
  }
  row.chip = chip;
  row.chip_is_guess = false;
  row.hwirq = whole_number<std::uint64_t>(read_small(sys_, *row.number, "hwirq"));
  row.trigger = read_small(sys_, *row.number, "type");
  row.actions.clear();
  const std::string actions = read_small(sys_, *row.number, "actions");
  std::string_view rest = actions;
  while (!rest.empty()) {
    row.actions.emplace_back(next_piece(rest, ','));
  }
}

std::optional<std::vector<CpuCount>> IrqDirectory::counts(std::uint32_t irq) const {
  std::uint32_t columns = 0;
  return sys_ < 0 ? std::nullopt : read_counts(sys_, irq, columns);
}

InterruptTable IrqDirectory::table() const {
  InterruptTable table;
  if (sys_ < 0) {
    return table;
  }
  for (const std::uint32_t irq : numbered_entries(sys_)) {
    InterruptRow row;
    row.label = fmt::format("{}", irq);
    row.number = irq;
    settle(row);
    std::uint32_t columns = 0;
    if (auto counts = read_counts(sys_, irq, columns)) {
      row.counts = std::move(*counts);
      row.total = 0;
      for (const CpuCount& one : row.counts) {
        *row.total += one.count;
      }
      while (table.cpus.size() < columns) {
        table.cpus.push_back(static_cast<std::uint32_t>(table.cpus.size()));
      }
    }
    if (!row.actions.empty() || row.total.value_or(0) != 0) {
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

}  // namespace wakepath::host
