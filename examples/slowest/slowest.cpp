// SPDX-License-Identifier: GPL-2.0-or-later
// The ten slowest wakes of a recording, or of a trace of another tool: slowest FILE
#include <algorithm>
#include <cstdio>
#include <vector>

#include <wakepath/pipeline.hpp>
#include <wakepath/sources.hpp>

struct Wakes final : wakepath::Sink {
  std::vector<wakepath::WakeChain> all;
  wakepath::Result<void> wake(const wakepath::WakeChain& chain) override {
    all.push_back(chain);
    return {};
  }
};

wakepath::Result<void> read(const char* path, wakepath::Sink& sink) {
  wakepath::Pipeline pipeline({}, sink);
  WAKEPATH_TRY(auto input, wakepath::open_recording(path));
  for (bool more = true; more;) {
    WAKEPATH_TRY(more, input->pump(pipeline));
  }
  WAKEPATH_CHECK(pipeline.finish());
  return {};
}

int main(int count, char** arguments) {
  Wakes wakes;
  if (const auto done = read(count == 2 ? arguments[1] : "", wakes); !done) {
    std::fprintf(stderr, "%s\n", done.error().message.c_str());
    return static_cast<int>(done.error().kind);
  }
  std::ranges::stable_sort(wakes.all, std::ranges::greater{}, &wakepath::WakeChain::total_ns);
  wakes.all.resize(std::min<std::size_t>(wakes.all.size(), 10));
  for (const auto& wake : wakes.all) {
    std::printf("%8.1f us  %s vCPU %d  %s\n", static_cast<double>(wake.total_ns()) / 1000,
                wake.who.vm.c_str(), static_cast<int>(wake.who.vcpu.value_or(0)),
                wake.path.c_str());
  }
}
