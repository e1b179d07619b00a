// SPDX-License-Identifier: GPL-2.0-or-later
// The subcommands. An error ends the program with its exit code. Lesser trouble has been reported
// by the time that a command returns.
#pragma once

#include "cli/arguments.hpp"
#include "cli/console.hpp"

namespace wakepath::cli {

Result<ExitCode> live(const LiveArguments& arguments, const std::string& line, Console& console);
Result<ExitCode> record(const RecordArguments& arguments, const std::string& line,
                        Console& console);
Result<ExitCode> replay(const ReplayArguments& arguments, Console& console);
Result<ExitCode> screen_replay(const ReplayArguments& arguments, Console& console);
Result<ExitCode> explain(const ExplainArguments& arguments, Console& console);
Result<ExitCode> advise(const AdviseArguments& arguments, const std::string& line,
                        Console& console);
Result<ExitCode> compare(const CompareArguments& arguments, Console& console);
Result<ExitCode> import_outline(const ImportArguments& arguments, Console& console);
Result<ExitCode> import_trace(const ImportArguments& arguments, Console& console);
Result<ExitCode> export_wakes(const ExportArguments& arguments, Console& console);
Result<ExitCode> report(const ReportArguments& arguments, Console& console);
Result<ExitCode> info(const InfoArguments& arguments, Console& console);
Result<ExitCode> irqs(const IrqsArguments& arguments, Console& console);
Result<ExitCode> irqs_snapshot(const IrqsArguments& arguments, Console& console);
Result<ExitCode> irqs_move(const IrqMoveArguments& arguments, const std::string& line,
                           Console& console);
Result<ExitCode> audit(const AuditArguments& arguments, const std::string& line, Console& console);
Result<ExitCode> doctor(const DoctorArguments& arguments, Console& console);

}  // namespace wakepath::cli
