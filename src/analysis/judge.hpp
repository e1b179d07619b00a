// SPDX-License-Identifier: GPL-2.0-or-later
// Judges what was observed by an expression.
#pragma once

#include "analysis/analysis.hpp"
#include "analysis/verdict.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::analysis {

// Not judged: an expression of which nothing, or too little, was observed, and one over a part of
// the input. A percentile that is over its limit whatever the wakes that lack had taken has failed,
// without a value.
VerdictResult judge(const Verdict& verdict, const std::string& expression, const Summary& summary,
                    const Latencies& latencies);

// The selection as the options that make it: "--vm web --vcpu 0". Empty: all wakes.
std::string text_of(const Selection& selection);

}  // namespace wakepath::analysis
