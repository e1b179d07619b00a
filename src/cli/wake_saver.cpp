// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/wake_saver.hpp"

#include <limits>
#include <utility>

#include <fmt/format.h>

#include "cli/reading.hpp"
#include "cli/recorder_run.hpp"

namespace wakepath::cli {

Result<std::unique_ptr<WakeSaver>> WakeSaver::start(const std::string& directory) {
  constexpr std::uint64_t kAll = std::uint64_t{1} << 60U;  // nothing is let go
  WAKEPATH_TRY(auto store,
               start_store({directory, std::numeric_limits<std::uint32_t>::max(), kAll}));
  return std::unique_ptr<WakeSaver>(new WakeSaver(directory, std::move(store)));
}

void WakeSaver::read_from(GivenAgain files, const Interrupt& interrupt) {
  files_.emplace(std::move(files));
  interrupt_ = &interrupt;
}

std::string WakeSaver::save(screen::KeptWake wake, PipelineOptions options) {
  if (cut_) {
    return fmt::format("wait: wake #{} is being saved", cut_->wake().id);
  }
  auto given = files_->from_begin();
  if (!given) {
    return given.error().message + ": no wake can be saved";
  }
  auto source = read_given(std::move(*given), *interrupt_);
  if (!source) {
    // Its reader is a program, and none may be started any more.
    return "this file can't be read again: no wake can be saved";
  }
  const std::uint64_t id = wake->id;
  auto cut = WakeCut::begin(std::move(*source), std::move(options), *store_, std::move(wake));
  if (!cut) {
    return cut.error().message;
  }
  cut_ = std::move(*cut);
  return fmt::format("saves wake #{} to {}", id, directory_);
}

void WakeSaver::advance(const std::function<bool()>& go_on, const Say& say) {
  if (cut_) {
    const Result<bool> over = cut_->advance(go_on);
    if (!over) {
      say(over.error().message);
    }
    if (!over || *over) {
      cut_.reset();
    }
  }
  tell(store_->poll(), say);
}

ExitCode WakeSaver::finish(const Say& say) {
  cut_.reset();
  tell(store_->finish(), say);
  return code_;
}

void WakeSaver::tell(const Result<std::vector<recorder::StoreNews>>& news, const Say& say) {
  if (!news) {
    say(news.error().message);
    code_ = ExitCode::bad_output;
    return;
  }
  for (const recorder::StoreNews& one : *news) {
    const bool kept = one.kind == recorder::StoreNews::Kind::kept;
    code_ = kept ? code_ : ExitCode::bad_output;
    say(kept ? fmt::format("saved {}: {}", one.path, one.text)
             : fmt::format("could not save {}: {}", one.path, one.text));
  }
}

}  // namespace wakepath::cli
