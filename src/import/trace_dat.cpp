// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/trace_dat.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <poll.h>

#include "import/event_pipe.hpp"
#include "import/trace_dat_child.hpp"

namespace wakepath::foreign {

namespace {

constexpr std::size_t kAtOnce = std::size_t{256} * 1024;

class TraceDatReader final : public TraceReader {
 public:
  TraceDatReader(Child child, const TraceDatLimits& limits)
      : child_(std::move(child)), patience_(limits.patience), bytes_(kAtOnce) {}

  Result<bool> read(TraceSink& sink) override;
  [[nodiscard]] std::vector<std::string> problems() const override {
    std::vector<std::string> all = parser_.problems();
    all.insert(all.end(), problems_.begin(), problems_.end());
    return all;
  }
  [[nodiscard]] std::vector<std::string> remarks() const override { return parser_.remarks(); }

 private:
  Result<bool> finish(std::string trouble);

  Child child_;
  std::chrono::milliseconds patience_;
  std::vector<std::byte> bytes_;
  EventPipeParser parser_;
  std::vector<std::string> problems_;
  bool finished_{false};
};

Result<bool> TraceDatReader::finish(std::string trouble) {
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
    return fail(ExitCode::bad_input,
                "this trace.dat can't be read: " + (!told.empty()     ? told.front()
                                                    : trouble.empty() ? std::string("it is damaged")
                                                                      : trouble));
  }
  problems_.push_back("the file is damaged: after " + std::to_string(parser_.events()) +
                      " events " + (trouble.empty() ? "its reading broke off" : trouble) +
                      "; what came before is used");
  return false;
}

Result<bool> TraceDatReader::read(TraceSink& sink) {
  if (finished_) {
    return false;
  }
  pollfd ready{child_.output(), POLLIN, 0};
  const int count = ::poll(&ready, 1, static_cast<int>(patience_.count()));
  if (count < 0) {
    return errno == EINTR ? Result<bool>(true) : finish("it could not be waited for");
  }
  if (count == 0) {
    return finish("the process that read it stood still");
  }
  const ssize_t got = ::read(child_.output(), bytes_.data(), bytes_.size());
  if (got <= 0) {
    return got < 0 && errno == EINTR ? Result<bool>(true) : finish({});
  }
  const auto fed = parser_.feed(Bytes(bytes_).first(static_cast<std::size_t>(got)), sink);
  if (fed) {
    return true;
  }
  if (fed.error().code != ExitCode::bad_input) {
    finished_ = true;
    return tl::unexpected(fed.error());
  }
  return finish(fed.error().message);
}

}  // namespace

bool is_trace_dat(Bytes beginning) {
  constexpr std::array<unsigned char, 10> kMagic{0x17, 0x08, 0x44, 't', 'r',
                                                 'a',  'c',  'i',  'n', 'g'};
  return beginning.size() >= kMagic.size() &&
         std::memcmp(beginning.data(), kMagic.data(), kMagic.size()) == 0;
}

Result<std::unique_ptr<TraceReader>> open_trace_dat(Fd file, const TraceDatLimits& limits) {
#ifdef WAKEPATH_LIBTRACECMD
  auto child = Child::run(file.get(), limits.child, send_trace_dat);
  if (!child) {
    return tl::unexpected(child.error());
  }
  return std::unique_ptr<TraceReader>(std::make_unique<TraceDatReader>(std::move(*child), limits));
#else
  static_cast<void>(file);
  static_cast<void>(limits);
  return fail(ExitCode::unsupported,
              "this wakepath was built without libtracecmd: it can't read trace.dat",
              "trace-cmd report -i FILE >TEXT, and import that");
#endif
}

}  // namespace wakepath::foreign
