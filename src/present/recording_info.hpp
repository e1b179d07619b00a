// SPDX-License-Identifier: GPL-2.0-or-later
// What a recording, or a trace of another tool, holds and where it is from, as plain data. Texts
// may hold names from outside.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "wakepath/facts.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::present {

struct RecordingInfo {
  struct Vm {
    std::string name;     // empty: not known
    std::uint64_t pid{};  // 0: not known
    struct Vcpu {
      std::uint64_t index{};
      std::string thread;  // its name
    };
    std::map<std::uint32_t, Vcpu> vcpus;  // by thread
  };
  // How the capture was made, as the recording says.
  struct Capture {
    // To be added to the host's monotonic times, at its begin; nullopt: not known.
    std::optional<std::uint64_t> realtime_offset_ns{};
    std::string command;
  };

  // The recording as a file.
  struct File {
    std::uint32_t version{};
    bool incomplete{};  // it was not closed, or is cut
    std::uint64_t bytes{};
    std::uint64_t chunks{};
    std::uint64_t damaged_chunks{};
    std::uint64_t records{};
    std::uint64_t unreadable_events{};  // in its damaged chunks
  };

  // The names in it, each once, in order.
  struct Inside {
    std::vector<std::string> vms, threads, devices, files;
    std::uint64_t functions{};
    bool kernel_addresses{};
  };

  std::string path;
  Header header;
  std::optional<File> file;  // none: a trace of another tool
  bool damaged{};

  // What is in it.
  std::optional<Capture> capture;
  std::uint64_t events{};
  std::uint64_t guest_reports{};
  std::uint64_t lost{};
  bool lost_exact{true};  // false: at least so many
  std::uint64_t missed{};
  std::uint64_t skipped{};
  std::optional<std::uint64_t> first_ns;
  std::optional<std::uint64_t> last_ns;
  std::uint64_t ring_bytes{};    // 0: not known
  std::uint64_t poll_ns{};       // 0: not known
  std::uint64_t hold_back_ns{};  // 0: not known
  std::uint64_t host_files{};
  std::uint64_t irq_names{};
  std::uint64_t function_names{};
  std::optional<Inside> inside;  // where it was asked for
  // Where a recorder cut it out of a capture: what it waited for, and what it met.
  std::optional<TriggerFact> trigger;
  struct Breach {
    BreachFact fact;
    std::optional<std::uint64_t> realtime_offset_ns;  // then
  };
  std::vector<Breach> breaches;
  std::uint64_t more_breaches{};  // that are not listed
  std::vector<Vm> vms;
  std::vector<std::pair<std::string, std::uint64_t>> event_counts;  // those that came, in order
};

}  // namespace wakepath::present
