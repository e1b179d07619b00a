// SPDX-License-Identifier: GPL-2.0-or-later
// Something that is wrong, or worth a look, and what to do about it. Doctor, audit and the look for
// vCPUs without wakes all make findings, and every output shows them in one form. Texts may hold
// names from outside: escape them before they are shown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace wakepath {

enum class Severity : std::uint8_t { info, warning, error };
std::string_view name_of(Severity severity);

// How sure the judge is: `look` asks the reader to check for himself.
enum class Confidence : std::uint8_t { high, medium, look };
std::string_view name_of(Confidence confidence);

// What the finding is about. Empty or nullopt: not about one, or not known.
struct Subject {
  std::string vm;
  std::optional<std::uint32_t> vm_pid;
  std::optional<std::uint32_t> vcpu;
  std::string cpus;  // a list as the kernel writes it, "2-5"
  std::optional<std::uint32_t> tid;
  std::string comm;
  std::string irq;  // number, or an IPI's name
  std::string device;
};

// monostate: not known.
using FigureValue = std::variant<std::monostate, bool, std::uint64_t, std::string>;
// The name says the unit ("longest_ns").
using Figure = std::pair<std::string, FigureValue>;

// Of a change in ns: that much less (negative) or more, at 95 %.
struct ChangeInterval {
  std::int64_t low_ns{}, high_ns{};
};

// What would change if the cause were gone. nullopt: not known.
struct Effect {
  std::optional<std::uint64_t> p50_ns, p50_without_ns;
  std::optional<std::uint64_t> p99_ns, p99_without_ns;
  std::optional<std::uint64_t> wakes;
  std::optional<ChangeInterval> p50_change{}, p99_change{};

  [[nodiscard]] bool known() const {
    return p50_ns || p50_without_ns || p99_ns || p99_without_ns || wakes;
  }
};

// A command for a shell that runs as it stands on that host: names, numbers and process IDs are
// filled in. Where no command can be given, it is empty, and `note` says what to do and why no
// command does it.
struct Fix {
  std::string command;
  std::string undo;  // puts all back; empty: nothing to put back, or not known how
  std::string note;
  bool look{};  // the command changes nothing: it shows what has to be known first
};

struct Finding {
  std::string rule;
  Severity severity{};
  Confidence confidence{};
  Subject subject;
  std::string text;
  std::vector<Figure> evidence;
  Effect effect;
  std::vector<Fix> fixes;
};

// A rule that could not judge, and why.
struct NotChecked {
  std::string rule;
  std::string why;
};

}  // namespace wakepath
