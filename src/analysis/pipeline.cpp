// SPDX-License-Identifier: GPL-2.0-or-later
#include "wakepath/pipeline.hpp"

#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "analysis/analysis.hpp"
#include "analysis/budget_sums.hpp"
#include "analysis/interrupt_load.hpp"
#include "analysis/judge.hpp"
#include "analysis/stream_tap.hpp"
#include "analysis/vcpu_activity.hpp"
#include "analysis/verdict.hpp"
#include "analysis/wake_filter.hpp"
#include "analysis/worst_wakes.hpp"
#include "order/event_sequencer.hpp"
#include "reconstruct/reconstructor.hpp"
#include "record/decoder.hpp"
#include "util/duration.hpp"
#include "util/saturated.hpp"

namespace wakepath {

namespace {

using order::LossInterval;

// A selection that names a CPU which the traced host lacks would show nothing, and look like a host
// without wakes.
Result<void> check_cpus(const Selection& selection, const Header& header) {
  for (const std::uint32_t cpu : selection.cpus) {
    if (header.cpus != 0 && cpu >= header.cpus) {
      return fail(ErrorKind::usage, fmt::format("no CPU {} on the traced host", cpu),
                  fmt::format("one of the CPUs 0-{}", header.cpus - 1));
    }
  }
  return {};
}

}  // namespace

struct Pipeline::Stages final : public reconstruct::ChainListener {
  Stages(PipelineOptions opts, Sink& to, analysis::StreamObserver* looks_on)
      : options(std::move(opts)),
        sink(to),
        observer(looks_on),
        reconstructor(facts, *this),
        activity(facts, reconstructor),
        tap(observer, activity),
        sequencer(observer != nullptr ? static_cast<order::SequencedSink&>(tap) : activity),
        analysis(analysis::analysis_options(options)),
        budget(options.budget),
        worst(options.worst) {
    sequencer.limit(options.memory_bytes / 4);
    if (options.stopped) {
      sequencer.stop_when(options.stopped);
    }
    if (observer != nullptr) {
      observer->begin(facts);
    }
  }

  PipelineOptions options;
  Sink& sink;
  analysis::StreamObserver* observer;
  reconstruct::FactStore facts;
  reconstruct::Reconstructor reconstructor;
  analysis::VcpuActivity activity;
  analysis::StreamTap tap;
  order::EventSequencer sequencer;
  analysis::Analysis analysis;
  analysis::BudgetSums budget;
  analysis::WorstWakes worst;
  std::uint64_t last_id{0};
  analysis::WakeFilter filter{options.selection};
  std::vector<QuietVcpu> quiet;  // at the end
  record::Batch batch;           // reused
  std::uint64_t guest_reports{0};
  std::uint64_t interval_begin_ns{0};
  std::uint64_t interval_lost{0};
  bool uncounted{false};  // some losses
  static constexpr std::size_t kMostKnown = 262'144;
  std::map<std::uint32_t, VcpuIdentity> known_vcpus;  // that were named or seen, by thread
  bool began{false};
  bool hold_back_told{false};
  Partial partial{Partial::no};
  std::optional<InputPart> part;
  Result<void> status;  // the first error

  void keep(Result<void> result) {
    if (status && !result) {
      status = std::move(result);
    }
  }

  // `text` with the count in it, where there is anything to say.
  void note(std::uint64_t count, const char* text) {
    if (count != 0) {
      keep(sink.notice(fmt::format(fmt::runtime(text), count)));
    }
  }

  void know(const VcpuIdentity& who) {
    if (known_vcpus.size() < kMostKnown || known_vcpus.contains(who.tid)) {
      known_vcpus.insert_or_assign(who.tid, who);
    }
  }

  void begin(std::optional<std::uint64_t> begin_ns) {
    if (began) {
      return;
    }
    began = true;
    Header header = facts.header();
    if (!header.trace || !header.trace->untimed) {
      header.begin_ns = begin_ns;
    }
    interval_begin_ns = begin_ns.value_or(0);
    activity.begin(interval_begin_ns);
    analysis.begin(interval_begin_ns);
    header.realtime_offset_ns = facts.realtime_offset_ns(begin_ns.value_or(0));
    keep(check_cpus(options.selection, header));
    keep(filter.begin(header));
    if (status) {
      keep(sink.header(header));
    }
  }

  void fact(RecordView view) {
    const Result<Fact> fact = decode_fact(view);
    if (!fact) {
      sequencer.malformed();
      return;
    }
    facts.add(*fact);
    if (const auto* vcpu = std::get_if<VcpuFact>(&*fact)) {
      know(facts.identity(vcpu->tid, vcpu->since_ns));
      activity.named(vcpu->tid, vcpu->since_ns, vcpu->state);
    }
    if (const auto* capture = std::get_if<CaptureFact>(&*fact);
        capture != nullptr && capture->hold_back_ns != 0) {
      hold_back(capture->hold_back_ns);
    }
    if (const auto* trigger = std::get_if<TriggerFact>(&*fact)) {
      filter.recorder_waited_for(*trigger);
    }
    if (const auto* notice = std::get_if<NoticeFact>(&*fact)) {
      uncounted = uncounted || notice->advice == WP_ADVICE_LOSS_UNCOUNTED;
      keep(sink.notice(notice->text));
    }
  }

