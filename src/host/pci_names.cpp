// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/pci_names.hpp"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

#include "host/read_file.hpp"
#include "util/fd.hpp"
#include "wakepath/result.hpp"

#ifdef WAKEPATH_LIBPCI
extern "C" {
#include <pci/pci.h>
}
#endif

namespace wakepath::host {

#ifdef WAKEPATH_LIBPCI

namespace {

constexpr std::string_view kOpenFiles = "/proc/self/fd/";

// Without pci_init() there are none at all.
void say_nothing(char* /*text*/, ...) {}

// libpci calls this if it can't parse a list of names, and does not expect it to return.
__attribute__((noreturn)) void give_up(char* text, ...) {
  std::array<char, 512> said{};
  std::va_list arguments;
  va_start(arguments, text);
  std::vsnprintf(said.data(), said.size(), text, arguments);
  va_end(arguments);
  // It knows the copy alone.
  std::string line = said.data();
  if (const std::size_t at = line.find(kOpenFiles); at != std::string::npos) {
    const std::size_t end = line.find_first_not_of("0123456789", at + kOpenFiles.size());
    line.replace(at, std::min(end, line.size()) - at, "the list of --pci-ids");
  }
  std::fprintf(stderr, "wakepath: PCI names: %s", line.c_str());
  std::_Exit(static_cast<int>(ErrorKind::bad_input));
}

constexpr std::size_t kMostIds = std::size_t{64} << 20U;  // twenty times the list of 2026

// libpci opens its list when it is first asked, and by then the program may have given up the right
// to read it.
Fd copy_in_memory(const std::string& path) {
  const auto text = path.empty() ? std::nullopt : read_file(path, kMostIds);
  Fd copy(text ? ::memfd_create("pci.ids", MFD_CLOEXEC) : -1);
  const bool whole =
      copy && ::write(copy.get(), text->data(), text->size()) == static_cast<ssize_t>(text->size());
  return whole ? std::move(copy) : Fd();
}

}  // namespace

struct PciNames::Access {
  Fd copy;
  std::string file;  // libpci keeps the pointer
  pci_access* pci{::pci_alloc()};

  explicit Access(std::string path)
      : copy(copy_in_memory(path)),
        file(copy ? std::string(kOpenFiles) + std::to_string(copy.get()) : std::move(path)) {
    pci->error = give_up;
    pci->warning = pci->debug = say_nothing;
    if (!file.empty()) {
      ::pci_set_name_list_path(pci, file.data(), 0);
    }
  }
  Access(const Access&) = delete;
  Access& operator=(const Access&) = delete;
  ~Access() { ::pci_cleanup(pci); }

  // This never calls pci_init(), which looks for this machine's devices: names need no device.
  template <typename... Ids>
  std::string look_up(int what, Ids... ids) {
    std::array<char, 512> text{};
    const char* const name =
        ::pci_lookup_name(pci, text.data(), static_cast<int>(text.size()),
                          what | PCI_LOOKUP_NO_NUMBERS | PCI_LOOKUP_NO_HWDB, ids...);
    return name == nullptr ? std::string{} : std::string(name);
  }
};

PciNames::PciNames(std::string ids) : access_(std::make_unique<Access>(std::move(ids))) {}

std::string PciNames::vendor(std::uint16_t vendor) {
  return access_->look_up(PCI_LOOKUP_VENDOR, int{vendor});
}
std::string PciNames::device(std::uint16_t vendor, std::uint16_t device) {
  return access_->look_up(PCI_LOOKUP_DEVICE, int{vendor}, int{device});
}
std::string PciNames::device_class(std::uint32_t class_code) {
  // Without the programming interface, as lspci shows it.
  return access_->look_up(PCI_LOOKUP_CLASS, static_cast<int>(class_code >> 8U & 0xffffU));
}

#else

struct PciNames::Access {};

PciNames::PciNames(std::string ids) { static_cast<void>(ids); }
std::string PciNames::vendor(std::uint16_t /*vendor*/) { return {}; }
std::string PciNames::device(std::uint16_t /*vendor*/, std::uint16_t /*device*/) { return {}; }
std::string PciNames::device_class(std::uint32_t /*class_code*/) { return {}; }

#endif

PciNames::~PciNames() = default;

}  // namespace wakepath::host
