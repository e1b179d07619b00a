// SPDX-License-Identifier: GPL-2.0-or-later
// Makes the records of a live capture of a made-up host. The caller gives the number of CPUs and
// vCPUs. Each vCPU's timer wakes it in turn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "wakepath/record.hpp"

namespace wakepath::bench {

struct SyntheticHost {
  std::uint32_t cpus{2};
  std::uint32_t vcpus{1};
  std::uint64_t wakes{100'000};
};

struct Capture {
  std::vector<std::byte> bytes;  // records, one after the other
  std::uint64_t events{0};
};

Capture capture_of(const SyntheticHost& host);

// Hands each record to `take(RecordView)`.
template <typename Take>
void for_each_record(const Capture& capture, Take&& take) {
  Bytes left(capture.bytes);
  while (const auto view = RecordView::at(left)) {
    take(*view);
    left = left.subspan(view->bytes().size());
  }
}

}  // namespace wakepath::bench
