// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/audit_looks.hpp"

#include <charconv>
#include <filesystem>
#include <system_error>
#include <utility>

#include "cli/result_view.hpp"
#include "cli/screen_session.hpp"

namespace wakepath::cli {

namespace {

// nullptr: text is printed, again and again.
std::unique_ptr<WatchSession> open_audit_screen(const AuditArguments& arguments,
                                                const Console& console) {
  if (arguments.plain || arguments.format != Format::table || !can_show_screen(console)) {
    return nullptr;
  }
  auto session = WatchSession::open("wakepath audit", screen::AuditWatch::help(),
                                    is_colored(Color::automatic, console));
  return session ? std::move(*session) : nullptr;
}

std::unique_ptr<present::Renderer> make_audit_renderer(const AuditArguments& arguments,
                                                       Console& console) {
  present::RenderOptions options;
  options.all = arguments.all;
  options.text.width = console.line_width();
  return present::make_renderer(arguments.format, options, console.out(), console.err());
}

// One of them draws, wherever the kernel lets it.
std::vector<std::uint32_t> own_threads() {
  std::vector<std::uint32_t> threads;
  std::error_code error;
  for (const auto& one : std::filesystem::directory_iterator("/proc/self/task", error)) {
    const std::string name = one.path().filename();
    std::uint32_t tid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), tid).ec == std::errc{}) {
      threads.push_back(tid);
    }
  }
  return threads;
}

}  // namespace

AuditLooks::AuditLooks(const AuditArguments& arguments, audit::AuditInput input, Console& console)
    : input_(std::move(input)),
      console_(console),
      interval_(arguments.interval),
      renderer_(make_audit_renderer(arguments, console)),
      session_(open_audit_screen(arguments, console)) {
  input_.fail_at.reset();  // the end is judged
}

void AuditLooks::start() {
  start_ = Clock::now();
  due_ = start_ + interval_;
  if (session_) {
    session_->start();
    input_.self = own_threads();
    const audit::AuditReport declared = audit::audit(input_);
    session_->show(watch_.look(declared, declared, 0));
  }
}

audit::AuditReport AuditLooks::report_on(const audit::Observed& observed) const {
  audit::AuditInput input = input_;
  input.observed = &observed;
  return audit::audit(input);
}

Result<void> AuditLooks::look(audit::CpuActivity& activity) {
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start_);
  const auto since_ns = static_cast<std::uint64_t>(since.count());
  const audit::CpuActivity::Look seen = activity.look();
  audit::AuditReport lately = report_on(seen.lately);
  if (session_) {
    session_->show(watch_.look(lately, report_on(seen.so_far), since_ns));
    return {};
  }
  lately.look = audit::AuditLook{++number_, since_ns};
  WAKEPATH_CHECK(renderer_->audit(lately));
  return console_.out().flush();
}

Result<bool> AuditLooks::round(audit::CpuActivity& activity) {
  if (const auto now = Clock::now(); now >= due_) {
    WAKEPATH_CHECK(look(activity));
    due_ = now + interval_;
  }
  return session_ ? session_->round() : !console_.out().closed();
}

void AuditLooks::say(const std::string& text) {
  constexpr std::size_t kMost = 100;
  if (!session_) {
    console_.say(text);
  } else if (said_.size() < kMost) {
    said_.push_back(text);
  }
}

void AuditLooks::close() {
  session_.reset();
  for (const std::string& text : std::exchange(said_, {})) {
    console_.say(text);
  }
}

}  // namespace wakepath::cli
