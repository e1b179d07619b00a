// SPDX-License-Identifier: GPL-2.0-or-later
// In the place of all the rest here, where libtracefs is not installed.
#include "capture/tracefs/tracefs_source.hpp"

namespace wakepath::capture {

struct TracefsSource::Impl {};

Result<void> need_tracefs() {
  return fail(ErrorKind::unsupported,
              "this wakepath was built without libtracefs: it can't capture through tracefs");
}

TracefsSource::TracefsSource(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TracefsSource::~TracefsSource() = default;

Result<std::unique_ptr<TracefsSource>> TracefsSource::open(const CaptureOptions& /*options*/,
                                                           guest::Guest* /*guest*/,
                                                           const std::string& /*reason*/) {
  return tl::unexpected(need_tracefs().error());
}

Result<bool> TracefsSource::pump(RecordSink& /*sink*/) { return false; }
void TracefsSource::stop() {}

}  // namespace wakepath::capture
