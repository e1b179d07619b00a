// SPDX-License-Identifier: GPL-2.0-or-later
// A made-up /proc and /sys below a directory of its own.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "support/temporary_directory.hpp"

namespace wakepath::host {

class Tree : public ::testing::Test {
 protected:
  void put(const std::string& path, std::string_view text) const {
    const std::filesystem::path full = root() + "/" + path;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full, std::ios::binary) << text;
  }
  void put_process(const std::string& pid, const std::string& tgid, std::string_view comm) const {
    put("proc/" + pid + "/comm", std::string(comm) + "\n");
    put("proc/" + pid + "/status", "Name:\tx\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t" + tgid +
                                       "\nNgid:\t0\nPid:\t" + pid + "\n");
  }
  // Started `start` clock ticks after boot.
  void put_start(const std::string& pid, std::string_view comm, unsigned start) const {
    put("proc/" + pid + "/stat", pid + " (" + std::string(comm) +
                                     ") S 1 1 1 0 -1 4194560 1 0 0 0 5 6 0 0 20 0 3 0 " +
                                     std::to_string(start) + " 1000 200\n");
  }
  void link(const std::string& path, const std::string& to) const {
    const std::filesystem::path full = root() + "/" + path;
    std::filesystem::create_directories(full.parent_path());
    std::filesystem::create_symlink(to, full);
  }
  [[nodiscard]] const std::string& root() const { return directory_.path(); }

 private:
  testing::TemporaryDirectory directory_;
};

}  // namespace wakepath::host
