// SPDX-License-Identifier: GPL-2.0-or-later
// How this kernel ends an AIO poll that signals an eventfd.
#pragma once

namespace wakepath::guest {

// True: every such poll leaves its signal to a work item (aio_poll_put_work), as in kernels with
// "aio: prevent eventfd/epoll recursion on poll" do (in Debian's 6.12.117, not in its 6.1.192 and
// 7.2.13); false: the context of the event gives the signal, and only a nested signal is deferred.
// Backports make version numbers useless here, so the function tries it. If the kernel refuses this
// process a real-time priority for a moment, the answer may be false wrongly.
[[nodiscard]] bool aio_poll_signals_from_work();

}  // namespace wakepath::guest
