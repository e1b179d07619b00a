// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/interrupt_table.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <limits>
#include <memory>

#include "host/interrupt_lines.hpp"
#include "host/read_file.hpp"
#include "host/text.hpp"
#include "util/escape.hpp"
#include "util/fd.hpp"
#include "wakepath/abi.h"

namespace wakepath::host {
namespace {

constexpr std::size_t kReadAtOnce = std::size_t{1} << 20U;
constexpr std::size_t kLargestTable = std::size_t{1} << 30U;
constexpr std::size_t kLongestLine = std::size_t{1} << 20U;
constexpr std::size_t kMostRows = 200'000;
constexpr std::size_t kMostCounts = std::size_t{1} << 26U;

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

void skip_blanks(std::string_view& rest) {
  while (!rest.empty() && is_blank(rest.front())) {
    rest.remove_prefix(1);
  }
}

std::string_view without_blanks_behind(std::string_view text) {
  while (!text.empty() && (is_blank(text.back()) || text.back() == '\r')) {
    text.remove_suffix(1);
  }
  return text;
}

std::string_view next_token(std::string_view& rest) {
  skip_blanks(rest);
  const auto end = std::find_if(rest.begin(), rest.end(), is_blank);
  const std::string_view token = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  rest.remove_prefix(token.size());
  return token;
}

// nullopt: more than 64 bits.
std::optional<std::uint64_t> take_number(std::string_view& rest) {
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()));
  return error == std::errc{} ? std::optional(value) : std::nullopt;
}

bool ends_number(std::string_view text) {
  const auto stop = std::find_if_not(text.begin(), text.end(), is_digit);
  return stop == text.end() || is_blank(*stop);
}

// This is how the kernel prints a count of 0 ("%10u "). Nearly all counts of a large host are 0.
constexpr std::string_view kZero = "         0 ";

void take_counts(std::string_view& rest, const std::vector<std::uint32_t>& cpus,
                 InterruptRow& row) {
  constexpr std::size_t kNoHeader = WP_MAX_CPUS;
  const std::size_t most = cpus.empty() ? kNoHeader : cpus.size();
  std::uint64_t total = 0;
  bool known = true;
  std::size_t column = 0;
  while (column < most) {
    if (rest.size() >= kZero.size() && std::memcmp(rest.data(), kZero.data(), kZero.size()) == 0) {
      rest.remove_prefix(kZero.size());
      ++column;
      continue;
    }
    std::string_view ahead = rest;
    skip_blanks(ahead);
    if (ahead.empty() || !is_digit(ahead.front()) || !ends_number(ahead)) {
      break;
    }
    const auto count = take_number(ahead);
    known = known && count && *count <= std::numeric_limits<std::uint64_t>::max() - total;
    if (known && *count != 0) {
      total += *count;
      row.counts.push_back(
          {cpus.empty() ? static_cast<std::uint32_t>(column) : cpus[column], *count});
    }
    rest = ahead;
    if (!rest.empty()) {
      rest.remove_prefix(1);
    }
    ++column;
  }
  row.counts_missing = column < cpus.size();
  const bool host_wide = row.label == "ERR" || row.label == "MIS" || row.label == "Err";
  if (host_wide || cpus.empty() || column < cpus.size()) {
    // In a row that stops early it is not known which CPU a count belongs to.
    row.by_cpu = false;
    row.counts.clear();
    known = known && host_wide && column == 1;
  }
  if (known) {
    row.total = total;
  } else {
    row.counts.clear();
  }
}

// "5-edge" -> 5 and "edge", "16384" -> 16384.
bool take_hwirq(std::string_view token, InterruptRow& row) {
  const std::string_view digits = token.substr(0, token.find('-'));
  if (!all_digits(digits)) {
    return false;
  }
  std::string_view rest = digits;
  row.hwirq = take_number(rest);
  if (digits.size() < token.size()) {
    row.trigger = token.substr(digits.size() + 1);
  }
  return true;
}

void take_actions(std::string_view rest, InterruptRow& row) {
  skip_blanks(rest);
  rest = without_blanks_behind(rest);
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(", "), rest.size());
    row.actions.emplace_back(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 2, rest.size()));
  }
}

