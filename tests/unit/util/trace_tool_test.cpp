// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/trace_tool.hpp"

#include <gtest/gtest.h>

namespace wakepath {
namespace {

TEST(TraceTool, EachNamesItsOwnOptions) {
  EXPECT_EQ(record_event("trace.dat", "kvm", ""), "record with -e kvm");
  EXPECT_EQ(record_event("trace-cmd report text", "kvm", "kvm_exit"),
            "record with -e kvm:kvm_exit");
  EXPECT_EQ(record_event("perf.data", "kvm", ""), "record with -e 'kvm:*'");
  EXPECT_EQ(record_event("perf script text", "sched", "sched_waking"),
            "record with -e sched:sched_waking");
  EXPECT_EQ(record_event("ftrace text", "kvm", ""),
            "record with -e kvm (ftrace: events/kvm/enable)");
  EXPECT_EQ(record_event("ftrace text", "kvm", "kvm_exit"),
            "record with -e kvm:kvm_exit (ftrace: events/kvm/kvm_exit/enable)");

  for (const char* form : {"trace.dat", "trace-cmd report text", "function_graph in trace.dat"}) {
    EXPECT_TRUE(larger_buffers(form).starts_with("trace-cmd record -b ")) << form;
  }
  for (const char* form : {"perf.data", "perf script text"}) {
    EXPECT_TRUE(larger_buffers(form).starts_with("perf record -m ")) << form;
  }
  for (const char* form : {"ftrace text", "ftrace text, option raw", "function_graph text"}) {
    EXPECT_NE(larger_buffers(form).find("buffer_size_kb"), std::string::npos) << form;
  }
}

}  // namespace
}  // namespace wakepath
