// SPDX-License-Identifier: GPL-2.0-or-later
// Why a vCPU left its guest, in the words of the kernel's own tables.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wakepath::reconstruct {

// kvm_exit. aarch64: `ret` of arch/arm64/include/asm/kvm_asm.h (ARM_EXCEPTION_*), and the exception
// class of a trap (arch/arm64/include/asm/esr.h). x86_64: the vendor's number; -1: not observable.
std::string exit_name(std::string_view arch, std::int32_t ret, std::uint32_t esr_ec);

// kvm_userspace_exit: KVM_EXIT_* of include/uapi/linux/kvm.h.
std::string user_exit_name(std::uint32_t reason);

}  // namespace wakepath::reconstruct
