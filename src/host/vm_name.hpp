// SPDX-License-Identifier: GPL-2.0-or-later
// How a VM is called, from what its process shows. Texts are hostile; empty results mean: not said.
#pragma once

#include <string>
#include <string_view>

namespace wakepath::host {

// /proc/PID/cmdline: of QEMU, the name that -name gives.
std::string qemu_name(std::string_view cmdline);

// /proc/PID/cgroup: the name in libvirt's scope, "machine-qemu\x2d3\x2dweb1.scope" -> "web1".
std::string libvirt_name(std::string_view cgroup);

}  // namespace wakepath::host
