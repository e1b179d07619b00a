// SPDX-License-Identifier: GPL-2.0-or-later
// Stands for all other files here where libtracefs is not installed.
#include "capture/tracefs/tracefs_backend.hpp"

namespace wakepath::capture {

Result<void> need_tracefs() {
  return fail(ErrorKind::unsupported,
              "this wakepath was built without libtracefs: it can't capture through tracefs");
}

Result<std::unique_ptr<CaptureSource>> open_tracefs_capture(const CaptureOptions& /*options*/,
                                                            guest::Guest* /*guest*/,
                                                            const std::string& /*reason*/) {
  return tl::unexpected(need_tracefs().error());
}

}  // namespace wakepath::capture
