// SPDX-License-Identifier: GPL-2.0-or-later
// Records of the running host. It takes root, or CAP_BPF and CAP_PERFMON. Programs that call it
// link wakepath::capture beside wakepath::core.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "wakepath/record.hpp"
#include "wakepath/result.hpp"

namespace wakepath {

enum class LiveBackend : std::uint8_t {
  any,      // BPF, or tracefs where BPF can't be used
  bpf,      // BPF or an error
  tracefs,  // ftrace's events through tracefs
};

struct LiveOptions {
  LiveBackend backend{LiveBackend::any};
  std::string events{"default"};          // as --events: default, full, NAME,.. or +NAME,-NAME,..
  std::optional<std::size_t> ring_bytes;  // of each CPU's ring: a power of two, a page at least
  std::chrono::nanoseconds poll{std::chrono::milliseconds(20)};
  bool without_kvm{false};  // start also where KVM is not there, or not yet
};

class LiveCapture : public RecordSource {
 public:
  // The next pump() drains to the end, and returns false.
  virtual void stop() = 0;
};

// Attaches to the kernel. Errors: usage for events that do not exist; unsupported and
// not_permitted, each with the command that mends it.
Result<std::unique_ptr<LiveCapture>> open_live(const LiveOptions& options = {});

}  // namespace wakepath
