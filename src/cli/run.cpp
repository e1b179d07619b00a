// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/run.hpp"

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/memory_limit.hpp"

namespace wakepath::cli {

namespace {

struct Run {
  const std::string& line;
  Console& console;

  Result<ExitCode> operator()(const TextOnly& only) {
    console.out().buffer().append(only.text);
    return ExitCode::ok;
  }
  Result<ExitCode> operator()(const LiveArguments& arguments) {
    return live(arguments, line, console);
  }
  Result<ExitCode> operator()(const RecordArguments& arguments) {
    return record(arguments, line, console);
  }
  Result<ExitCode> operator()(const ReplayArguments& arguments) {
    return within_memory(arguments.memory, [&](std::uint64_t bytes) {
      ReplayArguments limited = arguments;
      limited.view.pipeline.memory_bytes = bytes;
      return replay(limited, console);
    });
  }
  Result<ExitCode> operator()(const ExplainArguments& arguments) {
    return within_memory(arguments.memory, [&](std::uint64_t bytes) {
      ExplainArguments limited = arguments;
      limited.memory = bytes;
      return explain(limited, console);
    });
  }
  Result<ExitCode> operator()(const AdviseArguments& arguments) {
    return within_memory(arguments.memory, [&](std::uint64_t bytes) {
      AdviseArguments limited = arguments;
      limited.memory = bytes;
      return advise(limited, line, console);
    });
  }
  Result<ExitCode> operator()(const CompareArguments& arguments) {
    return within_memory(arguments.memory, [&](std::uint64_t bytes) {
      CompareArguments limited = arguments;
      limited.memory = bytes;
      return compare(limited, console);
    });
  }
  Result<ExitCode> operator()(const ImportArguments& arguments) {
    return within_memory(arguments.memory,
                         [&](std::uint64_t /*bytes*/) { return import_trace(arguments, console); });
  }
  Result<ExitCode> operator()(const ExportArguments& arguments) {
    return within_memory(arguments.memory, [&](std::uint64_t bytes) {
      ExportArguments limited = arguments;
      limited.memory = bytes;
      return export_wakes(limited, console);
    });
  }
  Result<ExitCode> operator()(const ReportArguments& arguments) {
    return within_memory(arguments.memory, [&](std::uint64_t bytes) {
      ReportArguments limited = arguments;
      limited.memory = bytes;
      return report(limited, console);
    });
  }
  Result<ExitCode> operator()(const InfoArguments& arguments) {
    return within_memory(arguments.memory,
                         [&](std::uint64_t /*bytes*/) { return info(arguments, console); });
  }
  Result<ExitCode> operator()(const IrqsArguments& arguments) { return irqs(arguments, console); }
  Result<ExitCode> operator()(const IrqMoveArguments& arguments) {
    return irqs_move(arguments, line, console);
  }
  Result<ExitCode> operator()(const AuditArguments& arguments) {
    return within_memory(arguments.memory, [&](std::uint64_t bytes) {
      AuditArguments limited = arguments;
      limited.memory = bytes;
      return audit(limited, line, console);
    });
  }
  Result<ExitCode> operator()(const DoctorArguments& arguments) {
    return doctor(arguments, console);
  }
};

}  // namespace

ExitCode run(int argc, const char* const* argv, Console& console) {
  const auto arguments = parse_arguments(argc, argv);
  if (!arguments) {
    return console.report(arguments.error());
  }
  if (arguments->progress) {
    console.progress().use_lines();
  }
  const auto result = std::visit(Run{arguments->line, console}, arguments->command);
  const ExitCode code = result ? *result : console.report(result.error());
  // A run that failed has printed something too.
  if (auto written = console.out().flush(); !written) {
    return more_severe(code, console.report(written.error()));
  }
  return code;
}

}  // namespace wakepath::cli
