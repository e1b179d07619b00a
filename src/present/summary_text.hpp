// SPDX-License-Identifier: GPL-2.0-or-later
// The summary of a run: is all well, and what to do where it is not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "wakepath/pipeline.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::present {

struct TextOptions {
  std::size_t top{20};    // paths in a table; 0: all
  bool filtered{false};   // a selection is in force: no wakes may be its doing
  bool page{false};       // the summary is a page for a reader in a hurry: page_text.hpp
  std::size_t width{80};  // of the page, in columns; 80 at least
  bool color{false};
  bool histogram{false};  // each step of the distribution
  bool verbose{false};    // of the page: also what few want to know
  Ranking by{Ranking::vcpu};
  bool heat_map{false};  // all of it, however narrow the page is
  bool ascii{false};     // bars and lines are letters
  std::size_t fit{0};  // columns that steps and lists must fit in; 0: they are as wide as they are
  // The path of what was read, for hints. Empty: there is no file, as nothing was saved.
  std::string input{};
};

// The text renderer keeps this of the stream, for the summary.
struct RunView {
  Header header;
  std::uint64_t to_entry{};     // wakes that end at kvm_entry
  std::uint64_t to_sched_in{};  // wakes that end at sched_in
  bool lossy{};                 // a place of the stream was lost, however much stood there

  void see(const WakeChain& chain);
  // Where not every wake was shown.
  void see(const Summary& summary);
  // Guest entry can't be observed on the traced host.
  [[nodiscard]] bool entry_unseen() const { return to_sched_in != 0 && to_entry == 0; }
  // Why kvm_entry is not captured, as far as is known by now. Empty where it is captured.
  [[nodiscard]] std::string entry_reason() const;
  // Another tool recorded it: its form. Empty: wakepath did.
  [[nodiscard]] std::string_view foreign_form() const;
  // The event is captured.
  [[nodiscard]] bool captures(std::string_view event) const;
  // `ns` of the traced host's clock, from the start of the capture.
  [[nodiscard]] std::string offset(std::uint64_t ns) const;
};

// Why a run has no wakes; escaped. A capture and its replay say the same.
std::string no_wakes_text(const Summary& summary, const RunView& run);
// What may be why an interval has none.
std::string no_wakes_so_far_text(const TextOptions& options, const RunView& run);

// The traced host, as far as it is known: "Linux 6.1.0 aarch64, 2 CPUs". Escaped.
std::string host_text(const Header& header);
void append_header(const Header& header, fmt::memory_buffer& out);
// Its first line alone.
void append_captured_by(const Header& header, fmt::memory_buffer& out);
// The events that were not captured, a line for each reason.
void append_missing(const Header& header, fmt::memory_buffer& out);
// "programs ~0.12% of one CPU (~210ns a run), reader 0.80%"
std::string cost_text(const TracerCost& cost);
void append_loss(const Loss& loss, const RunView& run, fmt::memory_buffer& out);
// What was counted, and what was lost.
void append_counts(const Summary& summary, const RunView& run, fmt::memory_buffer& out);
void append_verdicts(const Summary& summary, fmt::memory_buffer& out);
void append_interrupts(const Summary& summary, const TextOptions& options, fmt::memory_buffer& out);
void append_quiet_vcpus(const Summary& summary, const RunView& run, const TextOptions& options,
                        fmt::memory_buffer& out);
void append_programs(const Summary& summary, const Header& header, fmt::memory_buffer& out);
void append_summary(const Summary& summary, const RunView& run, const TextOptions& options,
                    fmt::memory_buffer& out);

}  // namespace wakepath::present
