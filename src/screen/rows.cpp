// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen/rows.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "present/view.hpp"
#include "util/cpu_set.hpp"
#include "util/seeded_hash.hpp"

namespace wakepath::screen {

namespace {

Scope::Vm vm_of(const VcpuIdentity& who) {
  return {who.vm, who.vm_pid, who.vm == "?" ? std::optional(who.tid) : std::nullopt};
}

Scope::Vcpu vcpu_of(const VcpuIdentity& who) {
  return {who.vcpu, who.vcpu && who.vm != "?" ? 0 : who.tid};
}

std::string vcpu_text(const VcpuIdentity& who) {
  return who.vcpu ? fmt::format("{}", *who.vcpu) : std::string("-");
}

bool matches(const RowChoice& choice, const VcpuIdentity& who, std::string_view path) {
  return choice.filter.empty() || holds(who.vm, choice.filter) || holds(path, choice.filter) ||
         holds(fmt::format("vcpu {}", vcpu_text(who)), choice.filter);
}

// Of the seconds that are over, a few at most: the rate as it is now.
double rate_of(const Row& row, const Model& model) {
  const TimeColumns& columns = model.columns();
  constexpr std::uint64_t kSpanNs = 5'000'000'000;
  const std::uint64_t now = columns.column_of(model.now_ns());
  const std::uint64_t most = std::min<std::uint64_t>(
      {now, kSpanNs / columns.width_ns(), std::uint64_t{TimeColumns::kColumns} - 1});
  if (most == 0) {
    return 0;
  }
  std::uint64_t wakes = 0;
  for (std::uint64_t column = now - most; column < now; ++column) {
    for (const Minute* const minute : row.minutes) {
      wakes += minute->wakes(column);
    }
  }
  return static_cast<double>(wakes) * 1e9 / static_cast<double>(most * columns.width_ns());
}

void sum_up(Row& row, const Model& model) {
  if (row.parts.size() == 1) {
    const Series& only = *row.parts.front();
    row.wakes = only.totals().count();
    row.quantiles = only.quantiles();
    row.max_ns = only.totals().max();
  } else if (!row.parts.empty()) {
    LatencyCounts totals;
    for (const Series* const part : row.parts) {
      totals.add(part->totals());
    }
    constexpr std::array kFractions{0.5, 0.9, 0.99, 0.999};
    totals.quantiles(kFractions, row.quantiles);
    row.wakes = totals.count();
    row.max_ns = totals.max();
  }
  for (const Series* const part : row.parts) {
    row.over += part->over();
    row.over_of += part->over_of();
  }
  row.rate = rate_of(row, model);
}

// Rows by their id, in the order in which they came.
class Gathering {
 public:
  Row& row(const std::string& id) {
    const auto [at, made] = places_.try_emplace(id, rows_.size());
    if (made) {
      rows_.emplace_back().id = at->first;
    }
    return rows_[at->second];
  }
  std::vector<Row> take() { return std::move(rows_); }
  void reserve(std::size_t count) {
    rows_.reserve(count);
    places_.reserve(count);
  }

