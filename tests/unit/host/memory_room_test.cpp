// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/memory_room.hpp"

#include <gtest/gtest.h>

#include "tree.hpp"

namespace wakepath::host {
namespace {

struct MemoryRoom : Tree {
  void put_available(const char* kib) const {
    put("proc/meminfo", std::string("MemTotal:       24683620 kB\nMemFree:         1000 kB\n") +
                            "MemAvailable:   " + kib + " kB\nBuffers:  5 kB\n");
  }
};

TEST_F(MemoryRoom, IsWhatIsAvailableWhereNoGroupHasALimit) {
  put_available("2000");
  EXPECT_EQ(memory_room(root()), 2000U * 1024);
  put("proc/self/cgroup", "0::/user.slice/one.scope\n");
  put("sys/fs/cgroup/user.slice/memory.max", "max\n");
  put("sys/fs/cgroup/user.slice/memory.current", "5\n");
  EXPECT_EQ(memory_room(root()), 2000U * 1024);
}

TEST_F(MemoryRoom, IsWhatTheTightestGroupHasLeft) {
  put_available("2000");
  put("proc/self/cgroup", "0::/user.slice/one.scope\n");
  put("sys/fs/cgroup/user.slice/memory.max", "1000000\n");
  put("sys/fs/cgroup/user.slice/memory.current", "400000\n");
  EXPECT_EQ(memory_room(root()), 600'000U);
  put("sys/fs/cgroup/user.slice/one.scope/memory.max", "1000\n");
  put("sys/fs/cgroup/user.slice/one.scope/memory.current", "400\n");
  EXPECT_EQ(memory_room(root()), 600U);
  put("sys/fs/cgroup/user.slice/one.scope/memory.current", "4000\n");
  EXPECT_EQ(memory_room(root()), 0U) << "it holds more than it may";
}

TEST_F(MemoryRoom, FilesInMemoryGiveWay) {
  put_available("2000");
  put("proc/self/cgroup", "4:memory:/a\n");
  put("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "1000\n");
  put("sys/fs/cgroup/memory/a/memory.usage_in_bytes", "900\n");
  put("sys/fs/cgroup/memory/a/memory.stat",
      "inactive_file 1\nactive_file 1\ntotal_inactive_file 300\ntotal_active_file 200\n");
  EXPECT_EQ(memory_room(root()), 600U);
  put("proc/self/cgroup", "0::/b\n");
  put("sys/fs/cgroup/b/memory.max", "1000\n");
  put("sys/fs/cgroup/b/memory.current", "900\n");
  put("sys/fs/cgroup/b/memory.stat", "anon 400\ninactive_file 30\nactive_file 20\n");
  EXPECT_EQ(memory_room(root()), 150U);
}

TEST_F(MemoryRoom, AContainersOwnGroupIsTheTopmost) {
  put_available("2000");
  put("proc/self/cgroup", "5:cpu,cpuacct:/docker/12\n4:memory:/docker/12\n0::/\n");
  put("sys/fs/cgroup/memory/memory.limit_in_bytes", "5000\n");
  put("sys/fs/cgroup/memory/memory.usage_in_bytes", "1000\n");
  EXPECT_EQ(memory_room(root()), 4000U);
}

TEST_F(MemoryRoom, IsNothingWhereNothingIsTold) {
  EXPECT_EQ(memory_room(root()), 0U);
  put("proc/meminfo", "MemAvailable: many kB\n");
  EXPECT_EQ(memory_room(root()), 0U);
}

}  // namespace
}  // namespace wakepath::host
