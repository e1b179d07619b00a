// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/vm_name.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "host/read_file.hpp"
#include "host/text.hpp"

namespace wakepath::host {
namespace {

constexpr std::size_t kLongestName = 255;

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool is_qemu(std::string_view program) {
  return program.starts_with("qemu") || program == "kvm" || program == "kvm-spice";
}

// One "key=value" off the front; a comma inside a value is written twice (QEMU, util/keyval.c).
std::string next_option(std::string_view& rest) {
  std::string option;
  while (!rest.empty()) {
    const char character = rest.front();
    rest.remove_prefix(1);
    if (character == ',') {
      if (!rest.starts_with(',')) {
        break;
      }
      rest.remove_prefix(1);
    }
    option += character;
  }
  return option;
}

// "web1,debug-threads=on", "guest=web1", "debug-threads=on,guest=web1"
std::string guest_in(std::string_view options) {
  constexpr std::string_view kKey = "guest=";
  std::string name;
  for (bool first = true; !options.empty(); first = false) {
    const std::string option = next_option(options);
    if (option.starts_with(kKey)) {
      name = option.substr(kKey.size());
    } else if (first && option.find('=') == std::string::npos) {
      name = option;
    }
  }
  return name;
}

std::optional<unsigned> hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') {
    return static_cast<unsigned>(digit - '0');
  }
  if (digit >= 'a' && digit <= 'f') {
    return static_cast<unsigned>(digit - 'a') + 10;
  }
  return std::nullopt;
}

// "\x2d" -> "-" (systemd.unit(5), "String Escaping for Inclusion in Unit Names").
std::string systemd_unescape(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (text.size() >= 4 && text.starts_with("\\x")) {
      const auto high = hex_digit(text[2]);
      const auto low = hex_digit(text[3]);
      if (high && low) {
        out += static_cast<char>(*high << 4U | *low);
        text.remove_prefix(4);
        continue;
      }
    }
    out += text.front();
    text.remove_prefix(1);
  }
  return out;
}

// "qemu-3-web1", "qemu-alice-3-web1", "lxc-12-a-b": the text after libvirt's own number of the VM
// (virDomainDriverGenerateMachineName).
std::string after_number(std::string_view machine) {
  std::string_view rest = machine;
  next_piece(rest, '-');
  while (!rest.empty()) {
    if (all_digits(next_piece(rest, '-'))) {
      return std::string(rest);
    }
  }
  return {};
}

// One directory of a cgroup's path.
std::string machine_name(std::string_view component) {
  constexpr std::string_view kPrefix = "machine-";
  constexpr std::string_view kScope = ".scope";
  constexpr std::string_view kLegacy = ".libvirt-qemu";  // without systemd
  if (component.starts_with(kPrefix) && component.ends_with(kScope) &&
      component.size() > kPrefix.size() + kScope.size()) {
    component.remove_prefix(kPrefix.size());
    component.remove_suffix(kScope.size());
    return after_number(systemd_unescape(component));
  }
  if (component.ends_with(kLegacy)) {
    component.remove_suffix(kLegacy.size());
    const std::string name = after_number(component);
    return name.empty() ? std::string(component) : name;
  }
  return {};
}

}  // namespace

std::string qemu_name(std::string_view cmdline) {
  std::string_view rest = cmdline;
  if (!is_qemu(base_name(next_piece(rest, '\0')))) {
    return {};
  }
  std::string name;
  while (!rest.empty()) {
    const std::string_view argument = next_piece(rest, '\0');
    if (argument == "-name" || argument == "--name") {
      if (std::string given = guest_in(next_piece(rest, '\0')); !given.empty()) {
        name = std::move(given);
      }
    }
  }
  return name.substr(0, kLongestName);
}

std::string libvirt_name(std::string_view cgroup) {
  while (!cgroup.empty()) {
    std::string_view path = next_piece(cgroup, '\n');
    while (!path.empty()) {
      if (std::string name = machine_name(next_piece(path, '/')); !name.empty()) {
        return name.substr(0, kLongestName);
      }
    }
  }
  return {};
}

}  // namespace wakepath::host
