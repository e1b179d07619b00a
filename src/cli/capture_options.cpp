// SPDX-License-Identifier: GPL-2.0-or-later
// The options that live and record share: what to capture, and the embedded guest.
#include <bit>

#include <unistd.h>

#include "cli/options.hpp"
#include "cli/size.hpp"

namespace wakepath::cli {

namespace {

using namespace std::chrono_literals;

auto workload_value() {
  using enum guest::Workload;
  return choice<guest::Workload>("KIND", {{"timer", timer},
                                          {"kworker", kworker},
                                          {"irqfd", irqfd},
                                          {"device", device},
                                          {"signal", signal},
                                          {"lpi", lpi},
                                          {"ipi", ipi}});
}

auto backend_value() {
  return choice<Backend>(
      "NAME", {{"auto", Backend::any}, {"bpf", Backend::bpf}, {"tracefs", Backend::tracefs}});
}

auto ring_value() {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return Value{"SIZE",
               fmt::format("a size that is a power of two, {} bytes at least (64K, 1M)", page),
               [page](const std::string& text) -> Result<std::size_t> {
                 WAKEPATH_TRY(const std::size_t bytes, parse_size(text));
                 if (!std::has_single_bit(bytes) || bytes < page) {
                   return fail(ErrorKind::usage, "");
                 }
                 return bytes;
               }};
}

}  // namespace

void add_events(CLI::App& app, std::string& events) {
  app.add_option("--events", events,
                 "default, full, a list NAME,.. or changes +NAME,-NAME (default: default)")
      ->type_name("SET");
}

void add_guest_options(CLI::App& app, CaptureChoices& options) {
  app.option_defaults()->group("The embedded guest");
  CLI::Option* guest = add_value(
      app, "--guest", workload_value(),
      [&options](guest::Workload value) {
        options.guest_wanted = true;
        options.guest.workload = value;
      },
      "Run the embedded guest, woken by: timer, kworker, irqfd, device, signal, lpi or ipi");
  add_value(
      app, "--period", time_value(guest::min_period, guest::max_period),
      [&options](Span value) { options.guest.period = value; },
      "Between two wakes of the embedded guest (default 10ms)")
      ->needs(guest);
  add_value(
      app, "--vcpus", number_value(1, guest::max_vcpus),
      [&options](std::uint64_t value) { options.guest.vcpus = static_cast<unsigned>(value); },
      fmt::format("vCPUs of the embedded guest, 1 to {}; 1 on x86_64 (default 1, of ipi 2)",
                  guest::max_vcpus))
      ->needs(guest);
}

void add_capture_options(CLI::App& app, CaptureChoices& options) {
  CaptureArguments& capture = options.capture;
  app.option_defaults()->group("Capture");
  add_value(
      app, "-d,--duration", time_value(), [&capture](Span value) { capture.duration = value; },
      "For so long: 500us, 10ms, 30s, 5m (default: until Ctrl-C)");
  add_events(app, options.events);
  app.add_flag("--without-kvm", capture.without_kvm,
               "Start also where there is no KVM: events of KVM are left out then");
  app.add_flag("--exits", options.exits, "Capture guest exits too: why a vCPU left the guest");
  add_value(
      app, "--ring-size", ring_value(),
      [&capture](std::size_t value) { capture.ring_bytes = value; },
      "Bytes of each CPU's ring, a power of two: 64K, 1M (default: by CPUs)");
  add_value(
      app, "--poll", time_value(Span(1), 1s), [&capture](Span value) { capture.poll = value; },
      "How often the rings are emptied, 1s at most (default 20ms)");
  add_value(
      app, "--backend", backend_value(), [&capture](Backend value) { capture.backend = value; },
      "bpf, or tracefs, which kernels without BTF have too; auto: the first that works here "
      "(default auto)");
  app.add_flag("--stats", capture.stats,
               "Measure what each BPF program costs, and say it at the end");
}

void add_no_settings(CLI::App& app, CaptureChoices& options, const std::string& help) {
  app.add_flag_callback(
      "--no-settings", [&options] { options.settings = false; }, help);
}

Result<CaptureArguments> finish(const CaptureChoices& options) {
  CaptureArguments capture = options.capture;
  if (capture.stats && capture.backend == Backend::tracefs) {
    return fail(ErrorKind::usage, "--stats measures BPF programs, and --backend tracefs runs none",
                "leave out one of the two");
  }
  WAKEPATH_TRY(capture.events, capture::EventSet::parse(options.events));
  if (options.exits) {
    capture.events.kinds.set(WP_EVENT_KVM_EXIT);
    capture.events.kinds.set(WP_EVENT_KVM_USERSPACE_EXIT);
  }
  if (options.guest_wanted) {
    capture.guest = options.guest;
  }
  return capture;
}

}  // namespace wakepath::cli
