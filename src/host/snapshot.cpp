// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/snapshot.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "host/devices.hpp"
#include "host/host_facts.hpp"
#include "host/read_file.hpp"
#include "host/text.hpp"

namespace wakepath::host {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestFile = std::size_t{512} << 20;  // /proc/interrupts of a large host
constexpr int kDeepestTree = 10;

constexpr std::array kSnapshotFiles{
    "proc/interrupts",
    "proc/softirqs",
    "proc/cmdline",
    "proc/cpuinfo",
    "proc/sys/kernel/arch",
    "proc/sys/kernel/osrelease",
    "proc/sys/kernel/version",
    "proc/sys/kernel/numa_balancing",
    "proc/sys/kernel/sched_rt_period_us",
    "proc/sys/kernel/sched_rt_runtime_us",
    "proc/sys/kernel/timer_migration",
    "proc/sys/kernel/watchdog",
    "proc/sys/kernel/nmi_watchdog",
    "proc/sys/kernel/watchdog_cpumask",
    "sys/fs/cgroup/cpuset.cpus.isolated",
    "sys/fs/cgroup/cpuset.cpus.effective",
};

constexpr std::array kSnapshotTrees{
    "proc/irq",
    "sys/kernel/irq",
    "sys/devices/system/cpu",
    "sys/devices/system/node",
    "sys/devices/virtual/workqueue",
    "sys/kernel/mm/ksm",
    "sys/kernel/mm/transparent_hugepage",
};

constexpr std::array kSnapshotBuses{"pci", "virtio", "platform", "amba", "pnp", "acpi"};

constexpr std::array<std::string_view, 6> kDeviceFiles{"vendor", "device",    "class",
                                                       "irq",    "numa_node", "local_cpulist"};
constexpr std::array<std::string_view, 3> kDeviceLinks{"driver", "iommu_group", "subsystem"};

template <typename List>
bool is_among(const List& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

// To read a frequency interrupts its CPU, isolated or not. crash_notes holds kernel addresses.
bool is_left_out(std::string_view name) {
  constexpr std::array<std::string_view, 7> kNames{"acpi_cppc", "cpufreq", "hotplug", "microcode",
                                                   "power",     "regs",    "uevent"};
  return name.starts_with("crash_notes") || is_among(kNames, name);
}

class Copier {
 public:
  Copier(std::string root, SnapshotSink& to, const std::function<bool()>& go_on)
      : root_(std::move(root)), to_(to), go_on_(go_on) {}

  Result<SnapshotTotals> copy() {
    for (const char* const path : kSnapshotFiles) {
      once(path);
    }
    for (const char* const path : kSnapshotTrees) {
      tree(path);
    }
    for (const fs::path& module : entries("sys/module")) {
      if (module.filename().string().starts_with("kvm")) {
        tree("sys/module/" + module.filename().string() + "/parameters");
      }
    }
    for (const char* const bus : kSnapshotBuses) {
      copy_bus(std::string("sys/bus/") + bus);
    }
    terminals();
    for (const fs::path& entry : entries("proc")) {
      if (all_digits(entry.filename().string())) {
        process("proc/" + entry.filename().string());
      }
    }
    return status_ ? Result<SnapshotTotals>(totals_) : tl::unexpected(status_.error());
  }

 private:
  // After the archive's first error, or a stop, nothing more is read.
  bool goes_on() {
    totals_.whole = totals_.whole && go_on_();
    return status_ && totals_.whole;
  }

  void count_unreadable(const std::string& path) {
    std::error_code error;
    totals_.unreadable += fs::exists(fs::symlink_status(root_ + "/" + path, error)) ? 1U : 0U;
  }

  std::vector<fs::path> entries(const std::string& path) {
    std::error_code error;
    std::vector<fs::path> all;
    if (!goes_on()) {
      return all;
    }
    fs::directory_iterator it(root_ + "/" + path, error);
    if (error) {
      count_unreadable(path);
    }
    for (const fs::directory_iterator end; !error && it != end; it.increment(error)) {
      all.push_back(it->path());
    }
    std::ranges::sort(all);
    return all;
  }

  std::optional<std::string> text_of(const std::string& path) {
    std::error_code error;
    const fs::file_status status = fs::symlink_status(root_ + "/" + path, error);
    constexpr auto kReadable =
        fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read;
    if (!goes_on() || !fs::is_regular_file(status) ||
        (status.permissions() & kReadable) == fs::perms::none) {
      return std::nullopt;
    }
    auto text = read_file(root_ + "/" + path, kLargestFile);
    if (!text) {
      count_unreadable(path);
    }
    return text;
  }

  void add(const std::string& path, const std::string& content) {
    if (status_) {
      std::error_code error;
      const auto mode = static_cast<unsigned>(fs::status(root_ + "/" + path, error).permissions());
      // The owner of the copy can read it.
      status_ = to_.file(path, content, error ? 0444U : (mode & 0777U) | 0444U);
      ++totals_.files;
    }
  }

  void file(const std::string& path) {
    if (const auto text = text_of(path)) {
      add(path, *text);
    }
  }

  // true: it is new.
  bool directory(const std::string& path) {
    const bool added = directories_.insert(path).second;
    if (added && status_) {
      status_ = to_.directory(path);
    }
    return added;
  }

  // The target, unresolved. Empty: no link.
  std::string link(const std::string& path) {
    std::error_code error;
    std::string target = fs::read_symlink(root_ + "/" + path, error).string();
    if (!target.empty() && links_.insert(path).second && status_) {
      status_ = to_.link(path, target);
    }
    return target;
  }

  void tree(const std::string& path, int depth = 0) {
    std::error_code error;
    if (!fs::is_directory(root_ + "/" + path, error) || !directory(path)) {
      return;
    }
    for (const fs::path& entry : entries(path)) {
      const std::string name = entry.filename().string();
      const std::string below = fmt::format("{}/{}", path, name);
      const fs::file_status status = fs::symlink_status(entry, error);
      if (is_left_out(name)) {
        continue;
      }
      if (fs::is_symlink(status)) {
        link(below);
      } else if (fs::is_directory(status) && depth < kDeepestTree) {
        tree(below, depth + 1);
      } else {
        file(below);
      }
    }
  }

  // The links of a bus, their devices, and the devices of each driver.
  void copy_bus(const std::string& bus) {
    for (const fs::path& entry : entries(bus + "/devices")) {
      const std::string path = bus + "/devices/" + entry.filename().string();
      const std::string target = link(path);
      const std::string place = (fs::path(bus + "/devices") / target).lexically_normal().string();
      if (target.empty()) {  // in a tree that was made by hand
        device(path);
      } else if (place.starts_with("sys/devices/")) {
        device(place);
      }
    }
    for (const fs::path& driver : entries(bus + "/drivers")) {
      const std::string path = bus + "/drivers/" + driver.filename().string();
      for (const fs::path& bound : entries(path)) {
        if (bound.filename() != "module") {
          link(path + "/" + bound.filename().string());
        }
      }
    }
  }

  // Its numbers and links, and the names below it. No content of other files.
  void device(const std::string& path, int depth = 0) {
    if (!directory(path)) {
      return;
    }
    for (const fs::path& entry : entries(path)) {
      const std::string name = entry.filename().string();
      const std::string below = fmt::format("{}/{}", path, name);
      std::error_code error;
      const fs::file_status status = fs::symlink_status(entry, error);
      if (fs::is_symlink(status)) {
        if (is_among(kDeviceLinks, name)) {
          link(below);
        }
      } else if (fs::is_directory(status)) {
        if (!is_left_out(name) && depth < kDeepestTree && !is_pci_address(name)) {
          device(below, depth + 1);
        }
      } else if (is_among(kDeviceFiles, name) || path.ends_with("/msi_irqs")) {
        file(below);
      }
    }
  }

  void terminals() {
    for (const fs::path& entry : entries("sys/class/tty")) {
      std::error_code error;
      const std::string target = fs::read_symlink(entry, error).string();
      if (target.find("/virtual/") == std::string::npos) {
        link("sys/class/tty/" + entry.filename().string());
      }
    }
  }

  void process(const std::string& path) {
    bool is_vm = false;
    for (const fs::path& entry : entries(path + "/fd")) {
      std::error_code error;
      const std::string target = fs::read_symlink(entry, error).string();
      is_vm = is_vm || target == "anon_inode:kvm-vm";
      if (target.starts_with("anon_inode:kvm-") || target.starts_with("/dev/vfio/")) {
        link(path + "/fd/" + entry.filename().string());
      }
    }
    std::error_code error;
    if (fs::directory_iterator(root_ + "/" + path + "/fd", error); !error) {
      directory(path + "/fd");
    }
    for (const fs::path& thread : entries(path + "/task")) {
      const std::string task = path + "/task/" + thread.filename().string();
      file(task + "/comm");
      reduced(task + "/stat", without_addresses);
      reduced(task + "/status", without_sizes);
    }
    if (is_vm) {
      file(path + "/comm");
      reduced(path + "/status", without_sizes);
      reduced(path + "/cmdline", name_only);
      file(path + "/cgroup");
      cpuset(text_of(path + "/cgroup").value_or(""));
    } else if (const auto pid = whole_number<std::uint32_t>(fs::path(path).filename().string());
               pid && is_irqbalance(root_, *pid)) {
      file(path + "/comm");
      link(path + "/exe");
      reduced(path + "/environ", [](const std::string& all) {
        std::string banned;
        for (std::string_view rest = all; !rest.empty();) {
          const std::string_view one = next_piece(rest, '\0');
          banned += one.starts_with("IRQBALANCE_BANNED_") ? std::string(one) + '\0' : "";
        }
        return banned;
      });
    }
  }

  template <typename Reduce>
  void reduced(const std::string& path, Reduce reduce) {
    if (const auto text = text_of(path)) {
      add(path, reduce(*text));
    }
  }

  // In the unified hierarchy, or in that of cpuset.
  void cpuset(std::string_view cgroups) {
    while (!cgroups.empty()) {
      std::string_view rest = next_piece(cgroups, '\n');
      next_piece(rest, ':');
      const std::string_view controllers = next_piece(rest, ':');
      if (!rest.starts_with('/') || rest.find("..") != std::string_view::npos) {
        continue;
      }
      // "/" is the hierarchy's own directory.
      const std::string path(rest == "/" ? std::string_view{} : rest);
      if (controllers.empty()) {
        once("sys/fs/cgroup" + path + "/cpuset.cpus.effective");
      } else if (controllers == "cpuset") {
        once("sys/fs/cgroup/cpuset" + path + "/cpuset.effective_cpus");
      }
    }
  }

  void once(const std::string& path) {
    if (files_.insert(path).second) {
      file(path);
    }
  }

  std::string root_;
  SnapshotSink& to_;
  const std::function<bool()>& go_on_;
  SnapshotTotals totals_;
  Result<void> status_;
  std::set<std::string> directories_, links_, files_;
};

}  // namespace

std::string without_addresses(const std::string& stat) {
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) {
    return {};
  }
  // proc(5): startcode to kstkeip, wchan, start_data to env_end.
  const auto is_address = [](int field) {
    return (field >= 26 && field <= 30) || field == 35 || (field >= 45 && field <= 51);
  };
  std::string out = stat.substr(0, name_end + 1);
  std::string_view rest = std::string_view(stat).substr(std::min(name_end + 2, stat.size()));
  for (int field = 3; !rest.empty(); ++field) {
    const std::string_view value = next_piece(rest, ' ');
    out += fmt::format(" {}", is_address(field) ? "0" : value);
  }
  return out;
}

std::string without_sizes(const std::string& status) {
  constexpr std::array<std::string_view, 6> kKept{
      "Name:", "Tgid:", "Pid:", "PPid:", "Cpus_allowed", "Mems_allowed"};
  std::string out;
  for (std::string_view rest = status; !rest.empty();) {
    const std::string_view line = next_piece(rest, '\n');
    if (std::ranges::any_of(kKept, [&](std::string_view key) { return line.starts_with(key); })) {
      out += fmt::format("{}\n", line);
    }
  }
  return out;
}

std::string name_only(const std::string& cmdline) {
  std::string_view rest = cmdline;
  std::string out = std::string(next_piece(rest, '\0')) + '\0';
  while (!rest.empty()) {
    const std::string_view argument = next_piece(rest, '\0');
    if (argument == "-name" || argument == "--name") {
      out += std::string(argument) + '\0' + std::string(next_piece(rest, '\0')) + '\0';
    }
  }
  return out;
}

Result<SnapshotTotals> take_snapshot(const std::string& root, SnapshotSink& to,
                                     const std::function<bool()>& go_on) {
  return Copier(root, to, go_on).copy();
}

}  // namespace wakepath::host
