// SPDX-License-Identifier: GPL-2.0-or-later
#include "recorder/dump_files.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace wakepath::recorder {

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr int kMostOfOneName = 1000;

// A VM's name comes from outside: only what is harmless in a path and on a command line stays.
std::string harmless(const std::string& name) {
  constexpr std::size_t kLongest = 40;
  std::string out;
  for (const char letter : name.substr(0, kLongest)) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                       (letter >= '0' && letter <= '9') || letter == '.' || letter == '-';
    out += plain ? letter : '_';
  }
  return out;
}

std::string utc_text(std::uint64_t realtime_ns) {
  const auto seconds = static_cast<std::time_t>(realtime_ns / kSecond);
  std::tm utc{};
  std::array<char, 32> text{};
  if (::gmtime_r(&seconds, &utc) == nullptr ||
      std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%S", &utc) == 0) {
    return "unknown-time";
  }
  return fmt::format("{}.{:03}Z", text.data(), realtime_ns % kSecond / 1'000'000);
}

}  // namespace

std::string file_name_of(const DumpReason& reason) {
  std::string name = utc_text(reason.realtime_ns);
  const BreachFact& breach = reason.breach;
  switch (breach.kind) {
    case BreachFact::Kind::lost:
      return name + "-lost";
    case BreachFact::Kind::signal:
      return name + "-signal";
    case BreachFact::Kind::wake:
      break;
  }
  name += "-" + harmless(breach.vm);
  name += breach.vcpu ? fmt::format("-vcpu{}", *breach.vcpu) : fmt::format("-tid{}", breach.tid);
  return name;
}

std::string text_of(const DumpReason& reason) {
  const BreachFact& breach = reason.breach;
  std::string text = breach.measured;
  if (breach.kind == BreachFact::Kind::signal) {
    text = "by a signal";
  } else if (breach.kind == BreachFact::Kind::wake) {
    text += fmt::format(
        " of {}, {}, {}", breach.vm,
        breach.vcpu ? fmt::format("vCPU {}", *breach.vcpu) : fmt::format("thread {}", breach.tid),
        breach.path);
  }
  if (reason.breaches > 1) {
    text += fmt::format(", the worst of {}", reason.breaches);
  }
  return text + (reason.cut ? "; cut" : "");
}

DumpFiles::DumpFiles(std::string directory, KeptList kept, Tell tell, Kept on_kept)
    : directory_(std::move(directory)),
      kept_(std::move(kept)),
      tell_(std::move(tell)),
      on_kept_(std::move(on_kept)) {}

void DumpFiles::tell(StoreNews::Kind kind, const std::string& path, std::string text) {
  tell_({kind, path, std::move(text), kept_.files().size(), kept_.bytes(), number_});
}

// What is on the disk stays there, if there is anything of it and room. It is the first to go.
void DumpFiles::give_up(const Error& error) {
  writer_.reset();
  struct stat status {};
  constexpr double kLessThanAny = -1;
  const bool left = ::stat(path_.c_str(), &status) == 0 &&
                    keep({path_, kLessThanAny, static_cast<std::uint64_t>(status.st_size)});
  tell(StoreNews::Kind::failed, path_,
       error.message + (left ? "; what was written before can be replayed" : ""));
}

// false: it is gone.
bool DumpFiles::keep(const KeptFile& file) {
  const std::vector<KeptFile> gone = kept_.add(file);
  for (const KeptFile& one : gone) {
    ::unlink(one.path.c_str());
    tell(StoreNews::Kind::let_go, one.path, {});
  }
  return std::ranges::find(gone, file.path, &KeptFile::path) == gone.end();
}

void DumpFiles::begin(const DumpReason& reason) {
  writer_.reset();
  number_ = reason.number;
  const std::string stem = directory_ + "/" + file_name_of(reason);
  for (int number = 1; number <= kMostOfOneName; ++number) {
    path_ = stem + (number == 1 ? "" : fmt::format("-{}", number)) + ".wkp";
    if (::access(path_.c_str(), F_OK) == 0) {
      continue;
    }
    auto writer = dump::DumpWriter::create({path_}, OutputFile::Kind::growing);
    if (writer) {
      writer_ = std::move(*writer);
    } else {
      tell(StoreNews::Kind::failed, path_, writer.error().message);
    }
    return;
  }
  tell(StoreNews::Kind::failed, path_, "too many files of this name are there");
}

void DumpFiles::write(const std::function<Result<void>()>& work) {
  if (!writer_) {
    return;
  }
  if (const auto done = work(); !done) {
    give_up(done.error());
  }
}

void DumpFiles::records(Bytes records) {
  write([&]() -> Result<void> {
    while (const auto record = RecordView::at(records)) {
      WAKEPATH_CHECK(writer_->record(*record));
      records = records.subspan(record->bytes().size());
    }
    return {};
  });
}

void DumpFiles::chunk(const StreamChunkPtr& chunk) {
  write([&] { return writer_->chunk(chunk->packed, chunk->facts); });
}

void DumpFiles::end(const DumpReason& reason) {
  if (!writer_) {
    return;
  }
  const auto totals = writer_->close();
  if (!totals) {
    give_up(totals.error());
    return;
  }
  writer_.reset();
  if (keep({path_, reason.times_limit, totals->bytes})) {
    tell(StoreNews::Kind::kept, path_, text_of(reason));
    if (on_kept_) {
      on_kept_(path_, reason);
    }
  }
}

}  // namespace wakepath::recorder
