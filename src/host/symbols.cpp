// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "host/host_facts.hpp"
#include "host/read_file.hpp"
#include "util/escape.hpp"

namespace wakepath::host {
namespace {

constexpr std::size_t kMostSymbolBytes = std::size_t{256} * 1024 * 1024;
constexpr std::uint64_t kLongestFunction = std::uint64_t{1024} * 1024;
constexpr std::uint32_t kNotText = 0;  // offset of the empty name

struct Line {
  std::uint64_t address;
  char type;
  std::string_view name;
};

// "ffffffff81000000 T _stext" with "\t[module]" behind it for modules.
std::optional<Line> parse(std::string_view line) {
  Line out{};
  std::size_t at = 0;
  for (; at < line.size() && line[at] != ' '; ++at) {
    const char digit = line[at];
    unsigned value = 0;
    if (digit >= '0' && digit <= '9') {
      value = static_cast<unsigned>(digit - '0');
    } else if (digit >= 'a' && digit <= 'f') {
      value = static_cast<unsigned>(digit - 'a') + 10;
    } else {
      return std::nullopt;
    }
    out.address = out.address << 4U | value;
  }
  if (at == 0 || at > 16 || line.size() < at + 4 || line[at + 2] != ' ') {
    return std::nullopt;
  }
  out.type = line[at + 1];
  out.name = line.substr(at + 3);
  out.name = out.name.substr(0, out.name.find('\t'));
  return out;
}

bool is_text(char type) { return type == 't' || type == 'T' || type == 'w' || type == 'W'; }

}  // namespace

std::string_view function_name(std::string_view symbol) {
  constexpr std::array<std::string_view, 6> kSuffixes = {".isra.", ".constprop.", ".part.",
                                                         ".cold",  ".llvm.",      ".localalias"};
  std::size_t end = std::min(symbol.find(" ["), symbol.size());
  for (const std::string_view suffix : kSuffixes) {
    end = std::min(end, symbol.find(suffix, 1));
  }
  return symbol.substr(0, end);
}

Result<Symbols> Symbols::read(const std::string& root) {
  const std::string path = root + "/proc/kallsyms";
  return read_file(open_to_read(path), path);
}

Result<Symbols> Symbols::read_file(const Fd& file, const std::string& path) {
  const auto text = read_open_file(file, kMostSymbolBytes);
  if (!text) {
    return fail(
        ErrorKind::unsupported,
        fmt::format("{} can't be read: no names of kernel functions", escape_terminal(path)));
  }
  Symbols symbols;
  symbols.names_.assign(1, '\0');
  bool any_text = false;
  bool any_address = false;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const auto line = parse(next_piece(rest, '\n'));
    if (!line) {
      continue;
    }
    const bool is_function = is_text(line->type);
    any_text = any_text || is_function;
    any_address = any_address || (is_function && line->address != 0);
    if (line->address == 0) {
      continue;
    }
    if (!is_function) {
      symbols.entries_.push_back({line->address, kNotText});
      continue;
    }
    symbols.entries_.push_back({line->address, static_cast<std::uint32_t>(symbols.names_.size())});
    symbols.names_.append(line->name);
    symbols.names_ += '\0';
  }
  symbols.restricted_ = any_text && !any_address;

  // Of symbols with the same address the first counts, as in the kernel's own lookup.
  const auto before = [](const Entry& a, const Entry& b) {
    return a.address != b.address
               ? a.address < b.address
               : (a.offset == kNotText) < (b.offset == kNotText) ||
                     ((a.offset == kNotText) == (b.offset == kNotText) && a.offset < b.offset);
  };
  auto& entries = symbols.entries_;
  if (!std::is_sorted(entries.begin(), entries.end(), before)) {
    std::sort(entries.begin(), entries.end(), before);
  }
  // Data symbols only mark the end of the function before them: one entry serves a run of them.
  const auto superfluous = [](const Entry& kept, const Entry& next) {
    return kept.address == next.address || (kept.offset == kNotText && next.offset == kNotText);
  };
  entries.erase(std::unique(entries.begin(), entries.end(), superfluous), entries.end());
  entries.shrink_to_fit();
  return symbols;
}

std::optional<std::string> Symbols::name(std::uint64_t address) const {
  auto entry = std::upper_bound(
      entries_.begin(), entries_.end(), address,
      [](std::uint64_t wanted, const Entry& each) { return wanted < each.address; });
  if (entry == entries_.begin()) {
    return std::nullopt;
  }
  --entry;
  if (entry->offset == kNotText || address - entry->address >= kLongestFunction) {
    return std::nullopt;
  }
  return std::string(function_name(names_.c_str() + entry->offset));
}

std::optional<std::string> Symbols::name_at(std::uint64_t address) const {
  const auto entry = std::ranges::lower_bound(entries_, address, {}, &Entry::address);
  return entry != entries_.end() && entry->address == address ? name(address) : std::nullopt;
}

}  // namespace wakepath::host