  void hold_back(std::uint64_t ns) {
    hold_back_told = true;
    sequencer.hold_back(ns);
    reconstructor.hold_back(ns);
  }

  void tick(RecordView view) {
    std::optional<record::Tick> tick = record::decode_tick(view);
    if (!tick) {
      sequencer.malformed();
      return;
    }
    if (tick->number != 0 && !hold_back_told) {
      // A capture that numbers its ticks also says its hold-back: that record is missing.
      hold_back(WP_HOLD_BACK_NS);
    }
    begin(tick->time_ns);
    sequencer.tick(std::move(*tick));
  }

  void events(RecordView view) {
    if (!record::decode_batch(view, batch)) {
      sequencer.malformed();
      sequencer.gap(0);
      return;
    }
    begin(std::nullopt);
    sequencer.batch(batch);
  }

  void wake(WakeChain&& chain) override {
    know(chain.who);
    chain.id = ++last_id;
    const auto offset_ns = facts.realtime_offset_ns(chain.begin_ns);
    if (!filter.takes(chain, offset_ns)) {
      return;
    }
    if (offset_ns && !chain.flags.has(Flag::untimed)) {
      chain.realtime_ns = chain.begin_ns + *offset_ns;
    }
    // Much time may pass at once. A wake counts in no interval that ended before it.
    advanced_to(chain.end_ns);
    analysis.add(chain);
    budget.add(chain);
    if (observer != nullptr) {
      observer->wake(chain);
    }
    if (options.wake_told) {
      options.wake_told(chain);
    }
    if (options.worst == 0) {
      keep(sink.wake(chain));
    } else {
      worst.add(chain);
    }
  }

  void delivery(Delivery&& delivery) override {
    know(delivery.who);
    activity.delivery(delivery);
    if (!filter.takes(delivery, facts.realtime_offset_ns(delivery.begin_ns))) {
      return;
    }
    analysis.add_delivery();
    budget.add(delivery);
    if (options.worst == 0) {
      keep(sink.delivery(delivery));
    }
  }

  void loss(const LossInterval& loss) override {
    if (loss.kind != LossInterval::Kind::lost) {
      return;
    }
    interval_lost = saturated_sum(interval_lost, loss.lost.value_or(0));
    const auto begin = loss.begin_ns == 0 ? std::nullopt : std::optional(loss.begin_ns);
    const auto end = loss.end_ns == order::kOpenEnd ? std::nullopt : std::optional(loss.end_ns);
    const bool counted = !uncounted || loss.lost != std::uint64_t{1};
    keep(sink.loss({loss.cpu, begin, end, counted ? loss.lost : std::nullopt}));
  }

  void advanced_to(std::uint64_t time_ns) override {
    if (options.interval_ns == 0 || interval_begin_ns == 0) {
      return;
    }
    if (time_ns < interval_begin_ns || time_ns - interval_begin_ns < options.interval_ns) {
      return;
    }
    const std::uint64_t end = interval_begin_ns + options.interval_ns;
    keep(sink.interval({interval_begin_ns, end, interval_lost, analysis.take_interval(),
                        selected(activity.take_interval()), facts.cost(),
                        sequencer.totals().skipped}));
    // However long no tick came, that time has no tables of its own.
    interval_begin_ns = end + (time_ns - end) / options.interval_ns * options.interval_ns;
    interval_lost = 0;
  }

  std::vector<QuietVcpu> selected(std::vector<QuietVcpu> vcpus) const {
    std::erase_if(
        vcpus, [&](const QuietVcpu& vcpu) { return !analysis::selected(options.selection, vcpu); });
    return vcpus;
  }

