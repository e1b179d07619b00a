// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/devices.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <utility>

#include "host/read_file.hpp"
#include "host/text.hpp"

namespace wakepath::host {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostDevices = 65'536;
constexpr std::size_t kMostEntries = 4096;  // of one device, its subdirectories included
constexpr int kDeepest = 10;

template <typename Number>
std::optional<Number> number_in(const fs::path& path) {
  const auto line = read_line(path.string());
  if (!line) {
    return std::nullopt;
  }
  std::string_view text = *line;
  const int base = text.starts_with("0x") ? 16 : 10;
  text.remove_prefix(base == 16 ? 2 : 0);
  return whole_number<Number>(text, base);
}

// Sorted, so that the same tree gives the same answer everywhere.
std::vector<fs::directory_entry> entries_of(const fs::path& path, std::size_t most = kMostDevices) {
  std::error_code error;
  std::vector<fs::directory_entry> all;
  for (fs::directory_iterator it(path, error), end; !error && it != end && all.size() < most;
       it.increment(error)) {
    all.push_back(*it);
  }
  std::ranges::sort(all, {}, [](const auto& entry) { return entry.path(); });
  return all;
}

std::string link_name(const fs::path& path) {
  std::error_code error;
  return fs::read_symlink(path, error).filename().string();
}

bool is_virtio_name(std::string_view text) {
  return text.starts_with("virtio") && all_digits(text.substr(6));
}

// Below a device, the directory of a class holds the names that users know the device by.
constexpr std::array<std::string_view, 13> kClasses{
    "net", "block", "nvme",      "tty",      "mmc_host", "infiniband", "drm",
    "rtc", "sound", "scsi_host", "vfio-dev", "input",    "hwmon"};

class NameFinder {
 public:
  explicit NameFinder(Device& device) : device_(device) {}

  void look(const fs::path& path, int depth = 0) {
    for (const auto& entry : entries_of(path, kMostEntries)) {
      std::error_code error;
      const std::string name = entry.path().filename().string();
      if (++seen_ > kMostEntries || !fs::is_directory(entry.symlink_status(error)) ||
          is_pci_address(name)) {
        continue;
      }
      const auto rank = std::ranges::find(kClasses, name);
      if (rank != kClasses.end()) {
        take_class(entry.path(), static_cast<std::size_t>(rank - kClasses.begin()), depth);
        continue;
      }
      if (is_virtio_name(name)) {
        add(kClasses.size(), name);
      } else if (name.starts_with("usb") && all_digits(std::string_view(name).substr(3))) {
        add(kClasses.size(), name);
        continue;  // a device that is plugged in does not name its controller
      } else if (name == "msi_irqs" || name == "power" || name == "link" || name == "pci_bus") {
        continue;
      }
      if (depth < kDeepest) {
        look(entry.path(), depth + 1);
      }
    }
  }
  void finish() {
    std::ranges::stable_sort(found_, {}, &std::pair<std::size_t, std::string>::first);
    for (auto& [rank, name] : found_) {
      device_.names.push_back(std::move(name));
    }
  }

 private:
  void take_class(const fs::path& path, std::size_t rank, int depth) {
    const std::string_view name = kClasses[rank];
    for (const auto& entry : entries_of(path, kMostEntries)) {
      const std::string child = entry.path().filename().string();
      if (name == "vfio-dev") {
        device_.vfio.push_back("/dev/vfio/devices/" + child);
      } else if (name != "input" && name != "hwmon" && name != "scsi_host") {
        add(rank, child);
      }
      // A controller's disks are below it.
      if (name == "nvme" && depth < kDeepest) {
        for (const auto& disk : entries_of(entry.path(), kMostEntries)) {
          const std::string text = disk.path().filename().string();
          if (text.starts_with("nvme") && text.size() > child.size() && text.starts_with(child)) {
            add(rank, text);
          }
        }
      }
    }
  }
  void add(std::size_t rank, std::string name) {
    if (found_.size() < kMostEntries) {
      found_.emplace_back(rank, std::move(name));
    }
  }

