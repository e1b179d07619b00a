// SPDX-License-Identifier: GPL-2.0-or-later
// One way to capture events: by BPF programs, or through tracefs. CaptureLoop drives it, always on
// the same thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "capture/name_book.hpp"
#include "wakepath/facts.hpp"
#include "wakepath/record.hpp"

namespace wakepath::capture {

class Backend {
 public:
  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  virtual ~Backend() = default;

  struct Taken {
    std::size_t most_bytes{};  // from the CPU that had most
    bool more{};               // another round must follow at once
  };

  // The facts that the stream starts with.
  virtual std::vector<Fact> first_facts() = 0;
  // Hands on what else belongs to the start of the stream.
  virtual Result<void> begin(RecordSink& sink) = 0;
  // Hands on what was captured since the last call.
  virtual Result<Taken> take(RecordSink& sink) = 0;
  // What the backend itself has to say, after each take() and what belongs to it.
  virtual Result<void> report(RecordSink& /*sink*/) { return {}; }
  // Called now and then: names may have changed, and are looked up again.
  virtual Result<void> renew_names(std::uint64_t now_ns) = 0;

  // Ends the capture. take_rest() is then called until nothing more follows.
  virtual Result<void> stop() = 0;
  virtual Result<Taken> take_rest(RecordSink& sink) = 0;
  // Hands on what belongs to the end of the stream.
  virtual Result<void> finish(RecordSink& sink) = 0;

  // The names that it has given so far.
  virtual NameBook& names() = 0;
};

}  // namespace wakepath::capture
