// SPDX-License-Identifier: GPL-2.0-or-later
#include "wakepath/sources.hpp"

#include "dump/reader.hpp"
#include "import/byte_source.hpp"
#include "import/trace_import.hpp"

namespace wakepath {

namespace {

template <typename Source>
class Opened final : public InputSource {
 public:
  explicit Opened(std::unique_ptr<Source> source) : source_(std::move(source)) {}
  Result<bool> pump(RecordSink& sink) override { return source_->pump(sink); }
  [[nodiscard]] bool is_recording() const override {
    return std::is_same_v<Source, dump::DumpSource>;
  }
  [[nodiscard]] std::string_view kind() const override {
    return is_recording() ? "recording" : "trace";
  }
  [[nodiscard]] std::vector<std::string> problems() const override { return source_->problems(); }

 private:
  std::unique_ptr<Source> source_;
};

}  // namespace

Result<std::unique_ptr<InputSource>> open_recording(const std::string& path) {
  WAKEPATH_TRY(auto source, dump::DumpSource::open(path));
  return std::make_unique<Opened<dump::DumpSource>>(std::move(source));
}

Result<std::unique_ptr<InputSource>> open_trace(const std::string& path,
                                                const InputOptions& options) {
  static_cast<void>(options);
  WAKEPATH_TRY(auto file, foreign::FdBytes::open(path));
  WAKEPATH_TRY(auto trace, foreign::TraceImport::open(std::move(file), path, {}));
  return std::make_unique<Opened<foreign::TraceImport>>(std::move(trace));
}

}  // namespace wakepath
