// SPDX-License-Identifier: GPL-2.0-or-later
// A KVM virtual machine and its vCPUs as owned file descriptors, independent of the architecture.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "util/fd.hpp"
#include "wakepath/result.hpp"

namespace wakepath::guest {

// "WHAT: Invalid argument"
tl::unexpected<Error> system_error(ErrorKind code, const std::string& what, int error_number);

// An ioctl that is not expected to fail: its name and errno are the message if it does.
template <typename Argument>
Result<int> call(const Fd& fd, unsigned long request, Argument argument, const char* name) {
  const int result = ::ioctl(fd.get(), request, argument);
  if (result < 0) {
    return system_error(ErrorKind::unsupported, std::string("KVM refused ") + name, errno);
  }
  return result;
}

// KVM_SET_DEVICE_ATTR. `name` names the attribute in the error.
Result<void> set_attribute(const Fd& device, std::uint32_t group, std::uint64_t attribute,
                           void* value, const char* name);

class Vcpu {
 public:
  static Result<Vcpu> create(const Fd& vm, unsigned index, std::size_t run_bytes);

  [[nodiscard]] const Fd& fd() const { return fd_; }
  [[nodiscard]] unsigned index() const { return index_; }
  [[nodiscard]] kvm_run& run() const { return *static_cast<kvm_run*>(run_.get()); }
  // Makes the current or next KVM_RUN return at once; from any thread.
  void leave_at_once() const;

 private:
  Vcpu(Fd fd, Mapping run, unsigned index)
      : fd_(std::move(fd)), run_(std::move(run)), index_(index) {}

  Fd fd_;
  Mapping run_;
  unsigned index_;
};

class Vm {
 public:
  // Opens /dev/kvm. The arguments give the size and the address of the guest's memory.
  static Result<Vm> create(std::uint64_t memory_base, std::size_t memory_bytes);

  Result<Vcpu> add_vcpu(unsigned index) const;
  // Each write to `event` from now on raises the interrupt line `gsi`.
  Result<void> attach_irqfd(const Fd& event, unsigned gsi) const;
  // The answer of KVM_CHECK_EXTENSION; 0 for an unknown extension.
  [[nodiscard]] int extension(int which) const;

  [[nodiscard]] const Fd& fd() const { return vm_; }
  [[nodiscard]] std::span<std::byte> memory() const {
    return {static_cast<std::byte*>(memory_.get()), memory_.size()};
  }

 private:
  Vm(Mapping memory, Fd vm, std::size_t run_bytes)
      : memory_(std::move(memory)), vm_(std::move(vm)), run_bytes_(run_bytes) {}

  Mapping memory_;  // outlives the VM that maps it
  Fd vm_;
  std::size_t run_bytes_;
};

}  // namespace wakepath::guest
