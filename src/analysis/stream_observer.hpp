// SPDX-License-Identifier: GPL-2.0-or-later
// Looks on while a pipeline runs: for a room that judges the same stream by other measures than
// wakes, such as the audit.
#pragma once

#include "order/event_sequencer.hpp"
#include "reconstruct/fact_store.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::analysis {

class StreamObserver {
 public:
  StreamObserver() = default;
  StreamObserver(const StreamObserver&) = delete;
  StreamObserver& operator=(const StreamObserver&) = delete;
  virtual ~StreamObserver() = default;

  // Before all else: the names that the stream gives. They grow while it is read, and are gone with
  // the pipeline.
  virtual void begin(const reconstruct::FactStore& facts) = 0;
  // In time order, each before the reconstruction sees it.
  virtual void loss(const order::LossInterval& loss) = 0;
  virtual void event(const Event& event) = 0;
  // A wake that the pipeline's selection lets through.
  virtual void wake(const WakeChain& chain) = 0;
};

}  // namespace wakepath::analysis
