// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/trace_dat.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "import/event_pipe.hpp"
#include "import/graph/graph_reader.hpp"
#include "import/trace_dat_child.hpp"
#include "import/with_header.hpp"

namespace wakepath::foreign {

namespace {

constexpr std::size_t kFromPipe = std::size_t{256} * 1024;

// What the process that reads the file sends.
class DatPipe {
 public:
  explicit DatPipe(Child child) : child_(std::move(child)), bytes_(kFromPipe) {}

  // As TraceReader's.
  Result<bool> read(TraceSink& sink);
  [[nodiscard]] std::vector<std::string> problems() const {
    std::vector<std::string> all = parser_.problems();
    all.insert(all.end(), problems_.begin(), problems_.end());
    return all;
  }
  [[nodiscard]] bool broke_off() const { return finished_ && !parser_.ended(); }
  EventPipeParser& parser() { return parser_; }

 private:
  Result<bool> finish(std::string trouble);

  Child child_;
  std::vector<std::byte> bytes_;
  EventPipeParser parser_;
  std::vector<std::string> problems_;
  bool finished_{false};
};

Result<bool> DatPipe::finish(std::string trouble) {
  finished_ = true;
  const std::string end = child_.end();
  if (trouble.empty() && !end.empty()) {
    trouble = "the process that read it " + end;
  }
  if (parser_.ended()) {
    return false;
  }
  if (!parser_.began()) {
    const auto& told = parser_.problems();
    return fail(ErrorKind::bad_input,
                "this trace.dat can't be read: " + (!told.empty()     ? told.front()
                                                    : trouble.empty() ? std::string("it is damaged")
                                                                      : trouble));
  }
  const std::string read = parser_.lines() != 0
                               ? std::to_string(parser_.lines()) + " lines of its function graph "
                               : std::to_string(parser_.events()) + " events ";
  problems_.push_back("the file is damaged: after " + read +
                      (trouble.empty() ? "its reading broke off" : trouble) +
                      "; what came before is used");
  return false;
}

Result<bool> DatPipe::read(TraceSink& sink) {
  if (finished_) {
    return false;
  }
  switch (child_.wait()) {
    case Child::Ready::interrupted:
      if (child_.is_to_stop()) {
        return fail(ErrorKind::interrupted, "interrupted");
      }
      return true;
    case Child::Ready::no:
      return finish("the process that read it stood still");
    case Child::Ready::yes:
      break;
  }
  const ssize_t got = ::read(child_.output(), bytes_.data(), bytes_.size());
  if (got <= 0) {
    return got < 0 && errno == EINTR ? Result<bool>(true) : finish({});
  }
  const auto fed = parser_.feed(Bytes(bytes_).first(static_cast<std::size_t>(got)), sink);
  if (fed) {
    return true;
  }
  if (fed.error().kind != ErrorKind::bad_input) {
    finished_ = true;
    return tl::unexpected(fed.error());
  }
  return finish(fed.error().message);
}

// Keeps what is said of a file with calls. `next`: of any other; null: none is wanted.
class DatHeader final : public TraceSink {
 public:
  explicit DatHeader(TraceSink* next = nullptr) : next_(next) {}

  Result<void> about(const TraceInfo& told) override {
    info = told;
    return next_ == nullptr || has_calls() ? Result<void>{} : next_->about(told);
  }
  Result<void> event(const TraceEvent& event) override {
    return next_ == nullptr || has_calls() ? Result<void>{} : next_->event(event);
  }
  Result<void> lost(const TraceLoss& loss) override {
    return next_ == nullptr || has_calls() ? Result<void>{} : next_->lost(loss);
  }
  [[nodiscard]] bool has_calls() const { return info.form == kGraphInTraceDat; }

  TraceInfo info;

 private:
  TraceSink* next_;
};

class DatGraphText final : public ByteSource {
 public:
  explicit DatGraphText(std::shared_ptr<DatPipe> pipe) : pipe_(std::move(pipe)) {}

