// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/check_output.hpp"

#include <gtest/gtest.h>

namespace wakepath::present {
namespace {

using findings::Check;

std::vector<Check> checks() {
  return {findings::fine("BTF", "there"),
          findings::wrong("BPF JIT", "bpf_jit", Check::State::warning, "off",
                          {{"sysctl net.core.bpf_jit_enable=1", "", ""}})};
}

TEST(CheckOutput, TextSaysWhatMendsIt) {
  fmt::memory_buffer out;
  check_text(checks(), 80, out);
  EXPECT_EQ(fmt::to_string(out),
            "This host can capture, with 1 warning.\n"
            "  ok       BTF      there\n"
            "  warning  BPF JIT  off\n"
            "                    fix: sysctl net.core.bpf_jit_enable=1\n");
}

TEST(CheckOutput, OnANarrowPageTextGoesOnBelowAndACommandDoesNot) {
  std::vector<Check> narrow = checks();
  narrow[0].detail = "a text that takes more than one line";
  fmt::memory_buffer out;
  check_text(narrow, 40, out);
  EXPECT_EQ(fmt::to_string(out),
            "This host can capture, with 1 warning.\n"
            "  ok       BTF      a text that takes\n"
            "                    more than one line\n"
            "  warning  BPF JIT  off\n"
            "                    fix: sysctl net.core.bpf_jit_enable=1\n");
}

TEST(CheckOutput, NdjsonKeepsItsChecksAndAddsFindings) {
  fmt::memory_buffer out;
  check_ndjson(checks(), out);
  const std::string text = fmt::to_string(out);
  EXPECT_EQ(text.find(R"({"type":"check","name":"BTF","state":"ok","detail":"there","fix":null})"),
            0U);
  EXPECT_NE(text.find(R"("state":"warning","detail":"off","fix":"sysctl net.core)"),
            std::string::npos);
  EXPECT_NE(text.find(R"({"type":"finding","severity":"warning","rule":"bpf_jit")"),
            std::string::npos);
}

}  // namespace
}  // namespace wakepath::present
