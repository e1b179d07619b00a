// SPDX-License-Identifier: GPL-2.0-or-later
// The rows of the table: groups of wakes, gathered by what the user looks at, those that match what
// he typed, in his order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "screen/model.hpp"

namespace wakepath::screen {

enum class View : std::uint8_t { vms, vcpus, paths, cpus, interrupts, wakes, steps, why, help };
enum class Order : std::uint8_t { p99, max, over, rate, p50, name };
inline constexpr std::size_t kOrders = 6;

// Whose wakes are looked at. Nothing: all.
struct Scope {
  struct Vm {
    std::string name;
    std::optional<std::uint32_t> pid, tid;  // tid: of a VM that is not known
    bool operator==(const Vm&) const = default;
  };
  struct Vcpu {
    std::optional<std::uint32_t> index;
    std::uint32_t tid{};
    bool operator==(const Vcpu&) const = default;
  };
  std::optional<Vm> vm{};
  std::optional<Vcpu> vcpu{};
  std::optional<std::string> path{};
  std::optional<std::uint32_t> cpu{};
  std::optional<std::string> interrupt{};
  KeptWake wake{};

  [[nodiscard]] bool has(const SeriesKey& key) const;
};

// Texts are from outside.
struct Row {
  std::string id;    // stays the same while figures change
  std::string name;  // of the VM, path, CPU or interrupt
  std::string vcpus;
  Scope scope;                         // what it opens
  std::vector<const Series*> parts;    // whose totals are put together
  std::vector<const Minute*> minutes;  // these, and those of wakes without such a total
  const QuietVcpu* quiet{};            // it has no wakes, and that is known of it
  std::uint64_t wakes{};               // that have a total
  Series::Quantiles quantiles{};       // of the totals
  std::uint64_t max_ns{}, over{}, over_of{};
  double rate{};  // of all wakes, a second

  [[nodiscard]] bool carries(std::size_t quantile) const {
    return wakes >= Series::kNeeded[quantile];
  }
};

struct RowChoice {
  View view{View::vcpus};
  Scope scope;
  std::string filter;  // part of a name, however it is written
  Order order{Order::p99};
};

// Of views with rows of groups: vms, vcpus, paths, cpus, interrupts.
std::vector<Row> rows_of(const Model& model, const RowChoice& choice);
// The slowest wakes of a scope that are kept.
std::vector<KeptWake> wakes_of(const Model& model, const RowChoice& choice);
// All parts of a row in one.
Series joined(const Row& row);

// "prod/db-0", " (pid 95)" behind it where several have that name.
std::string vm_text(const Model& model, const VcpuIdentity& who);
// Does a text hold the other, in small or capital letters?
bool holds(std::string_view text, std::string_view part);

}  // namespace wakepath::screen