// "GICv3  27 Level     arch_timer", "PCI-MSIX-0000:00:01.0   0-edge      virtio0-config",
// "IO-APIC-edge      timer"
void take_description(std::string_view rest, InterruptRow& row) {
  constexpr int kMostChipWords = 4;
  skip_blanks(rest);
  const std::string_view all = rest;
  std::string_view ahead = rest;
  for (int word = 0; word <= kMostChipWords; ++word) {
    std::string_view before = ahead;
    const std::string_view token = next_token(ahead);
    if (token.empty() || (word > 0 && take_hwirq(token, row))) {
      if (row.hwirq || (word > 0 && !token.empty())) {
        row.chip = without_blanks_behind(all.substr(0, all.size() - before.size()));
        row.chip_is_guess = word > 1;
        std::string_view behind = ahead;
        const std::string_view trigger = next_token(behind);
        if (row.trigger.empty() && (trigger == "Level" || trigger == "Edge")) {
          row.trigger = trigger;
          ahead = behind;
        }
        // Some architectures print the handler's name: "Edge     -name".
        std::string_view handler = ahead;
        if (next_token(handler).starts_with('-')) {
          ahead = handler;
        }
        take_actions(ahead, row);
        return;
      }
      break;
    }
  }
  row.chip = next_token(rest);
  row.chip_is_guess = true;
  for (const std::string_view trigger : {"-edge", "-level", "-fasteoi"}) {
    if (row.chip.ends_with(trigger)) {
      row.chip.resize(row.chip.size() - trigger.size());
      row.trigger = trigger.substr(1);
    }
  }
  // Xen's events: "xen-percpu    -virq      timer0"
  std::string_view behind = rest;
  if (const std::string_view kind = next_token(behind); kind.size() > 1 && kind.front() == '-') {
    row.trigger = kind.substr(1);
    rest = behind;
  }
  take_actions(rest, row);
}

// Blanks of web pages (U+00A0) become those of the kernel.
std::string with_plain_blanks(std::string_view line) {
  std::string text(line);
  for (std::size_t at = text.find("\xc2\xa0"); at != std::string::npos;
       at = text.find("\xc2\xa0", at)) {
    text.replace(at, 2, " ");
  }
  return text;
}

class TableReader {
 public:
  // false: enough.
  bool line(std::string_view line) {
    if (line.find('\xc2') != std::string_view::npos) {
      const std::string plain = with_plain_blanks(line);
      return take(without_line_prefix(plain));
    }
    return take(without_line_prefix(line));
  }
  void cut() { table_.cut = true; }
  // The first line that names CPUs has come.
  [[nodiscard]] bool began() const { return !table_.cpus.empty(); }
  InterruptTable finish() { return std::move(table_); }

 private:
  bool take(std::string_view line) {
    if (table_.rows.empty()) {
      if (const auto header = find_cpu_header(line)) {
        if (began() && !goes_on_as_header(*header, line, table_.cpus.back())) {
          return true;
        }
        table_.cpus.insert(table_.cpus.end(), header->cpus.begin(), header->cpus.end());
        return header->rest.empty() || row(header->rest);
      }
    }
    // A second table counts the same interrupts again.
    ended_ = ended_ || (!table_.rows.empty() && line.starts_with("CPU") && find_cpu_header(line));
    if (!began() || ended_) {
      return true;
    }
    if (begins_row(line)) {
      return row(line);
    }
    go_on(line);
    return true;
  }

  bool row(std::string_view line) {
    auto row = parse_interrupt(line, table_.cpus);
    if (!row) {
      return true;
    }
    counts_ += row->counts.size();
    if (table_.rows.size() == kMostRows || counts_ > kMostCounts) {
      table_.cut = true;
      return false;
    }
    last_.clear();
    if (is_open(*row) && line.size() <= kLongestWrapped) {
      last_ = line;
    }
    table_.rows.push_back(std::move(*row));
    return true;
  }

  // Is it perhaps wrapped?
  static bool is_open(const InterruptRow& row) {
    return row.counts_missing || (row.number ? row.actions.empty() : row.text.empty());
  }