 private:
  std::vector<Row> rows_;
  SeededMap<std::string, std::size_t> places_;
};

void add_group(const Model& model, const RowChoice& choice, const GroupSeries& group,
               Gathering& out) {
  const SeriesKey& key = group.key;
  const bool by_vm = choice.view == View::vms;
  const bool by_path = choice.view == View::paths;
  Row& row = out.row(by_path ? key.path : by_vm ? group.vm_id : group.vcpu_id);
  if (row.minutes.empty()) {
    row.name = by_path ? key.path : vm_text(model, key.who);
    row.vcpus = by_path || by_vm ? "" : vcpu_text(key.who);
    row.scope = choice.scope;
    if (by_path) {
      row.scope.path = key.path;
    } else {
      row.scope.vm = vm_of(key.who);
      row.scope.vcpu = by_vm ? std::nullopt : std::optional(vcpu_of(key.who));
    }
  }
  row.minutes.push_back(&group.series.minute());
  if (key.kind && key.kind == model.main_kind() && group.series.totals().count() != 0) {
    row.parts.push_back(&group.series);
  }
}

// "0-7" of the vCPUs of a VM.
void name_vcpus(const Model& model, const RowChoice& choice, std::vector<Row>& rows) {
  SeededMap<std::string, std::vector<std::uint32_t>> of_vms;
  for (const auto& group : model.groups()) {
    if (group->key.who.vcpu && choice.scope.has(group->key)) {
      of_vms[group->vm_id].push_back(*group->key.who.vcpu);
    }
  }
  for (Row& row : rows) {
    CpuSet set;
    for (const std::uint32_t vcpu : of_vms[row.id]) {
      if (vcpu < WP_MAX_CPUS) {  // a file may claim any number
        set.add(vcpu);
      }
    }
    row.vcpus = set.text();
  }
}

std::vector<Row> group_rows(const Model& model, const RowChoice& choice) {
  Gathering gathering;
  gathering.reserve(model.groups().size());
  for (const auto& group : model.groups()) {
    if (choice.scope.has(group->key) && matches(choice, group->key.who, group->key.path)) {
      add_group(model, choice, *group, gathering);
    }
  }
  if (choice.view == View::vcpus) {
    for (const QuietVcpu& quiet : model.quiet()) {
      const SeriesKey key{quiet.who, {}, {}};
      if (choice.scope.has(key) && matches(choice, quiet.who, "")) {
        Row& row = gathering.row(Model::vcpu_id(quiet.who));
        row.name = vm_text(model, quiet.who);
        row.vcpus = vcpu_text(quiet.who);
        row.scope.vm = vm_of(quiet.who);
        row.scope.vcpu = vcpu_of(quiet.who);
        row.quiet = &quiet;
      }
    }
  }
  std::vector<Row> rows = gathering.take();
  if (choice.view == View::vms) {
    name_vcpus(model, choice, rows);
  }
  return rows;
}

std::vector<Row> numbered_rows(const Model& model, const RowChoice& choice) {
  std::vector<Row> rows;
  const auto add = [&](std::string name, const Series& series, Scope scope) {
    if (choice.filter.empty() || holds(name, choice.filter)) {
      Row& row = rows.emplace_back();
      row.id = row.name = std::move(name);
      row.scope = std::move(scope);
      row.minutes = {&series.minute()};
      if (series.totals().count() != 0) {
        row.parts = {&series};
      }
    }
  };
  if (choice.view == View::cpus) {
    for (const auto& [cpu, one] : model.cpus()) {
      Scope scope;
      scope.cpu = cpu;
      add(fmt::format("CPU {}", cpu), one.series, scope);
    }
    return rows;
  }
  const bool by_path = choice.view == View::paths;
  for (const auto& [name, one] : by_path ? model.paths() : model.interrupts()) {
    Scope scope;
    (by_path ? scope.path : scope.interrupt) = name;
    add(name, one.series, scope);
  }
  return rows;
}

double rank_of(const Row& row, Order order) {
  switch (order) {
    case Order::p99:
      return static_cast<double>(row.quantiles[2]);
    case Order::max:
      return static_cast<double>(row.max_ns);
    case Order::over:
      return row.over_of == 0 ? 0
                              : static_cast<double>(row.over) / static_cast<double>(row.over_of);
    case Order::rate:
      return row.rate;
    case Order::p50:
      return static_cast<double>(row.quantiles[0]);
    case Order::name:
      break;
  }
  return 0;
}

void sort_rows(std::vector<Row>& rows, Order order) {
  std::vector<std::pair<double, std::size_t>> places;
  places.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    places.emplace_back(rank_of(rows[i], order), i);
  }
  std::ranges::sort(places, [&rows](const auto& a, const auto& b) {
    if (a.first != b.first) {
      return a.first > b.first;
    }
    const Row& left = rows[a.second];
    const Row& right = rows[b.second];
    const auto by_length = [](const Row& row) {
      return std::tuple(std::string_view(row.name), row.vcpus.size(), std::string_view(row.vcpus),
                        std::string_view(row.id));
    };
    return by_length(left) < by_length(right);
  });
  std::vector<Row> sorted;
  sorted.reserve(rows.size());
  for (const auto& place : places) {
    sorted.push_back(std::move(rows[place.second]));
  }
  rows = std::move(sorted);
}

}  // namespace

bool Scope::has(const SeriesKey& key) const {
  return (!vm || *vm == vm_of(key.who)) && (!vcpu || *vcpu == vcpu_of(key.who)) &&
         (!path || *path == key.path);
}

bool holds(std::string_view text, std::string_view part) {
  const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  const auto same = [&](char a, char b) { return small(a) == small(b); };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end() ||
         part.empty();
}

std::string vm_text(const Model& model, const VcpuIdentity& who) {
  if (who.vm == "?") {
    return "?" + present::vm_suffix(who.vm_pid, who.vm_pid ? std::nullopt : std::optional(who.tid));
  }
  return model.is_ambiguous(who.vm) ? who.vm + present::vm_suffix(who.vm_pid, who.tid) : who.vm;
}

std::vector<Row> rows_of(const Model& model, const RowChoice& choice) {
  const bool numbered = choice.view == View::cpus || choice.view == View::interrupts ||
                        (choice.view == View::paths && !choice.scope.vm);
  std::vector<Row> rows = numbered ? numbered_rows(model, choice) : group_rows(model, choice);
  for (Row& row : rows) {
    sum_up(row, model);
  }
  sort_rows(rows, choice.order);
  return rows;
}

std::vector<KeptWake> wakes_of(const Model& model, const RowChoice& choice) {
  std::vector<KeptWake> wakes;
  const Scope& scope = choice.scope;
  if (scope.cpu) {
    const auto found = model.cpus().find(*scope.cpu);
    wakes = found == model.cpus().end() ? std::vector<KeptWake>() : found->second.series.slowest();
  } else if (scope.interrupt || (scope.path && !scope.vm)) {
    const auto& named = scope.interrupt ? model.interrupts() : model.paths();
    const auto found = named.find(scope.interrupt ? *scope.interrupt : *scope.path);
    wakes = found == named.end() ? std::vector<KeptWake>() : found->second.series.slowest();
  } else {
    SlowestWakes all;
    for (const auto& group : model.groups()) {
      if (group->key.kind == model.main_kind() && scope.has(group->key)) {
        all.add(group->series.kept());
      }
    }
    wakes = all.sorted();
  }
  std::erase_if(
      wakes, [&choice](const KeptWake& wake) { return !matches(choice, wake->who, wake->path); });
  return wakes;
}

Series joined(const Row& row) {
  Series all;
  for (const Series* const part : row.parts) {
    all.add(*part);
  }
  return all;
}

}  // namespace wakepath::screen
