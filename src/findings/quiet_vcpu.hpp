// SPDX-License-Identifier: GPL-2.0-or-later
// The finding of a vCPU that was not woken from a sleep.
#pragma once

#include <string>
#include <string_view>

#include "wakepath/finding.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::findings {

// `arch` is the host's ("aarch64").
Finding quiet_vcpu(const QuietVcpu& vcpu, std::string_view arch);

// What is known of why, without the vCPU's name: "asleep all the time".
std::string quiet_reason(const QuietVcpu& vcpu);

// None where nothing is to be mended.
std::vector<Fix> quiet_fixes(QuietVcpu::Why why, std::string_view arch);

}  // namespace wakepath::findings
