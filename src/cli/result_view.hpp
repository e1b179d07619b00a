// SPDX-License-Identifier: GPL-2.0-or-later
// Records become wakes, which are shown and judged. live and replay share this way.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "cli/arguments.hpp"
#include "cli/console.hpp"
#include "cli/screen_sink.hpp"
#include "cli/unusual_wakes.hpp"
#include "present/renderer.hpp"
#include "wakepath/pipeline.hpp"

namespace wakepath::cli {

bool is_colored(Color color, const Console& console);

class ResultView {
 public:
  // `source`: "live", "dump" or "import". `console` must outlive the view, and so must `model`:
  // where there is one, it gets the results, and only the end is printed.
  ResultView(const ViewArguments& arguments, const std::string& source, Console& console,
             screen::Model* model = nullptr);

  RecordSink& records();
  // The reader of standard output is gone, and nothing is to be judged: going on is of no use.
  [[nodiscard]] bool abandoned() const;
  // Error: usage, where a VM that was asked for is not there; it lists the VMs that are.
  [[nodiscard]] Result<void> check_vms() const;
  // After the end: the vCPUs and threads too.
  [[nodiscard]] Result<void> check_selection() const;
  // Shows the summary with its verdicts. `partial`: why the end is not that of the input. Returns
  // the exit code that the verdicts ask for. Error: bad_output.
  Result<ExitCode> finish(Partial partial = Partial::no, std::optional<InputPart> part = {});
  // After finish(): why the end is not that of the input.
  [[nodiscard]] Partial partial() const { return partial_; }
  // After finish(): what is wrong with the records. Empty: nothing.
  [[nodiscard]] std::string record_damage() const;

 private:
  ViewArguments arguments_;
  bool live_;
  Console& console_;
  std::unique_ptr<present::Renderer> renderer_;
  std::unique_ptr<ScreenSink> screen_;   // null: there is no screen
  std::optional<UnusualWakes> unusual_;  // where they are to be explained
  std::unique_ptr<Pipeline> pipeline_;
  Partial partial_{Partial::no};
  std::uint64_t unreadable_{0};  // records
  std::uint64_t duplicates_{0};  // events
};

}  // namespace wakepath::cli
