// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/trace_tool.hpp"

namespace wakepath {

namespace {

enum class Tool { ftrace, trace_cmd, perf };

Tool tool_of(std::string_view form) {
  if (form.starts_with("perf")) {
    return Tool::perf;
  }
  return form.find("trace-cmd") != form.npos || form.find("trace.dat") != form.npos
             ? Tool::trace_cmd
             : Tool::ftrace;
}

}  // namespace

// trace-cmd takes a system's name alone, perf does not. Text of trace-cmd report may look like
// ftrace's own.
std::string record_event(std::string_view form, std::string_view system, std::string_view event) {
  const Tool tool = tool_of(form);
  const std::string group(system);
  const std::string name(event);
  if (tool == Tool::perf) {
    return "record with -e " + (event.empty() ? "'" + group + ":*'" : group + ":" + name);
  }
  const std::string text = "record with -e " + group + (event.empty() ? "" : ":" + name);
  return tool == Tool::trace_cmd
             ? text
             : text + " (ftrace: events/" + group + (event.empty() ? "" : "/" + name) + "/enable)";
}

std::string larger_buffers(std::string_view form) {
  switch (tool_of(form)) {
    case Tool::perf:
      return "perf record -m 64M";
    case Tool::trace_cmd:
      return "trace-cmd record -b 65536 (kB per CPU)";
    case Tool::ftrace:
      break;
  }
  return "echo 65536 >/sys/kernel/tracing/buffer_size_kb (per CPU)";
}

}  // namespace wakepath
