// SPDX-License-Identifier: GPL-2.0-or-later
// The name of a VM, from the files of its process. Texts are hostile. An empty result: not known.
#pragma once

#include <string>
#include <string_view>

namespace wakepath::host {

// /proc/PID/cmdline: of QEMU, the name that -name gives.
std::string qemu_name(std::string_view cmdline);

// /proc/PID/cgroup: the name in libvirt's scope, "machine-qemu\x2d3\x2dweb1.scope" -> "web1".
std::string libvirt_name(std::string_view cgroup);

}  // namespace wakepath::host
