// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/bpf/own_cost.hpp"

#include <ctime>

#include "capture/name_book.hpp"
#include "wakepath/facts.hpp"

namespace wakepath::capture {

namespace {

constexpr std::uint64_t kEveryNs = 1'000'000'000;
// Of fewer runs a mean says little: a host on which little happens is looked at for longer.
constexpr std::uint64_t kLeastRuns = 1'000;

// Of the thread that reads; the embedded guest's are others.
std::uint64_t reader_ns() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<std::uint64_t>(used.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(used.tv_nsec);
}

}  // namespace

void OwnCost::begin(std::uint64_t now_ns) {
  begin_ns_ = said_ns_ = now_ns;
  reader_before_ns_ = reader_ns();
}

void OwnCost::look(BpfSession& session, std::uint64_t now_ns) {
  std::uint64_t runs = 0;
  std::uint64_t time_ns = 0;
  for (const ProgramRuns& program : session.program_runs()) {
    runs += program.runs;
    time_ns += program.run_time_ns;
  }
  const bool enough = now_ns - begin_ns_ >= kEveryNs && runs >= kLeastRuns;
  if ((counted_ && runs != 0) || enough) {
    run_ps_ =
        static_cast<std::uint64_t>(static_cast<double>(time_ns) * 1e3 / static_cast<double>(runs));
  }
  if (enough && !counted_) {
    session.count_runs(false);
    looking_ = false;
  }
}

Result<void> OwnCost::say(BpfSession& session, std::uint64_t now_ns, bool last, RecordSink& sink) {
  if (!last && now_ns - said_ns_ < kEveryNs) {
    return {};
  }
  said_ns_ = now_ns;
  if (looking_) {
    look(session, now_ns);
  }
  return send(CostFact{now_ns - begin_ns_, session.runs(), run_ps_, reader_ns() - reader_before_ns_,
                       !counted_},
              sink);
}

}  // namespace wakepath::capture
