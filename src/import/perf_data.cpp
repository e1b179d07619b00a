// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/perf_data.hpp"

#include "import/byte_source.hpp"
#include "import/perf_script.hpp"
#include "import/text/text_trace.hpp"
#include "import/with_header.hpp"

namespace wakepath::foreign {

namespace {

// `perf` must outlive it.
class PerfText final : public ByteSource {
 public:
  explicit PerfText(PerfScript& perf) : perf_(perf) {}
  Result<std::size_t> read(std::span<char> out) override { return perf_.read(out); }

 private:
  PerfScript& perf_;
};

class PerfData final : public TraceReader {
 public:
  PerfData(PerfScript perf, bool can_name)
      : perf_(std::move(perf)), can_name_(can_name), text_(std::make_unique<PerfText>(perf_)) {}

  Result<bool> read(TraceSink& sink) override {
    WithHeader named(sink, perf_.info());
    auto more = text_.read(named);
    if (more && !*more && !ended_) {
      ended_ = true;
      if (const auto end = perf_.end(); !end) {
        trouble_ = end.error().message + "; what it printed before is used";
      }
    }
    return more;
  }
  [[nodiscard]] bool is_truncated() const override {
    return text_.is_truncated() || !trouble_.empty();
  }
  [[nodiscard]] std::vector<std::string> problems() const override {
    std::vector<std::string> all = text_.problems();
    if (!trouble_.empty()) {
      all.push_back(trouble_);
    }
    return all;
  }
  [[nodiscard]] std::vector<std::string> remarks() const override {
    // We do not let perf name any.
    std::vector<std::string> all = text_.remarks();
    std::erase(all, text::kForeignNames);
    if (!can_name_) {
      all.emplace_back("it has addresses of functions alone: --kallsyms names them");
    }
    return all;
  }

 private:
  PerfScript perf_;
  bool can_name_;
  text::TextTrace text_;
  bool ended_{false};
  std::string trouble_;
};

}  // namespace

Result<std::unique_ptr<TraceReader>> open_perf_data(Fd file, bool can_name,
                                                    const ChildLimits& limits) {
  auto perf = PerfScript::start(std::move(file), limits);
  if (!perf) {
    return tl::unexpected(perf.error());
  }
  return std::unique_ptr<TraceReader>(std::make_unique<PerfData>(std::move(*perf), can_name));
}

}  // namespace wakepath::foreign
