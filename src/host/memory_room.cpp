// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/memory_room.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "host/read_file.hpp"
#include "host/text.hpp"

namespace wakepath::host {

namespace {

// Of a line like "MemAvailable:   2000 kB" or "inactive_file 2000". 0: there is none.
std::uint64_t number_of(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    std::string_view line = next_piece(text, '\n');
    if (!line.starts_with(name)) {
      continue;
    }
    line.remove_prefix(name.size());
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    return whole_number<std::uint64_t>(next_piece(line, ' ')).value_or(0);
  }
  return 0;
}

std::uint64_t available(const std::string& root) {
  constexpr std::uint64_t kKibi = 1024;
  return number_of(read_file(root + "/proc/meminfo").value_or(""), "MemAvailable:") * kKibi;
}

// nullopt: there is no limit, or none is told ("max").
std::optional<std::uint64_t> left_in(const std::string& group, bool unified) {
  const auto number = [&group](const char* name) {
    const auto line = read_line(group + name);
    return line ? whole_number<std::uint64_t>(*line) : std::nullopt;
  };
  const auto most = number(unified ? "/memory.max" : "/memory.limit_in_bytes");
  auto used = number(unified ? "/memory.current" : "/memory.usage_in_bytes");
  if (!most || !used) {
    return std::nullopt;
  }
  // Files in memory give way.
  const std::string held = read_file(group + "/memory.stat").value_or("");
  for (const char* name : {"active_file ", "inactive_file "}) {
    *used -= std::min(*used, number_of(held, unified ? name : std::string("total_") + name));
  }
  return *most - std::min(*most, *used);
}

}  // namespace

std::uint64_t memory_room(const std::string& root) {
  std::uint64_t room = available(root);
  const auto text = read_file(root + "/proc/self/cgroup");
  for (std::string_view rest = text ? std::string_view(*text) : ""; !rest.empty();) {
    // "0::/a/b", or "4:memory:/a/b" of the first version
    std::string_view path = next_piece(rest, '\n');
    next_piece(path, ':');
    const std::string_view controllers = next_piece(path, ':');
    const bool unified = controllers.empty();
    if (!unified && controllers != "memory") {
      continue;
    }
    const std::string base = root + (unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory");
    // In a container the path may be the host's: the topmost directory is the container's own then.
    while (true) {
      const bool topmost = path.empty() || path == "/";
      const std::string group = topmost ? base : base + std::string(path);
      room = std::min(room, left_in(group, unified).value_or(room));
      if (topmost) {
        break;
      }
      path = path.substr(0, path.rfind('/'));
    }
  }
  return room;
}

}  // namespace wakepath::host
