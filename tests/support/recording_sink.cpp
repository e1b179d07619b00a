// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/recording_sink.hpp"

#include <stdexcept>

#include <fmt/format.h>

namespace wakepath::testing {

namespace {

template <typename T>
std::string shown(const std::optional<T>& maybe) {
  return maybe ? fmt::format("{}", *maybe) : "null";
}

}  // namespace

Result<void> RecordingSink::header(const Header& header) {
  to_.headers.push_back(header);
  to_.order.emplace_back("header");
  return {};
}

Result<void> RecordingSink::wake(const WakeChain& chain) {
  to_.wakes.push_back(chain);
  to_.order.emplace_back("wake");
  return {};
}

Result<void> RecordingSink::delivery(const Delivery& delivery) {
  to_.deliveries.push_back(delivery);
  to_.order.emplace_back("delivery");
  return {};
}

Result<void> RecordingSink::loss(const Loss& loss) {
  to_.losses.push_back(loss);
  to_.order.emplace_back("loss");
  return {};
}

Result<void> RecordingSink::interval(const Interval& interval) {
  to_.intervals.push_back(interval);
  to_.order.emplace_back("interval");
  return {};
}

Result<void> RecordingSink::notice(const std::string& text) {
  to_.notices.push_back(text);
  to_.order.emplace_back("notice");
  return {};
}

Result<void> RecordingSink::summary(const Summary& summary) {
  to_.summaries.push_back(summary);
  to_.order.emplace_back("summary");
  return {};
}

Recording run(const std::vector<RecordBytes>& records, const PipelineOptions& options) {
  Recording recording;
  RecordingSink sink(recording);
  Pipeline pipeline(options, sink);
  if (const auto replayed = replay(records, pipeline); !replayed) {
    throw std::runtime_error(replayed.error().message);
  }
  if (const auto summary = pipeline.finish(); !summary) {
    throw std::runtime_error(summary.error().message);
  }
  return recording;
}

Recording run(std::string_view scenario, const PipelineOptions& options) {
  const auto parsed = Scenario::parse(scenario);
  if (!parsed) {
    throw std::runtime_error(parsed.error().message);
  }
  return run(parsed->records(), options);
}

std::string text_of(const WakeChain& chain) {
  std::string text =
      fmt::format("{} pid {} vcpu {} tid {}\n{}\n", chain.who.vm, shown(chain.who.vm_pid),
                  shown(chain.who.vcpu), chain.who.tid, chain.path);
  const Root& root = chain.root;
  text +=
      fmt::format("root {} cpu {} irq {} {} {} expiry {} {}\n", name_of(root.kind), shown(root.cpu),
                  shown(root.irq), root.irq_name, root.function, shown(root.expiry_ns),
                  root.interrupt ? root.interrupt->device_or_address() : "");
  for (const Hop& hop : chain.hops) {
    text += fmt::format("hop {} {} cpu {} tid {} at {}\n", name_of(hop.kind), hop.name, hop.cpu,
                        shown(hop.tid), hop.at_ns);
  }
  for (const Stage& stage : chain.stages) {
    text += fmt::format("stage {} {} {} cpu {} {}\n", name_of(stage.kind), stage.begin_ns,
                        stage.end_ns, stage.cpu, stage.actor);
  }
  for (const Mark& mark : chain.marks) {
    text +=
        fmt::format("mark {} {} cpu {} {}\n", name_of(mark.kind), mark.at_ns, mark.cpu, mark.name);
  }
  text += fmt::format("from {} to {} ({})\nblocked {} ran {} late {}\n", chain.begin_ns,
                      chain.end_ns, name_of(chain.ends_at), shown(chain.blocked_ns),
                      shown(chain.ran_ns), shown(chain.guest_lateness_ns));
  if (chain.exits) {
    for (const auto& [reason, count] : *chain.exits) {
      text += fmt::format("exits {} {}\n", reason, count);
    }
  }
  text += "flags";
  for (std::size_t i = 0; i < kFlags; ++i) {
    if (chain.flags.has(static_cast<Flag>(i))) {
      text += fmt::format(" {}", name_of(static_cast<Flag>(i)));
    }
  }
  return text + "\n";
}

namespace {

std::string broken_rule(const Stage& stage) {
  if (stage.end_ns < stage.begin_ns) {
    return fmt::format("{} has a negative length", name_of(stage.kind));
  }
  std::uint64_t blamed = 0;
  for (const Blame& blame : stage.blame) {
    blamed += blame.ns;
  }
  if (blamed != stage.end_ns - stage.begin_ns) {
    return fmt::format("blame of {} sums to {}", name_of(stage.kind), blamed);
  }
  for (const SubStage& sub : stage.sub) {
    if (sub.begin_ns < stage.begin_ns || sub.end_ns > stage.end_ns || sub.begin_ns > sub.end_ns) {
      return fmt::format("{} lies outside {}", sub.name, name_of(stage.kind));
    }
  }
  return {};
}

std::string broken_rule(const std::vector<Stage>& stages, std::uint64_t begin_ns,
                        std::uint64_t end_ns) {
  if (end_ns < begin_ns) {
    return "it ends before it begins";
  }
  std::uint64_t at = begin_ns;
  for (const Stage& stage : stages) {
    if (stage.begin_ns != at) {
      return fmt::format("{} begins at {}, not at {}", name_of(stage.kind), stage.begin_ns, at);
    }
    if (std::string broken = broken_rule(stage); !broken.empty()) {
      return broken;
    }
    at = stage.end_ns;
  }
  return at == end_ns ? "" : fmt::format("the stages end at {}, not at {}", at, end_ns);
}

}  // namespace

std::string broken_rule(const Delivery& delivery) {
  return broken_rule(delivery.stages, delivery.begin_ns, delivery.end_ns);
}

std::string broken_rule(const WakeChain& chain) {
  if (std::string broken = broken_rule(chain.stages, chain.begin_ns, chain.end_ns);
      !broken.empty()) {
    return broken;
  }
  std::uint64_t last_mark = 0;
  for (const Mark& mark : chain.marks) {
    if (mark.at_ns < last_mark) {
      return fmt::format("{} is out of time order", name_of(mark.kind));
    }
    last_mark = mark.at_ns;
  }
  const bool ended = chain.ends_at == EndsAt::kvm_entry || chain.flags.has(Flag::reblocked);
  if (chain.complete() && (chain.root.kind == RootKind::unknown || !ended)) {
    return "complete without a root or without an end";
  }
  if (chain.hops.empty() || chain.hops.back().kind != HopKind::vcpu) {
    return "the last hop is no vcpu";
  }
  return {};
}

}  // namespace wakepath::testing
