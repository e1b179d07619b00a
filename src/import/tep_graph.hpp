// SPDX-License-Identifier: GPL-2.0-or-later
// Records of the tracer function_graph, and of events between them, as text of the kind that ftrace
// prints with funcgraph-abstime, -proc and -tail, but times in nanoseconds and names not cut.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "import/tep_events.hpp"
#include "import/tep_record.hpp"
#include "util/seeded_hash.hpp"

struct tep_record;

namespace wakepath::foreign {

class TepGraph {
 public:
  // `tep` holds the formats and must outlive this.
  TepGraph(tep_handle& tep, TepEvents::FunctionName function_name);

  // A call's begin or end?
  [[nodiscard]] bool is_call(const tep_record& record) const;
  // Appends the line of it. `next`: the one that follows it on its CPU, null: none; where that is
  // its end, both are one line. False: it is damaged.
  bool call(const tep_record& record, const tep_record* next, std::string& out);
  // Of any other event, as a comment.
  void event(tep_record& record, std::string& out);
  static void lost(const TraceLoss& loss, std::string& out);

 private:
  // Of a format of the tracer: entry (4.14 to 7.2, and with funcgraph-retaddr from 6.13 on) or
  // exit.
  struct Format {
    TepField function, depth, begin, end;
    bool entry;
  };
  struct Call {
    bool entry;
    std::uint64_t function;
    std::uint32_t tid, depth;
    std::string duration;  // as printed; empty: not told
  };

  void add(const tep_event& format);
  [[nodiscard]] const Format* format_of(const tep_record& record) const;
  // False: it is damaged.
  bool read(const tep_record& record, Call& call) const;
  void columns(const tep_record& record, const Call& call, std::string& out) const;

  tep_handle& tep_;
  TepEvents::FunctionName function_name_;
  TepField type_, tid_;  // the same in all events
  SeededMap<std::uint64_t, Format> formats_;
  std::set<int> told_;  // CPUs whose next record was told with the one before
};

}  // namespace wakepath::foreign
