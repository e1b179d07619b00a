// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/audit.hpp"

#include <algorithm>
#include <array>

#include <poll.h>

#include "cli/commands.hpp"
#include "host/busy.hpp"
#include "host/host_settings.hpp"
#include "present/audit_output.hpp"

namespace wakepath::cli {

namespace {

constexpr std::size_t kScreen = 20;  // findings, of two lines each

// What the settings say; and, where they are of a host that runs, who is busy.
struct Declared {
  host::HostSettings settings;
  std::optional<analysis::IrqReport> irqs;
};

Declared read_declared(const std::string& root) {
  Declared declared{host::read_settings(root), {}};
  const host::IrqDirectory directory(root);
  analysis::IrqFacts facts;
  if (auto table = host::read_interrupts(root)) {
    facts.table = std::move(*table);
  } else {
    facts.table = directory.table();
  }
  if (facts.table.rows.empty()) {
    return declared;
  }
  for (host::InterruptRow& row : facts.table.rows) {
    if (row.chip_is_guess) {
      directory.settle(row);
    }
  }
  facts.settings = directory.settings(facts.table.rows);
  facts.devices = host::read_devices(root);
  analysis::DeviceNames names;
  names.device = [](auto, auto) { return std::string{}; };
  names.device_class = [](auto) { return std::string{}; };
  names.by_action = [&root](const std::string& action) {
    return host::find_named_device(root, action);
  };
  declared.irqs = analysis::explain(std::move(facts), names);
  return declared;
}

Result<void> check_root(const std::string& root, const host::HostSettings& settings) {
  if (settings.online || settings.rcu_nocbs || settings.threads.seen || settings.rt_runtime_us) {
    return {};
  }
  return fail(ExitCode::bad_input, "neither /proc nor /sys can be read below " + root,
              "--root DIR, where DIR/proc and DIR/sys are");
}

Result<void> check_vm(const std::string& wanted, const std::vector<std::string>& known) {
  if (wanted.empty() || std::ranges::find(known, wanted) != known.end()) {
    return {};
  }
  std::string names;
  for (const std::string& name : known) {
    names += (names.empty() ? "" : ", ") + name;
  }
  return fail(ExitCode::usage, "no VM '" + wanted + "'",
              known.empty() ? "start the VM first: none runs" : "--vm with one of: " + names);
}

ExitCode show(const AuditArguments& arguments, const analysis::AuditReport& report,
              Console& console) {
  if (arguments.format == Format::ndjson) {
    present::audit_ndjson(report, console.out().buffer());
  } else {
    present::audit_text(report, arguments.all ? 0 : kScreen, console.out().buffer());
  }
  const bool grave = arguments.fail_at && !report.findings.empty() &&
                     report.findings.front().severity >= *arguments.fail_at;
  return grave ? ExitCode::verdict_failed : ExitCode::ok;
}

}  // namespace

Result<ExitCode> audit(const AuditArguments& arguments, const std::string& /*line*/,
                       Console& console) {
  const bool here = !arguments.root;
  const Declared declared = read_declared(arguments.root.value_or(""));
  if (auto there = check_root(arguments.root.value_or("/"), declared.settings); !there) {
    return tl::unexpected(there.error());
  }
  std::vector<std::string> vms;
  for (const host::VmThreads& vm : declared.settings.threads.vms) {
    vms.push_back(vm.name);
  }
  if (auto known = check_vm(arguments.vm, vms); !known) {
    return tl::unexpected(known.error());
  }
  analysis::AuditInput input;
  input.settings = &declared.settings;
  input.irqs = declared.irqs ? &*declared.irqs : nullptr;
  input.isolated = arguments.isolated;
  input.vm = arguments.vm;
  if (here) {
    const host::BusyMeter meter("", declared.settings.threads.pinned);
    ::poll(nullptr, 0, 200);
    input.busy = meter.percent();
  }
  analysis::AuditReport report = analysis::audit(input);
  report.not_observed = here ? "not asked for" : "this is a copy";
  return show(arguments, report, console);
}

}  // namespace wakepath::cli
