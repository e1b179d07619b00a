// SPDX-License-Identifier: GPL-2.0-or-later
// Tracks of a Perfetto trace: VMs are processes, vCPUs are threads.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/histogram.hpp"
#include "analysis/total_kind.hpp"
#include "export/perfetto_packets.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::exports::perfetto {

using Track = std::uint64_t;  // its uuid

// Totals of different kinds are never put together.
class Totals {
 public:
  void add(const WakeChain& chain, std::uint64_t target_ns) {
    if (const auto kind = analysis::total_kind(chain)) {
      OfKind& of = by_kind_[static_cast<std::size_t>(*kind)];
      of.totals.add(chain.total_ns());
      of.over += chain.total_ns() > target_ns ? 1U : 0U;
    }
  }
  // Of the kind that most wakes have: the totals, and how many are over the target.
  [[nodiscard]] const analysis::Histogram& most() const { return of_most().totals; }
  [[nodiscard]] std::uint64_t over() const { return of_most().over; }

 private:
  struct OfKind {
    analysis::Histogram totals;
    std::uint64_t over{};
  };
  [[nodiscard]] const OfKind& of_most() const {
    return *std::ranges::max_element(by_kind_, {},
                                     [](const OfKind& of) { return of.totals.count(); });
  }
  std::array<OfKind, analysis::kTotalKinds> by_kind_;
};

class Tracks {
 public:
  explicit Tracks(Packets& packets) : packets_(packets) {}

  // Slices of one track nest, and those of wakes may overlap: one that begins before the last one
  // of a track has ended gets another track.
  struct Lane {
    Track track{};
    std::uint64_t end_ns{};
  };
  struct Vm {
    Track track{};
    std::int32_t pid{};
    std::string name;
    Totals totals;
  };
  struct Vcpu {
    VcpuIdentity who;
    Vm* vm{};
    Track track{};
    Track states{};
    std::vector<Lane> lanes;
  };

  // It and its VM are described at the end, by what is known of them then: of several descriptions
  // of a track trace_processor keeps the first (its name apart), and so the first process and rank.
  Vcpu& vcpu(const VcpuIdentity& who);
  Track lane(Vcpu& vcpu, std::uint64_t begin_ns, std::uint64_t end_ns);
  // What woke them, by CPU.
  Track causes(std::uint32_t cpu);
  // Of the whole trace.
  Track add(std::string_view name, Track parent = 0);
  Track add_counter(std::string_view name, std::uint32_t unit);
  // Nothing follows. The worst VMs are to be shown first.
  void finish();

 private:
  struct Description {
    Track track{};
    std::string_view name;
    Track parent{};
    std::string_view message;
    Field kind{};  // of `message`; 0: none
    std::optional<std::int32_t> rank;
  };
  void describe(const Description& description);
  void describe(const Vm& vm, std::int32_t rank);
  void describe(const Vcpu& vcpu);
  Vm& vm_of(const VcpuIdentity& who);

  Packets& packets_;
  Track last_{0};
  std::map<std::int32_t, Vm> vms_;       // by process: there is one track of it
  std::map<std::uint32_t, Vcpu> vcpus_;  // by thread
  std::map<std::uint32_t, Track> causes_;
};

}  // namespace wakepath::exports::perfetto
