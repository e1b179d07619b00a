// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/text/losses.hpp"

#include <fmt/format.h>

#include "import/text/fields.hpp"

namespace wakepath::foreign::text {

namespace {

// kernel/trace/trace.c, print_trace_line; trace-cmd's tracecmd/trace-read.c
std::optional<TraceLoss> in_brackets(std::string_view line) {
  Fields fields(line);
  std::uint32_t cpu = 0;
  std::uint64_t events = 0;
  if (!fields.skip("CPU:") || !fields.number(cpu) || !fields.skip(" [")) {
    return std::nullopt;
  }
  if (fields.skip("LOST EVENTS]") || fields.skip("EVENTS DROPPED]")) {
    return TraceLoss{cpu, std::nullopt};
  }
  const bool ftrace = fields.skip("LOST ");
  if (fields.number(events) && fields.skip(ftrace ? " EVENTS]" : " EVENTS DROPPED]")) {
    return TraceLoss{cpu, events};
  }
  return std::nullopt;
}

}  // namespace

std::optional<TraceLoss> parse_loss(std::string_view line) {
  if (line.starts_with("CPU:")) {
    return in_brackets(line);
  }
  Fields fields(line);
  std::uint32_t cpu = 0;
  if (fields.skip("##### CPU ")) {
    return fields.number(cpu) && fields.skip(" buffer started ####")
               ? std::optional(TraceLoss{cpu, std::nullopt})
               : std::nullopt;
  }
  if (fields.skip("Processed ") && fields.skip_past(" events and lost ") &&
      fields.rest().find(" chunks!") != std::string_view::npos) {
    return TraceLoss{};
  }
  return std::nullopt;
}

void Losses::note(const TraceLoss& loss) {
  ++places_;
  if (loss.events) {
    events_ += *loss.events;
  } else {
    ++untold_;
  }
  if (loss.cpu) {
    cpus_.add(*loss.cpu);
  }
}

// "# entries-in-buffer/entries-written: 3885/5221   #P:2"; in latency format "# latency: 0 us,
// #2104/2104, CPU#0 | (...)".
void Losses::note_header(std::string_view line) {
  Fields fields(line);
  std::uint64_t held = 0;
  std::uint64_t written = 0;
  if (!fields.skip("# entries-in-buffer/entries-written: ") &&
      !(fields.skip("# latency: ") && fields.skip_past(", #"))) {
    return;
  }
  if (fields.number(held) && fields.skip("/") && fields.number(written) && held < written) {
    held_ += held;
    written_ += written;
  }
}

std::vector<std::string> Losses::remarks() const {
  std::vector<std::string> lines;
  if (written_ > held_) {
    lines.push_back(
        fmt::format("the header says that {} of {} events were overwritten before the "
                    "trace was read: it begins later than the recording",
                    written_ - held_, written_));
  }
  if (places_ != 0) {
    std::string text = "the trace says that it lost ";
    if (untold_ == 0) {
      text += fmt::format("{} event{}", events_, events_ == 1 ? "" : "s");
    } else if (events_ == 0) {
      text += "events, not how many";
    } else {
      text += fmt::format("more than {} events", events_);
    }
    text += fmt::format(", at {} place{}", places_, places_ == 1 ? "" : "s");
    if (!cpus_.empty()) {
      text += fmt::format(" of CPU{} {}", cpus_.size() == 1 ? "" : "s", cpus_.text());
    }
    lines.push_back(std::move(text));
  }
  return lines;
}

}  // namespace wakepath::foreign::text
