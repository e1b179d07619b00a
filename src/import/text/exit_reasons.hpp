// SPDX-License-Identifier: GPL-2.0-or-later
// kvm_exit's reasons on x86, from the kernel's words back to the vendor's numbers.
#pragma once

#include <cstdint>
#include <string_view>

namespace wakepath::foreign::text {

// "HLT" (VMX), "hlt" (SVM), "0x4d"; -1: not known.
std::int32_t x86_exit_reason(std::string_view words);

}  // namespace wakepath::foreign::text
