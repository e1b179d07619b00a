// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/trace_import.hpp"

#include <span>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include "import/graph/graph_reader.hpp"
#include "import/perf_data.hpp"
#include "import/perf_script.hpp"
#include "import/record_maker.hpp"
#include "import/text/look.hpp"
#include "import/text/text_trace.hpp"
#include "import/trace_dat.hpp"
#include "util/escape.hpp"

namespace wakepath::foreign {

namespace {

// The sink of the round that is under way: that of one may not be that of the next.
class ThisRounds final : public RecordSink {
 public:
  Result<void> record(RecordView view) override { return to->record(view); }
  RecordSink* to{nullptr};
};

tl::unexpected<Error> no_trace(std::string_view first_bytes, const std::string& path) {
  const std::string name = escape_terminal(path);
  constexpr std::string_view kGzip = "\x1f\x8b";
  constexpr std::string_view kZstd = "\x28\xb5\x2f\xfd";
  constexpr std::string_view kXz =
      "\xfd"
      "7zXZ";
  for (const auto& [magic, program] :
       {std::pair(kGzip, "zcat"), std::pair(kZstd, "zstdcat"), std::pair(kXz, "xzcat")}) {
    if (first_bytes.starts_with(magic)) {
      return fail(ErrorKind::bad_input, name + " is packed",
                  std::string(program) + " " + name + " | wakepath import - -o FILE.wkp");
    }
  }
  return fail(ErrorKind::bad_input,
              name + (first_bytes.empty() ? " is empty"
                                          : " is neither a recording of wakepath nor a trace that "
                                            "it knows"),
              "traces of ftrace, trace-cmd and perf can be read: wakepath import --help");
}

// What reads these looks here and there in them, so it opens the file itself.
Result<Fd> open_again(const std::string& path, const char* kind) {
  if (path == "-") {
    return fail(ErrorKind::bad_input, std::string(kind) + " is not read from a pipe",
                "name the file");
  }
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return fail(ErrorKind::bad_input, escape_terminal(path) + " is " + kind + ", but no file");
  }
  return file;
}

Result<std::unique_ptr<TraceReader>> open_file(const std::string& path, bool trace_dat,
                                               bool can_name) {
  auto file = open_again(path, trace_dat ? "a trace.dat" : "a perf.data");
  if (!file) {
    return tl::unexpected(file.error());
  }
  return trace_dat ? open_trace_dat(std::move(*file)) : open_perf_data(std::move(*file), can_name);
}

}  // namespace

Result<std::unique_ptr<ByteSource>> open_graph(std::unique_ptr<PeekedBytes> bytes,
                                               const std::string& path) {
  const auto first = bytes->peek(text::kLookBytes);
  if (!first) {
    return tl::unexpected(first.error());
  }
  if (graph::look_for_graph(*first)) {
    return bytes;
  }
  if (!is_trace_dat(std::as_bytes(std::span(*first)))) {
    return std::unique_ptr<ByteSource>();
  }
  auto file = open_again(path, "a trace.dat");
  if (!file) {
    return tl::unexpected(file.error());
  }
  return open_trace_dat_graph(std::move(*file));
}

struct TraceImport::Impl {
  std::unique_ptr<TraceReader> reader;
  ThisRounds sink;
  RecordMaker maker;
  bool over{false};

  Impl(std::unique_ptr<TraceReader> from, NameTable::NameOf name_of)
      : reader(std::move(from)), maker(sink, std::move(name_of)) {}
};

TraceImport::TraceImport(std::unique_ptr<TraceReader> reader, NameTable::NameOf name_of)
    : impl_(std::make_unique<Impl>(std::move(reader), std::move(name_of))) {}

TraceImport::~TraceImport() = default;

Result<std::unique_ptr<TraceImport>> TraceImport::open(std::unique_ptr<ByteSource> bytes,
                                                       const std::string& path,
                                                       NameTable::NameOf name_of) {
  auto peeked = std::make_unique<PeekedBytes>(std::move(bytes));
  const auto first = peeked->peek(text::kLookBytes);
  if (!first) {
    return tl::unexpected(first.error());
  }
  std::unique_ptr<TraceReader> reader;
  if (const Bytes head = std::as_bytes(std::span(*first));
      is_trace_dat(head) || is_perf_data(head)) {
    auto opened = open_file(path, is_trace_dat(head), name_of != nullptr);
    if (!opened) {
      return tl::unexpected(opened.error());
    }
    reader = std::move(*opened);
  } else if (graph::look_for_graph(*first)) {
    reader = std::make_unique<graph::GraphReader>(std::move(peeked));
  } else if (text::look_for_text_trace(*first)) {
    reader = std::make_unique<text::TextTrace>(std::move(peeked));
  } else {
    return no_trace(*first, path);
  }
  return std::make_unique<TraceImport>(std::move(reader), std::move(name_of));
}

// After an error of the reader what it has told stands, and is finished.
Result<bool> TraceImport::pump(RecordSink& sink) {
  Impl& me = *impl_;
  if (me.over) {
    return false;
  }
  me.sink.to = &sink;
  auto more = me.reader->read(me.maker);
  if (more && *more) {
    return true;
  }
  me.over = true;
  const bool readers = more || more.error().kind == ErrorKind::bad_input;
  if (readers) {
    if (auto done = me.maker.finish(); !done) {
      return tl::unexpected(done.error());
    }
  }
  return more;
}

std::vector<std::string> TraceImport::problems() const { return impl_->reader->problems(); }

std::vector<std::string> TraceImport::remarks() const { return impl_->reader->remarks(); }

}  // namespace wakepath::foreign
