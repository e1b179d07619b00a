// SPDX-License-Identifier: GPL-2.0-or-later
// The tables that are known at the end.
#include "export/columns.hpp"
#include "findings/finding_list.hpp"

namespace wakepath::exports {

namespace {

const Interrupt& interrupt_in(const InterruptRow& row) { return interrupt_of(row.load.interrupt); }

using Source = Column<InterruptRow>;
constexpr std::array kInterrupts{
    Source{"interrupt", kInteger, [](const InterruptRow& i) { return number(i.number); }},
    Source{"irq", kInteger, [](const InterruptRow& i) { return irq_number(i.load.interrupt); }},
    Source{"name", kText, [](const InterruptRow& i) { return text(interrupt_in(i).action); }},
    Source{"device", kText,
           [](const InterruptRow& i) { return text(interrupt_in(i).device_or_address()); }},
    Source{"queue", kText, [](const InterruptRow& i) { return text(interrupt_in(i).queue); }},
    Source{"bus", kText, [](const InterruptRow& i) { return text(interrupt_in(i).bus); }},
    Source{"address", kText, [](const InterruptRow& i) { return text(interrupt_in(i).address); }},
    Source{"driver", kText, [](const InterruptRow& i) { return text(interrupt_in(i).driver); }},
    Source{"description", kText,
           [](const InterruptRow& i) { return text(interrupt_in(i).description); }},
    Source{"given_to", kText, [](const InterruptRow& i) { return text(interrupt_in(i).given_to); }},
    Source{"affinity", kText, [](const InterruptRow& i) { return text(interrupt_in(i).affinity); }},
    Source{"effective", kText,
           [](const InterruptRow& i) { return text(interrupt_in(i).effective); }},
    Source{"managed", kInteger,
           [](const InterruptRow& i) { return maybe(interrupt_in(i).managed); }},
    Source{"wakes", kInteger, [](const InterruptRow& i) { return number(i.load.wakes); }},
    Source{"delayed", kInteger, [](const InterruptRow& i) { return number(i.load.delayed); }},
    Source{"stole_ns", kInteger, [](const InterruptRow& i) { return number(i.load.stole_ns); }},
};

std::string_view fix_text(const FindingRow& f, std::string Fix::*which) {
  return f.finding.fixes.empty() ? std::string_view() : f.finding.fixes.front().*which;
}

using Judged = Column<FindingRow>;
constexpr std::array kFindings{
    Judged{"finding", kInteger, [](const FindingRow& f) { return number(f.number); }},
    Judged{"rule", kText, [](const FindingRow& f) { return text(f.finding.rule); }},
    Judged{"severity", kText,
           [](const FindingRow& f) { return text(name_of(f.finding.severity)); }},
    Judged{"confidence", kText,
           [](const FindingRow& f) { return text(name_of(f.finding.confidence)); }},
    Judged{"text", kText, [](const FindingRow& f) { return text(f.finding.text); }},
    Judged{"vm", kText, [](const FindingRow& f) { return text(f.finding.subject.vm); }},
    Judged{"vm_pid", kInteger, [](const FindingRow& f) { return maybe(f.finding.subject.vm_pid); }},
    Judged{"vcpu", kInteger, [](const FindingRow& f) { return maybe(f.finding.subject.vcpu); }},
    Judged{"cpus", kText, [](const FindingRow& f) { return text(f.finding.subject.cpus); }},
    Judged{"tid", kInteger, [](const FindingRow& f) { return maybe(f.finding.subject.tid); }},
    Judged{"comm", kText, [](const FindingRow& f) { return text(f.finding.subject.comm); }},
    Judged{"irq", kText, [](const FindingRow& f) { return text(f.finding.subject.irq); }},
    Judged{"device", kText, [](const FindingRow& f) { return text(f.finding.subject.device); }},
    Judged{"wakes", kInteger, [](const FindingRow& f) { return maybe(f.finding.effect.wakes); }},
    Judged{"p50_ns", kInteger, [](const FindingRow& f) { return maybe(f.finding.effect.p50_ns); }},
    Judged{"p50_without_ns", kInteger,
           [](const FindingRow& f) { return maybe(f.finding.effect.p50_without_ns); }},
    Judged{"p99_ns", kInteger, [](const FindingRow& f) { return maybe(f.finding.effect.p99_ns); }},
    Judged{"p99_without_ns", kInteger,
           [](const FindingRow& f) { return maybe(f.finding.effect.p99_without_ns); }},
    Judged{
        "fix", kText,
        [](const FindingRow& f) { return made_text(findings::first_fix_text(f.finding.fixes)); }},
    Judged{"undo", kText, [](const FindingRow& f) { return text(fix_text(f, &Fix::undo)); }},
};

using Whole = Column<RecordingRow>;
constexpr std::array kRecording{
    Whole{"wakepath", kText, [](const RecordingRow& r) { return text(r.header.wakepath); }},
    Whole{"kernel", kText, [](const RecordingRow& r) { return text(r.header.kernel); }},
    Whole{"arch", kText, [](const RecordingRow& r) { return text(r.header.arch); }},
    Whole{
        "cpus", kInteger,
        [](const RecordingRow& r) { return r.header.cpus == 0 ? Cell{} : number(r.header.cpus); }},
    Whole{
        "trace", kText,
        [](const RecordingRow& r) { return r.header.trace ? text(r.header.trace->form) : Cell{}; }},
    Whole{"begin_ns", kInteger, [](const RecordingRow& r) { return maybe(r.header.begin_ns); }},
    Whole{"duration_ns", kInteger,
          [](const RecordingRow& r) {
            return r.header.trace && r.header.trace->untimed ? Cell{}
                                                             : number(r.summary.duration_ns);
          }},
    Whole{"events", kInteger, [](const RecordingRow& r) { return number(r.summary.events); }},
    Whole{"lost", kInteger, [](const RecordingRow& r) { return number(r.summary.lost); }},
    Whole{"lost_exact", kInteger,
          [](const RecordingRow& r) { return truth(r.summary.lost_exact); }},
    Whole{"missed", kInteger, [](const RecordingRow& r) { return number(r.summary.missed); }},
    Whole{"late", kInteger, [](const RecordingRow& r) { return number(r.summary.late); }},
    Whole{"wakes", kInteger, [](const RecordingRow& r) { return number(r.summary.wakes); }},
    Whole{"complete", kInteger, [](const RecordingRow& r) { return number(r.summary.complete); }},
    Whole{"deliveries", kInteger,
          [](const RecordingRow& r) { return number(r.summary.deliveries); }},
    Whole{"filter", kText, [](const RecordingRow& r) { return text(r.summary.filter); }},
    Whole{"partial", kText,
          [](const RecordingRow& r) {
            return r.summary.partial == Partial::no ? Cell{} : text(name_of(r.summary.partial));
          }},
};

}  // namespace

std::vector<TableInfo> run_tables() {
  return {
      info_of(Table::interrupts, "interrupts", 1, kInterrupts),
      info_of(Table::findings, "findings", 1, kFindings),
      info_of(Table::recording, "recording", 0, kRecording),
  };
}

void interrupt_row(const InterruptRow& interrupt, Row& row) { fill(kInterrupts, interrupt, row); }
void finding_row(const FindingRow& finding, Row& row) { fill(kFindings, finding, row); }
void recording_row(const RecordingRow& recording, Row& row) { fill(kRecording, recording, row); }

}  // namespace wakepath::exports
