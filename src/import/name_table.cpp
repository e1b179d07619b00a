// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/name_table.hpp"

#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace wakepath::foreign {

namespace {

// A hostile trace may name as much as it likes.
constexpr std::size_t kMostNames = 100'000;
constexpr std::size_t kLongestName = 255;
// Below any kernel address.
constexpr std::uint64_t kFirst = 0x1000;

// "vhost_work [vhost]": the module that it is in.
std::string_view without_module(std::string_view name) {
  const std::size_t end = name.find(" [");
  return name.substr(0, std::min(end, kLongestName));
}

std::optional<std::uint64_t> printed_address(std::string_view name) {
  if (!name.starts_with("0x")) {
    return std::nullopt;
  }
  std::uint64_t address = 0;
  const char* const end = name.data() + name.size();
  const auto [at, error] = std::from_chars(name.data() + 2, end, address, 16);
  return error == std::errc{} && at == end ? std::optional(address) : std::nullopt;
}

}  // namespace

std::uint64_t NameTable::function(std::string_view name, std::uint64_t address) {
  name = without_module(name);
  // What has no symbol, as the kernel's and perf's texts have it.
  if (const auto number = printed_address(name)) {
    address = *number;
    name = {};
  }
  if (name.empty()) {
    if (name_of_ && address != 0 && addresses_.size() < kMostNames &&
        addresses_.try_emplace(address, true).second) {
      if (std::string known = name_of_(address); !known.empty()) {
        facts_.emplace_back(SymbolFact{address, std::move(known)});
      }
    }
    return address;
  }
  if (const auto found = functions_.find(name); found != functions_.end()) {
    return found->second;
  }
  if (functions_.size() >= kMostNames) {
    return 0;
  }
  const std::uint64_t number = kFirst + functions_.size();
  functions_.emplace(name, number);
  facts_.emplace_back(SymbolFact{number, std::string(name)});
  return number;
}

std::uint64_t NameTable::action(std::uint32_t irq, std::string_view name) {
  name = name.substr(0, kLongestName);
  key_.clear();
  fmt::format_to(std::back_inserter(key_), "{} {}", irq, name);
  if (const auto found = actions_.find(key_); found != actions_.end()) {
    return found->second;
  }
  if (actions_.size() >= kMostNames) {
    return 0;
  }
  const std::uint64_t number = kFirst + actions_.size();
  actions_.emplace(key_, number);
  Interrupt interrupt;
  interrupt.irq = irq;
  interrupt.action = name;
  facts_.emplace_back(IrqFact{number, std::move(interrupt)});
  return number;
}

std::vector<Fact> NameTable::take_facts() { return std::exchange(facts_, {}); }

}  // namespace wakepath::foreign
