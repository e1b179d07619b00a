// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/registry.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fcntl.h>

#include "host/host_facts.hpp"
#include "import/graph/graph_reader.hpp"
#include "import/perf_data.hpp"
#include "import/perf_script.hpp"
#include "import/recording_input.hpp"
#include "import/text/look.hpp"
#include "import/text/text_trace.hpp"
#include "import/trace_dat.hpp"
#include "import/trace_import.hpp"
#include "util/escape.hpp"

namespace wakepath::foreign {

namespace {

using Source = std::unique_ptr<InputSource>;
using Calls = std::unique_ptr<ByteSource>;

constexpr std::string_view kTraceDatKind = "trace.dat";
constexpr std::string_view kPerfDataKind = "perf.data";
constexpr std::string_view kGraphTextKind = "function_graph text";
constexpr std::string_view kTraceTextKind = "trace text";

Bytes as_bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

// Each kind of trace: how a reader of it is made.
using Reader = std::unique_ptr<TraceReader>;
using MakeReader = Result<Reader> (*)(Opening& opening);

ChildLimits limits_of(const Opening& opening) {
  ChildLimits limits;
  limits.stop_fd = opening.stop_fd;
  return limits;
}

Result<Reader> trace_dat_reader(Opening& opening) {
  WAKEPATH_TRY(Fd file, file_of(opening));
  return open_trace_dat(std::move(file), limits_of(opening));
}

Result<Reader> perf_data_reader(Opening& opening) {
  WAKEPATH_TRY(Fd file, file_of(opening));
  return open_perf_data(std::move(file), opening.name_of != nullptr, limits_of(opening));
}

Result<Reader> graph_text_reader(Opening& opening) {
  return std::make_unique<graph::GraphReader>(std::move(opening.bytes));
}

Result<Reader> trace_text_reader(Opening& opening) {
  return std::make_unique<text::TextTrace>(std::move(opening.bytes));
}

// One more reader of the same file. Null: it can't be read twice.
Reader second_reader(Opening& opening, MakeReader make) {
  if (!opening.again) {
    return nullptr;
  }
  // Its own reader that looks ahead does not exist: `again` only tells that it is a file.
  GivenFiles given{opening.path, std::move(opening.again), {}, {}, {}};
  given.again = Fd(::fcntl(given.file.get(), F_DUPFD_CLOEXEC, 0));
  auto again = begin_opening(std::move(given), opening.stop_fd);
  if (!again) {
    return nullptr;
  }
  again->name_of = opening.name_of;
  auto reader = make(*again);
  return reader ? std::move(*reader) : nullptr;
}

Result<Source> open_trace(std::string_view kind, MakeReader make, Opening opening) {
  const bool is_regular = static_cast<bool>(opening.again);
  Reader ahead = second_reader(opening, make);
  WAKEPATH_TRY(Reader reader, make(opening));
  auto source = std::make_unique<TraceImport>(kind, std::move(reader), std::move(opening.name_of),
                                              std::move(ahead));
  if (opening.part->read_bytes != 0 && kind != kTraceDatKind && kind != kPerfDataKind) {
    source->count_in(opening.part);
  }
  if (!is_regular) {
    // What comes through a pipe may come right now, and somebody waits for what it tells.
    constexpr std::uint64_t kMostNs = 1'000'000'000;
    source->wait_at_most(kMostNs);
  }
  return source;
}

Result<Source> open_trace_dat_input(Opening opening) {
  return open_trace(kTraceDatKind, trace_dat_reader, std::move(opening));
}

Result<Calls> calls_of_trace_dat(Opening opening) {
  WAKEPATH_TRY(Fd file, file_of(opening));
  return open_trace_dat_graph(std::move(file), limits_of(opening));
}

Result<Source> open_perf_data_input(Opening opening) {
  WAKEPATH_CHECK(let_child_open(opening));  // one copy for both readers
  return open_trace(kPerfDataKind, perf_data_reader, std::move(opening));
}

Result<Source> open_graph_text(Opening opening) {
  return open_trace(kGraphTextKind, graph_text_reader, std::move(opening));
}

Result<Calls> calls_of_graph_text(Opening opening) { return std::move(opening.bytes); }

Result<Source> open_trace_text(Opening opening) {
  return open_trace(kTraceTextKind, trace_text_reader, std::move(opening));
}

constexpr std::array kKinds{
    InputKind{"recording", is_recording, open_recording_input, nullptr},
    InputKind{
        kTraceDatKind,
        [](std::string_view first, std::string_view) { return is_trace_dat(as_bytes(first)); },
        open_trace_dat_input, calls_of_trace_dat},
    InputKind{
        kPerfDataKind,
        [](std::string_view first, std::string_view) { return is_perf_data(as_bytes(first)); },
        open_perf_data_input, nullptr},
    InputKind{kGraphTextKind,
              [](std::string_view first, std::string_view) { return graph::look_for_graph(first); },
              open_graph_text, calls_of_graph_text},
    InputKind{kTraceTextKind,
              [](std::string_view first, std::string_view) {
                return text::look_for_text_trace(first).has_value();
              },
              open_trace_text, nullptr},
};

tl::unexpected<Error> unknown_kind(std::string_view first_bytes, const std::string& path) {
  const std::string name = escape_terminal(path);
  if (const std::string missing = text::missing_fields(first_bytes); !missing.empty()) {
    return fail(
        ErrorKind::bad_input,
        name + " is text of perf script without " + missing + ": who ran where is not known",
        "perf script -F +comm,+tid,+cpu");
  }
  return fail(ErrorKind::bad_input,
              name + (first_bytes.empty() ? " is empty"
                                          : " is neither a recording of wakepath nor a trace that "
                                            "it knows"),
              "traces of ftrace, trace-cmd and perf can be read: wakepath import --help");
}

// Null: none of them knows it.
Result<const InputKind*> kind_of(Opening& opening) {
  WAKEPATH_TRY(const std::string_view first, opening.bytes->peek(opening.look));
  const auto found = std::ranges::find_if(
      kKinds, [&](const InputKind& kind) { return kind.recognise(first, opening.path); });
  return found == kKinds.end() ? nullptr : &*found;
}

Result<NameTable::NameOf> names_of(const Fd& file, const std::string& kallsyms) {
  if (kallsyms.empty()) {
    return NameTable::NameOf{};
  }
  auto symbols = host::Symbols::read_file(file, kallsyms);
  if (!symbols) {
    return fail(ErrorKind::bad_input, symbols.error().message,
                "--kallsyms with a copy of the traced host's /proc/kallsyms, made as root");
  }
  if (symbols->restricted()) {
    return fail(ErrorKind::bad_input,
                escape_terminal(kallsyms) + " has no addresses: it was read without privilege",
                "sudo cat /proc/kallsyms >FILE, on the traced host");
  }
  return [known = std::make_shared<const host::Symbols>(std::move(*symbols))](
             std::uint64_t address) { return known->name_at(address).value_or(""); };
}

}  // namespace

std::span<const InputKind> input_kinds() { return kKinds; }

Result<Source> open_as_what_it_is(Opening opening) {
  WAKEPATH_TRY(const InputKind* kind, kind_of(opening));
  if (kind == nullptr) {
    WAKEPATH_TRY(const std::string_view first, opening.bytes->peek(opening.look));
    if (opening.bytes->error()) {
      return tl::unexpected(*opening.bytes->error());  // it may be damage that hides the kind
    }
    return unknown_kind(first, opening.path);
  }
  return kind->open(std::move(opening));
}

Result<Source> open_given(GivenFiles given, int stop_fd) {
  const Fd kallsyms = std::move(given.kallsyms);
  const std::string kallsyms_path = given.kallsyms_path;
  WAKEPATH_TRY(Opening opening, begin_opening(std::move(given), stop_fd));
  WAKEPATH_TRY(opening.name_of, names_of(kallsyms, kallsyms_path));
  return open_as_what_it_is(std::move(opening));
}

Result<Calls> open_calls(GivenFiles given, int stop_fd) {
  WAKEPATH_TRY(Opening opening, begin_opening(std::move(given), stop_fd));
  WAKEPATH_TRY(const InputKind* kind, kind_of(opening));
  if (kind == nullptr || kind->open_calls == nullptr) {
    return Calls();
  }
  return kind->open_calls(std::move(opening));
}

}  // namespace wakepath::foreign

namespace wakepath {

Result<std::unique_ptr<InputSource>> open_input(const std::string& path,
                                                const InputOptions& options) {
  WAKEPATH_TRY(foreign::GivenFiles given, foreign::open_given_files(path, options.kallsyms));
  return foreign::open_given(std::move(given), options.stop_fd);
}

Result<std::unique_ptr<InputSource>> open_recording(const std::string& path) {
  WAKEPATH_TRY(auto input, open_input(path));
  if (!input->is_recording()) {
    return fail(ErrorKind::bad_input, escape_terminal(path) + " is not a wakepath dump");
  }
  return input;
}

Result<std::unique_ptr<InputSource>> open_trace(const std::string& path,
                                                const InputOptions& options) {
  WAKEPATH_TRY(auto input, open_input(path, options));
  if (input->is_recording()) {
    return fail(ErrorKind::bad_input, escape_terminal(path) + " is a recording of wakepath");
  }
  return input;
}

}  // namespace wakepath
