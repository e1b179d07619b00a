// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/open_capture.hpp"

#include <utility>

#include "capture/bpf/bpf_backend.hpp"
#include "capture/stale_instances.hpp"
#include "capture/tracefs/tracefs_backend.hpp"
#include "host/tree_facts.hpp"
#include "interrupts/irq_reading.hpp"

namespace wakepath::capture {

namespace {

Error neither_works(const Error& bpf, const Error& tracefs) {
  if (bpf.message == tracefs.message || bpf.kind == ErrorKind::not_permitted) {
    return bpf;
  }
  const Error& mendable = tracefs.fix.empty() ? bpf : tracefs;
  return {bpf.kind, bpf.message + "; without BPF: " + tracefs.message, mendable.fix,
          mendable.fix_is_command};
}

// It still traces, and slows down what this capture measures.
void end_what_killed_runs_left() {
  if (const std::string root = tracefs_root(); !root.empty()) {
    const InstancesLock lock(root);
    remove_stale_instances(root);
  }
}

}  // namespace

Result<OpenCapture> open_capture(LiveBackend backend, const CaptureOptions& options,
                                 guest::Guest* guest) {
  end_what_killed_runs_left();
  if (backend == LiveBackend::tracefs) {
    WAKEPATH_TRY(auto source, open_tracefs_capture(options, guest, {}));
    return OpenCapture{std::move(source), {}};
  }
  auto bpf = open_bpf_capture(options, guest);
  if (bpf) {
    return OpenCapture{std::move(*bpf), {}};
  }
  const Error& error = bpf.error();
  const bool elsewhere =
      error.kind == ErrorKind::unsupported || error.kind == ErrorKind::not_permitted;
  if (backend == LiveBackend::bpf || !elsewhere) {
    return tl::unexpected(error);
  }
  auto tracefs = open_tracefs_capture(options, guest, error.message);
  if (!tracefs) {
    return tl::unexpected(neither_works(error, tracefs.error()));
  }
  return OpenCapture{std::move(*tracefs), error.message};
}

}  // namespace wakepath::capture

namespace wakepath {

Result<std::unique_ptr<LiveCapture>> open_live(const LiveOptions& options) {
  capture::CaptureOptions capture;
  WAKEPATH_TRY(capture.events, capture::EventSet::parse(options.events));
  capture.ring_bytes = options.ring_bytes;
  capture.poll = options.poll;
  capture.without_kvm = options.without_kvm;
  capture.irqs = interrupts::read_irq_sources;
  capture.host_files = host::read_tree_facts;
  WAKEPATH_TRY(auto opened, capture::open_capture(options.backend, capture, nullptr));
  return std::move(opened.source);
}

}  // namespace wakepath
