// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/tracefs/instance.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include "capture/privileges.hpp"
#include "capture/stale_instances.hpp"

namespace wakepath::capture {

namespace {

constexpr unsigned kMostNamesakes = 100;

tl::unexpected<Error> refused(const std::string& what) {
  const int error = errno;
  const bool permission = error == EACCES || error == EPERM || error == EROFS;
  return fail(permission ? ErrorKind::not_permitted : ErrorKind::unsupported,
              "tracefs: " + what + ": " + std::strerror(error),
              permission ? "run as root, on the host itself" : "");
}

std::uint64_t number_after(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(name);
  std::uint64_t value = 0;
  if (at != std::string_view::npos) {
    const std::string_view rest = text.substr(at + name.size());
    std::from_chars(rest.data(), rest.data() + rest.size(), value);
  }
  return value;
}

}  // namespace

Result<std::string> find_tracefs() {
  if (read_lockdown() == "confidentiality") {
    return fail(ErrorKind::not_permitted,
                "the kernel is locked down (confidentiality): tracefs may not be used",
                "boot with lockdown=integrity, or without lockdown=");
  }
  const char* path = nullptr;
  if (::tracefs_tracing_dir_is_mounted(false, &path) != 1 || path == nullptr) {
    return fail(ErrorKind::unsupported, "tracefs is not mounted",
                Command{"mount -t tracefs nodev /sys/kernel/tracing"});
  }
  const std::string instances = std::string(path) + "/instances";
  if (::access(instances.c_str(), W_OK | X_OK) != 0) {
    if (errno == ENOENT) {
      return fail(ErrorKind::unsupported, "this kernel's ftrace has no instances");
    }
    return refused("no tracing instance may be made");
  }
  return std::string(path);
}

Result<TracefsInstance> TracefsInstance::create(std::size_t ring_bytes) {
  const auto root = find_tracefs();
  if (!root) {
    return tl::unexpected(root.error());
  }
  const InstancesLock lock(*root);
  remove_stale_instances(*root);
  TracefsInstance made;
  // Somebody of another PID namespace may have our number: what was there is not ours.
  for (unsigned other = 0; !made.instance_; ++other) {
    const std::string more = other == 0 ? "" : "-" + std::to_string(other);
    const std::string name = std::string(kOurInstances) + std::to_string(::getpid()) + more;
    std::unique_ptr<tracefs_instance, Free> found(::tracefs_instance_create(name.c_str()));
    if (!found || other == kMostNamesakes) {
      return refused("no tracing instance can be made");
    }
    if (::tracefs_instance_is_new(found.get())) {
      made.instance_ = std::move(found);
    }
  }
  const LibraryText directory(::tracefs_instance_get_dir(made.instance_.get()));
  made.lock_ = directory ? lock_instance(directory.get()) : Fd();
  if (!made.lock_) {
    return refused("the tracing instance can't be locked");
  }
  if (auto done = made.set_up(ring_bytes); !done) {
    return tl::unexpected(done.error());
  }
  return made;
}

TracefsInstance::~TracefsInstance() {
  if (instance_) {
    static_cast<void>(tracing(false));
    ::tracefs_instance_destroy(instance_.get());
  }
}

Result<void> TracefsInstance::set_up(std::size_t ring_bytes) {
  tracefs_instance* const in = instance_.get();
  // Who runs is told by the switches; the kernel's table of names would cost each of them.
  ::tracefs_instance_file_write(in, "options/record-cmd", "0");
  if (auto done = tracing(false); !done) {
    return done;
  }
  if (::tracefs_instance_file_write(in, "trace_clock", "mono") < 0) {
    return refused("the clock mono is not there");
  }
  const std::string kilobytes = std::to_string(ring_bytes / 1024);
  if (::tracefs_instance_file_write(in, "buffer_size_kb", kilobytes.c_str()) < 0) {
    return refused("no memory for " + kilobytes + " kB for each CPU");
  }
  return {};
}

Result<void> TracefsInstance::enable(const std::string& system, const std::string& event) {
  return ::tracefs_event_enable(instance_.get(), system.c_str(), event.c_str()) == 0
             ? Result<void>{}
             : refused("the event " + event + " can't be enabled");
}

Result<void> TracefsInstance::tracing(bool on) {
  return ::tracefs_instance_file_write(instance_.get(), "tracing_on", on ? "1" : "0") >= 0
             ? Result<void>{}
             : refused("tracing can't be switched");
}

Fd TracefsInstance::open_pages(std::uint32_t cpu) const {
  const std::string file = "per_cpu/cpu" + std::to_string(cpu) + "/trace_pipe_raw";
  return Fd(::tracefs_instance_file_open(instance_.get(), file.c_str(),
                                         O_RDONLY | O_NONBLOCK | O_CLOEXEC));
}

// tracing_stats_read(), kernel/trace/trace.c
std::uint64_t TracefsInstance::lost(std::uint32_t cpu) const {
  const std::string file = "per_cpu/cpu" + std::to_string(cpu) + "/stats";
  const LibraryText text(::tracefs_instance_file_read(instance_.get(), file.c_str(), nullptr));
  const std::string_view stats = text ? std::string_view(text.get()) : std::string_view{};
  return number_after(stats, "\noverrun: ") + number_after(stats, "\ncommit overrun: ") +
         number_after(stats, "\ndropped events: ");
}

}  // namespace wakepath::capture
