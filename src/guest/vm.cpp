// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest/vm.hpp"

#include <atomic>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>

namespace wakepath::guest {
namespace {

tl::unexpected<Error> no_kvm(int error_number) {
  if (error_number == EACCES || error_number == EPERM) {
    return fail(ErrorKind::not_permitted, "/dev/kvm may not be opened by this user",
                "run as root, or: usermod -aG kvm USER, then log in again");
  }
  if (error_number == ENOENT || error_number == ENODEV || error_number == ENXIO) {
#if defined(__x86_64__)
    const char* fix = "modprobe kvm_intel || modprobe kvm_amd";
#else
    const char* fix = "boot a kernel with KVM at EL2";
#endif
    return fail(ErrorKind::unsupported, "this host has no KVM (/dev/kvm)", fix);
  }
  return system_error(ErrorKind::unsupported, "/dev/kvm can't be opened", error_number);
}

unsigned long vm_type([[maybe_unused]] const Fd& kvm) {
#if defined(__aarch64__)
  // Type 0 asks for 40 bits of guest address, which some processors lack. This guest uses addresses
  // below 2 GiB alone.
  const int limit = ::ioctl(kvm.get(), KVM_CHECK_EXTENSION, KVM_CAP_ARM_VM_IPA_SIZE);
  if (limit > 0 && limit < 40) {
    return KVM_VM_TYPE_ARM_IPA_SIZE(static_cast<unsigned long>(limit));
  }
#endif
  return 0;
}

}  // namespace

tl::unexpected<Error> system_error(ErrorKind code, const std::string& what, int error_number) {
  return fail(code, what + ": " + std::generic_category().message(error_number));
}

Result<void> set_attribute(const Fd& device, std::uint32_t group, std::uint64_t attribute,
                           void* value, const char* name) {
  kvm_device_attr attr{};
  attr.group = group;
  attr.attr = attribute;
  attr.addr = reinterpret_cast<std::uintptr_t>(value);
  auto done = call(device, KVM_SET_DEVICE_ATTR, &attr, name);
  if (!done) {
    return tl::unexpected(done.error());
  }
  return {};
}

Result<Vcpu> Vcpu::create(const Fd& vm, unsigned index, std::size_t run_bytes) {
  auto number = call(vm, KVM_CREATE_VCPU, static_cast<unsigned long>(index), "KVM_CREATE_VCPU");
  if (!number) {
    return tl::unexpected(number.error());
  }
  Fd fd(*number);
  Mapping run(::mmap(nullptr, run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0),
              run_bytes);
  if (!run) {
    return system_error(ErrorKind::unsupported, "a vCPU's kvm_run can't be mapped", errno);
  }
  return Vcpu(std::move(fd), std::move(run), index);
}

void Vcpu::leave_at_once() const { std::atomic_ref(run().immediate_exit).store(1); }

Result<Vm> Vm::create(std::uint64_t memory_base, std::size_t memory_bytes) {
  const Fd kvm(::open("/dev/kvm", O_RDWR | O_CLOEXEC));
  if (!kvm) {
    return no_kvm(errno);
  }
  const int version = ::ioctl(kvm.get(), KVM_GET_API_VERSION, 0);
  if (version != KVM_API_VERSION) {
    return fail(ErrorKind::unsupported, "/dev/kvm speaks API version " + std::to_string(version) +
                                            ", not " + std::to_string(KVM_API_VERSION));
  }
  auto run_bytes = call(kvm, KVM_GET_VCPU_MMAP_SIZE, 0, "KVM_GET_VCPU_MMAP_SIZE");
  if (!run_bytes) {
    return tl::unexpected(run_bytes.error());
  }
  int vm_fd = -1;
  do {
    vm_fd = ::ioctl(kvm.get(), KVM_CREATE_VM, vm_type(kvm));
  } while (vm_fd < 0 && errno == EINTR);
  if (vm_fd < 0) {
    return system_error(ErrorKind::unsupported, "KVM refused KVM_CREATE_VM", errno);
  }
  Fd vm(vm_fd);
  Mapping memory(
      ::mmap(nullptr, memory_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      memory_bytes);
  if (!memory) {
    return system_error(ErrorKind::unsupported, "no memory for the guest", errno);
  }
  kvm_userspace_memory_region region{};
  region.guest_phys_addr = memory_base;
  region.memory_size = memory_bytes;
  region.userspace_addr = reinterpret_cast<std::uintptr_t>(memory.get());
  auto mapped = call(vm, KVM_SET_USER_MEMORY_REGION, &region, "KVM_SET_USER_MEMORY_REGION");
  if (!mapped) {
    return tl::unexpected(mapped.error());
  }
  return Vm(std::move(memory), std::move(vm), static_cast<std::size_t>(*run_bytes));
}

Result<Vcpu> Vm::add_vcpu(unsigned index) const { return Vcpu::create(vm_, index, run_bytes_); }

Result<void> Vm::attach_irqfd(const Fd& event, unsigned gsi) const {
  kvm_irqfd irqfd{};
  irqfd.fd = static_cast<std::uint32_t>(event.get());
  irqfd.gsi = gsi;
  auto attached = call(vm_, KVM_IRQFD, &irqfd, "KVM_IRQFD");
  if (!attached) {
    return tl::unexpected(attached.error());
  }
  return {};
}

int Vm::extension(int which) const {
  const int answer = ::ioctl(vm_.get(), KVM_CHECK_EXTENSION, which);
  return answer < 0 ? 0 : answer;
}

}  // namespace wakepath::guest