  Summary summary() const {
    Summary summary = analysis.summary();
    const order::StreamTotals& totals = sequencer.totals();
    summary.duration_ns = sequencer.begin_ns() ? sequencer.end_ns() - *sequencer.begin_ns() : 0;
    summary.events = totals.events;
    summary.lost = totals.lost;
    summary.lost_exact = !uncounted;
    summary.missed = totals.missed;
    summary.late = totals.late;
    summary.skipped = totals.skipped;
    summary.guest_reports = guest_reports;
    summary.ring_bytes = facts.ring_bytes();
    summary.damaged = totals.damaged;
    summary.duplicates = totals.duplicates;
    summary.naming = facts.naming_attempts();
    summary.programs = facts.programs();
    summary.quiet = quiet;
    summary.cost = facts.cost();
    summary.filter = analysis::text_of(options.selection);
    summary.worst = options.worst;
    summary.partial = partial;
    summary.part = part;
    summary.seen = last_id;
    summary.vcpus_seen = known_vcpus.size();
    summary.unreadable = totals.malformed;
    analysis::name_interrupts(summary, facts.interrupts());
    return summary;
  }
};

Pipeline::Pipeline(PipelineOptions options, Sink& sink, analysis::StreamObserver* observer)
    : stages_(std::make_unique<Stages>(std::move(options), sink, observer)) {}

Pipeline::~Pipeline() = default;

Result<void> Pipeline::record(RecordView view) {
  switch (view.type()) {
    case WP_RECORD_BATCH:
      stages_->events(view);
      break;
    case WP_RECORD_TICK:
      stages_->tick(view);
      break;
    case WP_RECORD_FACT:
      stages_->fact(view);
      break;
    case WP_RECORD_GUEST_REPORT:
      if (const auto report = record::decode_guest_report(view)) {
        ++stages_->guest_reports;
        stages_->sequencer.guest_report(*report);
      }
      break;
    case WP_RECORD_GAP:
      stages_->sequencer.gap(load<wp_gap>(view.bytes()).lost_events);
      break;
    default:
      break;
  }
  return stages_->status;
}

Result<Summary> Pipeline::finish(Partial partial, std::optional<InputPart> part) {
  stages_->partial = partial;
  stages_->part = part;
  stages_->begin(std::nullopt);
  stages_->sequencer.finish();
  if (stages_->sequencer.was_stopped()) {
    stages_->partial = Partial::interrupted;  // though the input was at its end
  }
  stages_->reconstructor.finish();
  std::vector<QuietVcpu> quiet = stages_->activity.quiet();
  for (const QuietVcpu& vcpu : quiet) {
    stages_->known_vcpus.try_emplace(vcpu.who.tid, vcpu.who);
  }
  stages_->quiet = stages_->selected(std::move(quiet));
  stages_->note(
      stages_->sequencer.totals().malformed,
      "{} records could not be read: the file is damaged or was written by a newer version");
  stages_->note(stages_->facts.left_out(),
                "{} facts were left out: no host has so many names; some stay unknown");
  stages_->note(stages_->sequencer.totals().let_go,
                "too many events waited for a tick, {} times: wakepath did not wait longer, and "
                "wakes there count as lossy (--memory gives it more room)");
  stages_->note(stages_->reconstructor.without_blame(),
                "too many wakes overlap: {} parts of stages are unexplained, for what had the CPU "
                "in them would take too long to tell");
  for (const WakeChain& chain : stages_->worst.take()) {
    stages_->keep(stages_->sink.wake(chain));
  }
  Summary summary = stages_->summary();
  std::vector<std::string> expressions = stages_->options.fail_on;
  if (summary.target) {
    expressions.insert(expressions.begin(), fmt::format("p99({}) > {}", summary.target->total,
                                                        exact_duration(summary.target->target_ns)));
  }
  for (const std::string& expression : expressions) {
    WAKEPATH_TRY(VerdictResult verdict, judge(expression));
    summary.verdicts.push_back(std::move(verdict));
  }
  const auto judged = stages_->budget.judge(summary, vms(), vcpus());
  summary.verdicts.insert(summary.verdicts.end(), judged.begin(), judged.end());
  stages_->note(summary.duplicates,
                "{} events came more than once: the file is damaged; each is counted once");
  stages_->keep(stages_->sink.summary(summary));
  if (!stages_->status) {
    return tl::unexpected<Error>(stages_->status.error());
  }
  return summary;
}

Result<VerdictResult> Pipeline::judge(const std::string& expression) const {
  WAKEPATH_TRY(const analysis::Verdict verdict, analysis::parse_verdict(expression));
  return analysis::judge(verdict, expression, stages_->summary(), stages_->analysis.all());
}

std::vector<std::string> Pipeline::vms() const { return stages_->facts.vms(); }

bool Pipeline::has_trigger() const { return stages_->filter.has_trigger(); }

std::uint64_t Pipeline::wakes() const { return stages_->last_id; }

std::vector<VcpuIdentity> Pipeline::vcpus() const {
  std::vector<VcpuIdentity> all;
  for (const auto& [tid, who] : stages_->known_vcpus) {
    all.push_back(who);
  }
  return all;
}

Result<void> check_verdict(const std::string& expression) {
  const auto verdict = analysis::parse_verdict(expression);
  return verdict ? Result<void>{} : tl::unexpected<Error>(verdict.error());
}

Result<void> check_culprits(const std::string& text) {
  const auto one = analysis::parse_culprit_class(text);
  return one ? Result<void>{} : tl::unexpected<Error>(one.error());
}

}  // namespace wakepath
