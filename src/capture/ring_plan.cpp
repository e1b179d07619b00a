// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/ring_plan.hpp"

#include "capture/open_files.hpp"

#include <utility>

#include <unistd.h>

#include "capture/privileges.hpp"

namespace wakepath::capture {

Result<RingPlan> plan_rings(const CaptureOptions& options) {
  WAKEPATH_TRY(host::Cpus cpus, host::read_cpus("/"));
  WAKEPATH_CHECK(allow_open_files(cpus.possible));
  const auto page = static_cast<std::size_t>(::getpagesize());
  WAKEPATH_TRY(const RingSizes bytes,
               ring_size(options.ring_bytes, cpus.online.list().size(), page));
  return RingPlan{std::move(cpus), bytes, page};
}

Result<void> need_wanted_kvm(const CaptureOptions& options) {
  return options.without_kvm ? Result<void>{} : need_kvm();
}

}  // namespace wakepath::capture