  // The rest of a wrapped row, or a line that belongs to no table.
  void go_on(std::string_view line) {
    const bool counts = !line.empty() && is_digit(line.front());
    if (last_.empty() || line.empty() || joined_ == kMostJoined || is_prompt(line) ||
        (table_.rows.back().counts_missing && !counts)) {
      last_.clear();
      return;
    }
    ++joined_;
    const std::string whole = std::move(last_) + " " + std::string(line);
    counts_ -= table_.rows.back().counts.size();
    table_.rows.pop_back();
    static_cast<void>(row(whole));
  }

  static constexpr std::size_t kLongestWrapped = std::size_t{16} * 1024;
  static constexpr std::size_t kMostJoined = 100'000;
  InterruptTable table_;
  std::string last_;  // the last row, while it may go on
  bool ended_{false};
  std::size_t joined_{0};
  std::size_t counts_{0};
};

// Hands on the whole lines in the first `used` bytes. Returns the number of bytes in them.
std::optional<std::size_t> take_lines(std::string_view text, TableReader& reader) {
  std::size_t done = 0;
  while (done < text.size()) {
    const std::size_t end = text.find('\n', done);
    if (end == std::string_view::npos) {
      break;
    }
    if (!reader.line(text.substr(done, end - done))) {
      return std::nullopt;
    }
    done = end + 1;
  }
  return done;
}

}  // namespace

std::optional<InterruptRow> parse_interrupt(std::string_view line,
                                            const std::vector<std::uint32_t>& cpus) {
  skip_blanks(line);
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon > 32) {
    return std::nullopt;
  }
  InterruptRow row;
  row.label = line.substr(0, colon);
  if (row.label.find_first_of(" \t") != std::string::npos) {
    return std::nullopt;
  }
  std::string_view rest = line.substr(colon + 1);
  if (all_digits(row.label)) {
    std::string_view digits = row.label;
    const auto number = take_number(digits);
    if (!number || *number > std::numeric_limits<std::uint32_t>::max()) {
      return std::nullopt;
    }
    row.number = static_cast<std::uint32_t>(*number);
    // One more blank follows the number than follows a count.
  }
  if (rest.starts_with(' ')) {
    rest.remove_prefix(1);
  }
  take_counts(rest, cpus, row);
  if (row.number) {
    take_description(rest, row);
  } else {
    skip_blanks(rest);
    row.text = without_blanks_behind(rest);
  }
  return row;
}

bool names_cpus(std::string_view text) {
  TableReader reader;
  while (!text.empty() && !reader.began()) {
    static_cast<void>(reader.line(next_piece(text, '\n')));
  }
  return reader.began();
}

Result<InterruptTable> read_interrupts(const std::string& root) {
  const std::string path = root + "/proc/interrupts";
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  TableReader reader;
  const auto finish = [&]() -> Result<InterruptTable> {
    if (!reader.began()) {
      return fail(ErrorKind::bad_input, "no /proc/interrupts: no line of " + escape_terminal(path) +
                                            " names its CPUs (CPU0 CPU1 ..)");
    }
    return reader.finish();
  };
  // Not set to zero: only bytes that were read are used.
  constexpr std::size_t kRoom = kReadAtOnce + kLongestLine;
  const auto buffer = std::make_unique_for_overwrite<char[]>(kRoom);
  std::size_t used = 0;
  std::size_t all = 0;
  while (fd) {
    const ssize_t got = ::read(fd.get(), buffer.get() + used, std::min(kReadAtOnce, kRoom - used));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      break;
    }
    if (got == 0) {
      static_cast<void>(reader.line({buffer.get(), used}));
      return finish();
    }
    used += static_cast<std::size_t>(got);
    all += static_cast<std::size_t>(got);
    const auto done = take_lines({buffer.get(), used}, reader);
    if (!done || all > kLargestTable || (*done == 0 && used == kRoom)) {
      reader.cut();
      return finish();
    }
    std::memmove(buffer.get(), buffer.get() + *done, used - *done);
    used -= *done;
  }
  return fail(ErrorKind::bad_input,
              "can't read " + escape_terminal(path) + ": " + std::strerror(errno));
}

}  // namespace wakepath::host
