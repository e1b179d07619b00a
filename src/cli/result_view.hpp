// SPDX-License-Identifier: GPL-2.0-or-later
// From records to what is shown and judged: the one way that live and replay share.
#pragma once

#include <memory>
#include <string>

#include "cli/arguments.hpp"
#include "cli/console.hpp"
#include "present/renderer.hpp"
#include "wakepath/pipeline.hpp"

namespace wakepath::cli {

class ResultView {
 public:
  // `source`: "live", "dump" or "import". `console` must outlive the view.
  ResultView(const ViewArguments& arguments, const std::string& source, Console& console);

  RecordSink& records();
  // Nobody reads any more, and nothing is to be judged: going on is of no use.
  [[nodiscard]] bool abandoned() const;
  // Error: usage, with the VMs that are there, where one that was asked for is not.
  [[nodiscard]] Result<void> check_vms() const;
  // The summary, and the verdicts; the exit code that they ask for. Error: bad_output.
  Result<ExitCode> finish();

 private:
  ViewArguments arguments_;
  Console& console_;
  std::unique_ptr<present::Renderer> renderer_;
  std::unique_ptr<Pipeline> pipeline_;
};

}  // namespace wakepath::cli
