// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/stream_file.hpp"

#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "host/host_facts.hpp"
#include "util/escape.hpp"

namespace wakepath::cli {

namespace {

constexpr std::string_view kDumpMagic = "WAKEPATH";

}  // namespace

Result<std::unique_ptr<foreign::PeekedBytes>> open_bytes(const std::string& path) {
  if (path == "-") {
    Fd fd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
    return std::make_unique<foreign::PeekedBytes>(
        std::make_unique<foreign::FdBytes>(std::move(fd), "standard input"));
  }
  auto file = foreign::FdBytes::open(path);
  if (!file) {
    return tl::unexpected(file.error());
  }
  return std::make_unique<foreign::PeekedBytes>(std::move(*file));
}

namespace {

Result<foreign::NameTable::NameOf> names_of(const std::string& kallsyms) {
  if (kallsyms.empty()) {
    return foreign::NameTable::NameOf{};
  }
  auto symbols = host::Symbols::read_file(kallsyms);
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

Result<std::unique_ptr<StreamFile>> StreamFile::open(const std::string& path,
                                                     const StreamFileOptions& options) {
  auto bytes = open_bytes(path);
  if (!bytes) {
    return tl::unexpected(bytes.error());
  }
  const auto first = (*bytes)->peek(kDumpMagic.size());
  if (!first) {
    return tl::unexpected(first.error());
  }
  std::unique_ptr<StreamFile> file(new StreamFile);
  // A dump is one also where its first bytes are damaged: its name says so.
  if (*first == kDumpMagic || path.ends_with(".wkp")) {
    if (path == "-") {
      return fail(ErrorKind::bad_input, "a recording is not read from a pipe", "name the file");
    }
    auto dump = dump::DumpSource::open(path);
    if (!dump) {
      return tl::unexpected(dump.error());
    }
    file->dump_ = std::move(*dump);
    return file;
  }
  auto names = names_of(options.kallsyms);
  if (!names) {
    return tl::unexpected(names.error());
  }
  auto trace = foreign::TraceImport::open(std::move(*bytes), path, std::move(*names));
  if (!trace) {
    return tl::unexpected(trace.error());
  }
  file->trace_ = std::move(*trace);
  return file;
}

Result<bool> StreamFile::pump(RecordSink& sink) {
  return dump_ ? dump_->pump(sink) : trace_->pump(sink);
}

std::vector<std::string> StreamFile::problems() const {
  return dump_ ? dump_->problems() : trace_->problems();
}

std::vector<std::string> StreamFile::remarks() const {
  return dump_ ? std::vector<std::string>{} : trace_->remarks();
}

}  // namespace wakepath::cli
