// SPDX-License-Identifier: GPL-2.0-or-later
// A process of our own that writes a recorder's recordings: it keeps the right to name files, which
// the capture gives up, and a slow disk holds up no ring.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "recorder/dump_files.hpp"
#include "recorder/dump_sink.hpp"
#include "recorder/hook_process.hpp"
#include "util/fd.hpp"
#include "wakepath/result.hpp"

namespace wakepath::recorder {

class StoreProcess final : public DumpSink {
 public:
  struct Options {
    std::string directory;  // is there
    std::size_t most_files{20};
    std::uint64_t most_bytes{std::uint64_t{1} << 30U};
    std::size_t most_waiting_bytes{std::size_t{256} << 20U};  // for the process to take them
  };
  // `hook` may be null; `begin` runs first in the process. No other thread of ours may run. Error:
  // bug, where no process can be made.
  static Result<std::unique_ptr<StoreProcess>> start(const Options& options,
                                                     std::optional<HookProcess> hook,
                                                     const std::function<void()>& begin);
  // Where the recording is not ended it keeps the mark INCOMPLETE.
  ~StoreProcess() override;

  void begin(const DumpReason& reason) override;
  void records(Bytes records) override;
  void chunk(const StreamChunkPtr& chunk) override;
  void end(const DumpReason& reason) override;

  // Hands on what the process takes without waiting, and returns what it has told since. Error:
  // bad_output, where the process has died.
  Result<std::vector<StoreNews>> poll();
  // Hands on all, and waits until all is written. Error: bad_output.
  Result<std::vector<StoreNews>> finish();

 private:
  struct Waiting {
    std::vector<std::byte> bytes;  // a frame
    StreamChunkPtr chunk;          // or a chunk, of which the frame is made when its turn comes
  };

  StoreProcess(pid_t pid, Fd channel, std::size_t most_waiting)
      : pid_(pid), channel_(std::move(channel)), most_waiting_(most_waiting) {}
  void queue(std::vector<std::byte> frame);
  // As much as the process takes now.
  Result<void> send_some();
  bool ended_well();
  Result<bool> receive_some(bool wait, std::vector<StoreNews>& news);

  pid_t pid_;
  Fd channel_;
  std::size_t most_waiting_;
  std::deque<Waiting> waiting_;
  std::size_t waiting_bytes_{0};
  std::size_t sent_{0};  // of the first
  bool cut_{false};      // the recording's rest is left out: too much waits
  bool refused_{false};  // the recording is: too much waits already
  std::vector<StoreNews> own_news_;
  std::vector<std::byte> received_;
};

}  // namespace wakepath::recorder
