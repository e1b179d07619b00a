// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/vcpu_name.hpp"

#include <charconv>

namespace wakepath::foreign {

namespace {

std::optional<std::uint32_t> whole_number(std::string_view text) {
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && rest == end ? std::optional(number) : std::nullopt;
}

// "CPU 2/KVM", and what function_graph's seven columns leave of it: "CPU 2/K".
std::optional<std::uint32_t> qemu_number(std::string_view comm) {
  constexpr std::string_view kBegin = "CPU ";
  constexpr std::string_view kEnd = "/KVM";
  constexpr std::size_t kCutTo = 7;
  const std::size_t slash = comm.find('/');
  if (!comm.starts_with(kBegin) || slash == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view end = comm.substr(slash);
  const bool fits = end == kEnd || (comm.size() == kCutTo && kEnd.starts_with(end));
  return fits ? whole_number(comm.substr(kBegin.size(), slash - kBegin.size())) : std::nullopt;
}

}  // namespace

std::optional<std::uint32_t> vcpu_number(std::string_view comm) {
  if (const auto number = qemu_number(comm)) {
    return number;
  }
  constexpr std::string_view kWord = "vcpu";
  const std::size_t at = comm.rfind(kWord);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view before = comm.substr(0, at);
  std::string_view after = comm.substr(at + kWord.size());
  constexpr std::string_view kSeparators = " _-";
  const bool own_word = before.empty() || kSeparators.find(before.back()) != std::string_view::npos;
  if (!after.empty() && kSeparators.find(after.front()) != std::string_view::npos) {
    after.remove_prefix(1);
  }
  return own_word ? whole_number(after) : std::nullopt;
}

}  // namespace wakepath::foreign
