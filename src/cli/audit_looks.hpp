// SPDX-License-Identifier: GPL-2.0-or-later
// audit --watch: one capture, and looks at what it found so far. A capture for each look would need
// the rights again that the first one gave up.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "audit/audit.hpp"
#include "audit/cpu_activity.hpp"
#include "cli/arguments.hpp"
#include "cli/console.hpp"
#include "cli/watch_session.hpp"
#include "present/renderer.hpp"
#include "screen/audit_watch.hpp"

namespace wakepath::cli {

class AuditLooks {
 public:
  // Takes the terminal, where there is one that can show a screen. `input` is what is known before
  // the capture.
  AuditLooks(const AuditArguments& arguments, audit::AuditInput input, Console& console);

  // The rights that are not needed are gone.
  void start();
  // After each round of the capture. False: it is over, because the user quits, the terminal is
  // gone, or nobody reads what is printed.
  Result<bool> round(audit::CpuActivity& activity);
  // For the end: as it is without a watch.
  void say(const std::string& text);
  // Gives the terminal back, and tells what was said meanwhile.
  void close();
  // Ours.
  [[nodiscard]] const std::vector<std::uint32_t>& threads() const { return input_.self; }

 private:
  using Clock = std::chrono::steady_clock;
  [[nodiscard]] audit::AuditReport report_on(const audit::Observed& observed) const;
  Result<void> look(audit::CpuActivity& activity);

  audit::AuditInput input_;
  Console& console_;
  std::chrono::nanoseconds interval_;
  std::unique_ptr<present::Renderer> renderer_;
  std::unique_ptr<WatchSession> session_;  // null: text
  screen::AuditWatch watch_;
  std::vector<std::string> said_;
  std::uint64_t number_{0};
  Clock::time_point start_{Clock::now()};
  Clock::time_point due_{start_};
};

}  // namespace wakepath::cli
