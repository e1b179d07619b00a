// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/function_names.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>

#include "util/escape.hpp"

namespace wakepath::foreign {

namespace {

constexpr std::size_t kMostEntries = 4'000'000;
constexpr std::size_t kLongestName = 512;  // KSYM_NAME_LEN, include/linux/kallsyms.h

}  // namespace

// "ffffc4bdf906dd60 t kvm_bg_timer_expire", with "\t[module]" behind it for modules.
Result<FunctionNames> FunctionNames::read(const std::string& path) {
  std::ifstream file(path);
  FunctionNames names;
  std::string line;
  while (names.entries_.size() < kMostEntries && std::getline(file, line)) {
    Entry entry{};
    const char* const end = line.data() + line.size();
    const auto [at, error] = std::from_chars(line.data(), end, entry.address, 16);
    if (error != std::errc{} || end - at < 4 || at[0] != ' ' || at[2] != ' ' ||
        entry.address == 0 || std::string_view("tTwW").find(at[1]) == std::string_view::npos) {
      continue;
    }
    std::string_view name(at + 3, static_cast<std::size_t>(end - at - 3));
    name = name.substr(0, std::min(name.find_first_of("\t "), kLongestName));
    entry.name = name;
    names.entries_.push_back(std::move(entry));
  }
  if (names.entries_.empty()) {
    return fail(
        ExitCode::bad_input,
        "'" + escape_terminal(path) + "' names no function: it is no copy of /proc/kallsyms",
        "as root on the traced host: cat /proc/kallsyms >FILE");
  }
  // Of symbols with one address the first that the kernel lists counts.
  std::ranges::stable_sort(names.entries_, {}, &Entry::address);
  return names;
}

std::string_view FunctionNames::at(std::uint64_t address) const {
  const auto found = std::ranges::lower_bound(entries_, address, {}, &Entry::address);
  return found != entries_.end() && found->address == address ? std::string_view(found->name)
                                                              : std::string_view{};
}

}  // namespace wakepath::foreign
