// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/recording_input.hpp"

#include <cstring>
#include <span>
#include <utility>

#include <poll.h>

#include "dump/chunk_file.hpp"
#include "dump/dump_format.hpp"
#include "dump/input.hpp"

namespace wakepath::foreign {

namespace {

class RecordingInput final : public InputSource {
 public:
  // `packed`: of a packed file; null: it comes as it is.
  RecordingInput(std::unique_ptr<dump::DumpSource> dump, bool is_file,
                 std::shared_ptr<const InputPart> packed)
      : dump_(std::move(dump)), is_file_(is_file), packed_(std::move(packed)) {}

  Result<bool> pump(RecordSink& sink) override {
    auto more = dump_->pump(sink);
    ended_ = ended_ || (more && !*more);
    return more;
  }
  [[nodiscard]] bool is_truncated() const override { return ended_ && info().incomplete; }
  [[nodiscard]] std::optional<InputPart> part() const override {
    if (packed_) {
      return *packed_;
    }
    return InputPart{info().read_bytes, is_file_ ? std::optional(info().file_bytes) : std::nullopt};
  }
  [[nodiscard]] std::string_view kind() const override { return "recording"; }
  [[nodiscard]] bool is_recording() const override { return true; }
  [[nodiscard]] std::vector<std::string> problems() const override { return dump_->problems(); }
  [[nodiscard]] const dump::DumpInfo& info() const { return dump_->info(); }

 private:
  std::unique_ptr<dump::DumpSource> dump_;
  bool is_file_;
  std::shared_ptr<const InputPart> packed_;
  bool ended_{false};
};

bool is_asked_to_stop(int stop_fd) {
  struct pollfd asked {
    stop_fd, POLLIN, 0
  };
  return ::poll(&asked, 1, 0) > 0;
}

bool has_number_at(std::string_view bytes, std::size_t offset, std::uint64_t number) {
  return bytes.size() >= offset + sizeof(number) &&
         std::memcmp(bytes.data() + offset, &number, sizeof(number)) == 0;
}

dump::StreamInput::Read reader_of(std::unique_ptr<PeekedBytes> bytes) {
  return [from = std::shared_ptr<PeekedBytes>(std::move(bytes))](std::span<std::byte> out) {
    return from->read(std::span(reinterpret_cast<char*>(out.data()), out.size()));
  };
}

}  // namespace

bool is_begin_of_recording(std::string_view first_bytes) {
  return has_number_at(first_bytes, 0, dump::kFileMagic);
}

bool is_recording(std::string_view first_bytes, std::string_view path) {
  return is_begin_of_recording(first_bytes) ||
         has_number_at(first_bytes, sizeof(dump::FileHeader), dump::kChunkMagic) ||
         path.ends_with(".wkp");
}

Result<std::unique_ptr<InputSource>> open_recording_input(Opening opening) {
  const int stop_fd = opening.stop_fd;
  std::unique_ptr<dump::DumpSource> dump;
  if (opening.is_file) {
    WAKEPATH_TRY(dump, dump::DumpSource::over(dump::FileInput::of(std::move(opening.file)),
                                              dump::Checks::all, opening.path));
  } else {
    const std::string name = opening.path == "-" ? "standard input" : opening.path;
    WAKEPATH_TRY(dump,
                 dump::DumpSource::over(std::make_unique<dump::StreamInput>(
                                            reader_of(std::move(opening.bytes)),
                                            [part = opening.part] { return part->read_bytes; }),
                                        dump::Checks::all, name));
  }
  if (stop_fd >= 0) {
    dump->stop_when([stop_fd] { return is_asked_to_stop(stop_fd); });
  }
  // Only a file has a size; what a pipe sent is known to the byte by what was read of it.
  std::shared_ptr<const InputPart> packed;
  if (!opening.is_file && opening.part->of_bytes) {
    packed = opening.part;
  }
  return std::make_unique<RecordingInput>(std::move(dump), opening.is_file, std::move(packed));
}

const dump::DumpInfo* recording_info(const InputSource& source) {
  const auto* recording = dynamic_cast<const RecordingInput*>(&source);
  return recording == nullptr ? nullptr : &recording->info();
}

}  // namespace wakepath::foreign
