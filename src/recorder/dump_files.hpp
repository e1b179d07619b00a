// SPDX-License-Identifier: GPL-2.0-or-later
// A recorder's recordings as files of one directory. A file that can't be written costs itself:
// those that are there stay, and the next one is tried again. What there is of it counts too.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "dump/writer.hpp"
#include "recorder/dump_sink.hpp"
#include "recorder/kept_list.hpp"

namespace wakepath::recorder {

// What became of a recording, for a person. Names of the host's are in it.
struct StoreNews {
  enum class Kind : std::uint8_t {
    kept,     // `path` is whole
    let_go,   // a worse one took the place of `path`, or it was not among the worst
    failed,   // `text` says why, and what is left of it
    no_hook,  // `text`: its command was not run
  };
  Kind kind{Kind::kept};
  std::string path;
  std::string text;
  std::uint64_t files{};  // that are kept now, and their size
  std::uint64_t bytes{};
  std::uint64_t number{};  // DumpReason's
};

// "20261130T014511.482Z-web1-vcpu3.wkp"
std::string file_name_of(const DumpReason& reason);
// "total 1.23ms of web1 vCPU 3, timer(kvm_bg_timer_expire)>vcpu"
std::string text_of(const DumpReason& reason);

class DumpFiles final : public DumpSink {
 public:
  using Tell = std::function<void(const StoreNews&)>;
  // Called for each file that stays, when it is whole.
  using Kept = std::function<void(const std::string& path, const DumpReason& reason)>;

  // `directory` is there.
  DumpFiles(std::string directory, KeptList kept, Tell tell, Kept on_kept = {});

  void begin(const DumpReason& reason) override;
  void records(Bytes records) override;
  void chunk(const StreamChunkPtr& chunk) override;
  void end(const DumpReason& reason) override;

 private:
  void write(const std::function<Result<void>()>& work);
  void tell(StoreNews::Kind kind, const std::string& path, std::string text);
  void give_up(const Error& error);
  bool keep(const KeptFile& file);

  std::string directory_;
  KeptList kept_;
  Tell tell_;
  Kept on_kept_;
  std::string path_;         // of the one that is written
  std::uint64_t number_{0};  // its
  std::unique_ptr<dump::DumpWriter> writer_;
};

}  // namespace wakepath::recorder