  Device& device_;
  std::vector<std::pair<std::size_t, std::string>> found_;
  std::size_t seen_{0};
};

void read_details(const fs::path& path, Device& device) {
  device.driver = link_name(path / "driver");
  device.node = number_in<std::int32_t>(path / "numa_node");
  if (device.node == -1) {
    device.node.reset();
  }
  NameFinder finder(device);
  finder.look(path);
  finder.finish();
}

Device read_pci(const fs::path& path) {
  Device device;
  device.bus = "pci";
  device.address = path.filename().string();
  device.vendor = number_in<std::uint16_t>(path / "vendor");
  device.device = number_in<std::uint16_t>(path / "device");
  device.class_code = number_in<std::uint32_t>(path / "class");
  device.line_irq = number_in<std::uint32_t>(path / "irq");
  if (device.line_irq == 0U) {
    device.line_irq.reset();
  }
  for (const auto& entry : entries_of(path / "msi_irqs", kMostEntries)) {
    const std::string name = entry.path().filename().string();
    if (const auto irq = whole_number<std::uint32_t>(name)) {
      device.msi_irqs.push_back(*irq);
    }
  }
  read_details(path, device);
  if (const std::string group = link_name(path / "iommu_group"); !group.empty()) {
    device.vfio.push_back("/dev/vfio/" + group);
  }
  return device;
}

// virtio-mmio and similar: /sys/bus/virtio/devices/virtio0 -> ../../../devices/platform/X/virtio0.
std::vector<Device> read_other_virtio(const std::string& root) {
  std::map<std::string, Device> found;
  for (const auto& entry : entries_of(root + "/sys/bus/virtio/devices")) {
    std::error_code error;
    const fs::path target = fs::read_symlink(entry.path(), error);
    const std::string parent = target.parent_path().filename().string();
    if (error || parent.empty() || is_pci_address(parent) || found.contains(parent)) {
      continue;
    }
    Device device;
    device.bus = target.parent_path().parent_path().filename().string();
    device.address = parent;
    read_details((entry.path().parent_path() / target).parent_path().lexically_normal(), device);
    if (device.names.empty()) {
      device.names.push_back(entry.path().filename().string());
    }
    found.emplace(parent, std::move(device));
  }
  std::vector<Device> all;
  all.reserve(found.size());
  for (auto& [address, device] : found) {
    all.push_back(std::move(device));
  }
  return all;
}

bool names_one_file(const std::string& name) {
  return !name.empty() && name.size() < 256 && name.front() != '.' &&
         name.find('/') == std::string::npos && name.find('\0') == std::string::npos;
}

// /sys/class/tty/ttyS0 -> ../../devices/pnp0/00:00/00:00:0/00:00:0.0/tty/ttyS0: the names of the
// port's own layers begin with the device's name.
std::optional<Device> find_terminal(const std::string& root, const std::string& name) {
  std::error_code error;
  const fs::path target = fs::read_symlink(root + "/sys/class/tty/" + name, error);
  if (error) {
    return std::nullopt;
  }
  Device device;
  fs::path owner = target.parent_path().parent_path();
  const auto is_layer = [](const fs::path& path) {
    const std::string above = path.parent_path().filename().string();
    const std::string own = path.filename().string();
    return own.starts_with(above + ":") || own.starts_with(above + ".");
  };
  while (owner.has_filename() && is_layer(owner)) {
    owner = owner.parent_path();
  }
  device.bus = owner.parent_path().filename().string();
  device.address = owner.filename().string();
  device.driver = link_name(fs::path(root + "/sys/class/tty") / owner / "driver");
  device.names.push_back(name);
  return device;
}

}  // namespace

bool is_pci_address(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon < 4 || colon > 8 || text.size() != colon + 8) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char wanted = i == colon || i == colon + 3 ? ':' : i == colon + 6 ? '.' : 'x';
    if (wanted == 'x' ? kHex.find(text[i]) == std::string_view::npos : text[i] != wanted) {
      return false;
    }
  }
  return true;
}

std::vector<Device> read_devices(const std::string& root) {
  std::vector<Device> devices;
  for (const auto& entry : entries_of(root + "/sys/bus/pci/devices")) {
    if (is_pci_address(entry.path().filename().string())) {
      devices.push_back(read_pci(entry.path()));
    }
  }
  for (Device& device : read_other_virtio(root)) {
    devices.push_back(std::move(device));
  }
  return devices;
}

std::optional<Device> find_named_device(const std::string& root, const std::string& action) {
  if (!names_one_file(action)) {
    return std::nullopt;
  }
  if (auto terminal = find_terminal(root, action)) {
    return terminal;
  }
  // The action of ACPI's generic event device does not have its driver's name.
  const std::string driver = action == "ACPI:Ged" ? "acpi-ged" : action;
  for (const char* const bus : {"platform", "amba", "pnp", "acpi"}) {
    const fs::path base = fs::path(root + "/sys/bus") / bus;
    std::error_code error;
    fs::path path = base / "devices" / action;
    if (!fs::is_directory(path, error)) {
      std::vector<fs::path> bound;
      for (const auto& entry : entries_of(base / "drivers" / driver, kMostEntries)) {
        if (fs::is_symlink(entry.symlink_status(error)) && entry.path().filename() != "module") {
          bound.push_back(entry.path());
        }
      }
      if (bound.size() != 1) {
        continue;
      }
      path = bound.front();
    }
    Device device;
    device.bus = bus;
    device.address = path.filename().string();
    read_details(path, device);
    if (device.driver.empty() && device.address != action) {
      device.driver = driver;
    }
    return device;
  }
  return std::nullopt;
}

}  // namespace wakepath::host