  Result<std::size_t> read(std::span<char> out) override {
    while (given_ == text_.size()) {
      text_ = pipe_->parser().take_graph();
      given_ = 0;
      if (!text_.empty()) {
        break;
      }
      DatHeader nobody;
      const auto more = pipe_->read(nobody);
      if (!more) {
        return tl::unexpected(more.error());
      }
      if (!*more) {
        return 0;
      }
    }
    const std::size_t bytes = text_.copy(out.data(), out.size(), given_);
    given_ += bytes;
    return bytes;
  }
  [[nodiscard]] std::vector<std::string> problems() const override { return pipe_->problems(); }

 private:
  std::shared_ptr<DatPipe> pipe_;
  std::string text_;
  std::size_t given_{0};
};

class TraceDatReader final : public TraceReader {
 public:
  explicit TraceDatReader(std::shared_ptr<DatPipe> pipe) : pipe_(std::move(pipe)) {}

  Result<bool> read(TraceSink& sink) override;
  [[nodiscard]] bool is_truncated() const override { return pipe_->broke_off(); }
  [[nodiscard]] std::vector<std::string> problems() const override {
    return graph_ ? graph_->problems() : pipe_->problems();
  }
  [[nodiscard]] std::vector<std::string> remarks() const override {
    std::vector<std::string> all = pipe_->parser().remarks();
    if (graph_) {
      const std::vector<std::string> more = graph_->remarks();
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  }

 private:
  std::shared_ptr<DatPipe> pipe_;
  TraceInfo header_;
  std::unique_ptr<graph::GraphReader> graph_;
};

Result<bool> TraceDatReader::read(TraceSink& sink) {
  if (graph_) {
    WithHeader named(sink, header_);
    return graph_->read(named);
  }
  DatHeader header(&sink);
  auto more = pipe_->read(header);
  if (!more || !header.has_calls()) {
    return more;
  }
  header_ = header.info;
  graph_ = std::make_unique<graph::GraphReader>(std::make_unique<DatGraphText>(pipe_));
  return true;
}

Result<std::shared_ptr<DatPipe>> start(const Fd& file, const ChildLimits& limits) {
#ifdef WAKEPATH_LIBTRACECMD
  auto child = Child::run(file.get(), limits, send_trace_dat);
  if (!child) {
    return tl::unexpected(child.error());
  }
  return std::make_shared<DatPipe>(std::move(*child));
#else
  static_cast<void>(file);
  static_cast<void>(limits);
  return fail(ErrorKind::unsupported,
              "this wakepath was built without libtracecmd: it can't read trace.dat",
              "trace-cmd report -i FILE >TEXT, and import that");
#endif
}

}  // namespace

bool is_trace_dat(Bytes beginning) {
  constexpr std::array<unsigned char, 10> kMagic{0x17, 0x08, 0x44, 't', 'r',
                                                 'a',  'c',  'i',  'n', 'g'};
  return beginning.size() >= kMagic.size() &&
         std::memcmp(beginning.data(), kMagic.data(), kMagic.size()) == 0;
}

Result<std::unique_ptr<TraceReader>> open_trace_dat(Fd file, const ChildLimits& limits) {
  auto pipe = start(file, limits);
  if (!pipe) {
    return tl::unexpected(pipe.error());
  }
  return std::make_unique<TraceDatReader>(std::move(*pipe));
}

Result<std::unique_ptr<ByteSource>> open_trace_dat_graph(Fd file, const ChildLimits& limits) {
  auto pipe = start(file, limits);
  if (!pipe) {
    return tl::unexpected(pipe.error());
  }
  DatHeader header;
  while (!(*pipe)->parser().began()) {
    if (const auto more = (*pipe)->read(header); !more) {
      return tl::unexpected(more.error());
    }
  }
  if (!header.has_calls()) {
    return std::unique_ptr<ByteSource>();
  }
  return std::make_unique<DatGraphText>(std::move(*pipe));
}

}  // namespace wakepath::foreign
