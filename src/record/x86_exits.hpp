// SPDX-License-Identifier: GPL-2.0-or-later
// Why a guest of x86 left: the numbers of Intel's VMX and of AMD's SVM, and the kernel's words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wakepath/abi.h"

namespace wakepath::record {

struct X86Exit {
  std::int32_t number{-1};  // -1: not known
  std::uint32_t vendor{WP_X86_UNKNOWN};
};

// "HLT" (Intel), "hlt" (AMD), or a number, "0x1f".
X86Exit x86_exit(std::string_view words);

// The words; both vendors' where the number is one of both and `vendor` is not known.
std::string x86_exit_name(std::int32_t number, std::uint32_t vendor);

}  // namespace wakepath::record
