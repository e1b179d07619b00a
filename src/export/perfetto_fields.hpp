// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers of fields and values of Perfetto's trace format, as its public .proto files of v58.2
// have them (github.com/google/perfetto, protos/perfetto/). Each block names its file and message.
#pragma once

#include <cstdint>

#include <protozero/types.hpp>

namespace wakepath::exports::perfetto {

using Field = protozero::pbf_tag_type;

namespace trace {  // trace/trace.proto: Trace
inline constexpr Field kPacket = 1;
}  // namespace trace

namespace packet {  // trace/trace_packet.proto: TracePacket
inline constexpr Field kFtraceEvents = 1;
inline constexpr Field kClockSnapshot = 6;
inline constexpr Field kTimestamp = 8;
inline constexpr Field kSequenceId = 10;
inline constexpr Field kTrackEvent = 11;
inline constexpr Field kInternedData = 12;
inline constexpr Field kSequenceFlags = 13;
inline constexpr Field kSystemInfo = 45;
inline constexpr Field kCompressedPackets = 50;
inline constexpr Field kDefaults = 59;
inline constexpr Field kTrackDescriptor = 60;
inline constexpr Field kTraceAttributes = 126;
// SequenceFlags
inline constexpr std::uint32_t kStateCleared = 1;
inline constexpr std::uint32_t kNeedsState = 2;
}  // namespace packet

namespace defaults {  // trace/trace_packet_defaults.proto: TracePacketDefaults
inline constexpr Field kTimestampClockId = 58;
}  // namespace defaults

namespace clocks {  // trace/clock_snapshot.proto: ClockSnapshot, ClockSnapshot.Clock
inline constexpr Field kClocks = 1;
inline constexpr Field kPrimaryTraceClock = 2;
inline constexpr Field kClockId = 1;
inline constexpr Field kTimestamp = 2;
// common/builtin_clock.proto: BuiltinClock
inline constexpr std::uint32_t kRealtime = 1;
inline constexpr std::uint32_t kMonotonic = 3;
inline constexpr std::uint32_t kBoottime = 6;
}  // namespace clocks

namespace system_info {  // common/system_info.proto: SystemInfo, Utsname
inline constexpr Field kUtsname = 1;
inline constexpr Field kNumCpus = 8;
inline constexpr Field kSysname = 1;
inline constexpr Field kRelease = 3;
inline constexpr Field kMachine = 4;
}  // namespace system_info

namespace attributes {  // common/trace_attributes.proto: TraceAttributes, Attribute
inline constexpr Field kAttribute = 1;
inline constexpr Field kKey = 1;
inline constexpr Field kLongValue = 2;
inline constexpr Field kStringValue = 3;
}  // namespace attributes

namespace interned {  // trace/interned_data/interned_data.proto: InternedData
inline constexpr Field kEventNames = 2;
inline constexpr Field kAnnotationNames = 3;
inline constexpr Field kKernelSymbols = 26;
inline constexpr Field kAnnotationStrings = 29;
// EventName, DebugAnnotationName, InternedString (trace/profiling/profile_common.proto)
inline constexpr Field kIid = 1;
inline constexpr Field kText = 2;
}  // namespace interned

namespace track {  // trace/track_event/track_descriptor.proto: TrackDescriptor
inline constexpr Field kUuid = 1;
inline constexpr Field kName = 2;
inline constexpr Field kProcess = 3;
inline constexpr Field kThread = 4;
inline constexpr Field kParentUuid = 5;
inline constexpr Field kCounter = 8;
inline constexpr Field kSiblingOrderRank = 12;
inline constexpr Field kProcessOrdering = 19;
inline constexpr std::uint32_t kProcessOrderingExplicit = 1;
}  // namespace track

namespace process {  // trace/track_event/process_descriptor.proto: ProcessDescriptor
inline constexpr Field kPid = 1;
inline constexpr Field kName = 6;
}  // namespace process

namespace thread {  // trace/track_event/thread_descriptor.proto: ThreadDescriptor
inline constexpr Field kPid = 1;
inline constexpr Field kTid = 2;
inline constexpr Field kName = 5;
}  // namespace thread

namespace counter {  // trace/track_event/counter_descriptor.proto: CounterDescriptor
inline constexpr Field kUnit = 3;
inline constexpr std::uint32_t kUnitNs = 1;
inline constexpr std::uint32_t kUnitCount = 2;
}  // namespace counter

namespace track_event {  // trace/track_event/track_event.proto: TrackEvent
inline constexpr Field kAnnotations = 4;
inline constexpr Field kType = 9;
inline constexpr Field kNameIid = 10;
inline constexpr Field kTrackUuid = 11;
inline constexpr Field kCounterValue = 30;
inline constexpr Field kFlowIds = 47;
inline constexpr Field kTerminatingFlowIds = 48;
inline constexpr Field kCorrelationId = 52;
// Type
enum class Type : std::uint8_t { slice_begin = 1, slice_end = 2, instant = 3, counter = 4 };
}  // namespace track_event

namespace annotation {  // trace/track_event/debug_annotation.proto: DebugAnnotation
inline constexpr Field kNameIid = 1;
inline constexpr Field kBoolValue = 2;
inline constexpr Field kUintValue = 3;
inline constexpr Field kDictEntries = 11;
inline constexpr Field kStringIid = 17;
}  // namespace annotation

namespace bundle {  // trace/ftrace/ftrace_event_bundle.proto: FtraceEventBundle
inline constexpr Field kCpu = 1;
inline constexpr Field kEvent = 2;
}  // namespace bundle

// trace/ftrace/ftrace_event.proto: FtraceEvent. Fields inside each event's message stand beside
// their use, in perfetto_ftrace.cpp.
namespace ftrace {
inline constexpr Field kTimestamp = 1;
inline constexpr Field kPid = 2;
inline constexpr Field kSchedSwitch = 4;
inline constexpr Field kCpuIdle = 13;
inline constexpr Field kSchedWakeup = 17;
inline constexpr Field kSchedWaking = 20;
inline constexpr Field kIpiEntry = 21;
inline constexpr Field kIpiExit = 22;
inline constexpr Field kSoftirqEntry = 24;
inline constexpr Field kSoftirqExit = 25;
inline constexpr Field kSoftirqRaise = 26;
inline constexpr Field kIrqHandlerEntry = 36;
inline constexpr Field kIrqHandlerExit = 37;
inline constexpr Field kWorkqueueExecuteEnd = 57;
inline constexpr Field kWorkqueueExecuteStart = 58;
inline constexpr Field kWorkqueueQueueWork = 59;
inline constexpr Field kTaskRename = 236;
inline constexpr Field kSchedProcessExit = 238;
inline constexpr Field kKvmEntry = 376;
inline constexpr Field kKvmExit = 377;
inline constexpr Field kKvmTimerUpdateIrq = 396;
inline constexpr Field kKvmUserspaceExit = 399;
inline constexpr Field kKvmVcpuWakeup = 400;
inline constexpr Field kSchedMigrateTask = 491;
inline constexpr Field kHrtimerStart = 551;
inline constexpr Field kHrtimerExpireEntry = 553;
inline constexpr Field kHrtimerExpireExit = 554;
inline constexpr Field kLocalTimerEntry = 559;
inline constexpr Field kLocalTimerExit = 560;
}  // namespace ftrace

}  // namespace wakepath::exports::perfetto
