// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest/thread.hpp"

#include <csignal>
#include <string>
#include <system_error>
#include <utility>

#include <pthread.h>

#include "guest/vm.hpp"

namespace wakepath::guest {

int force_signal() { return SIGRTMIN; }

ForceSignalHandler::ForceSignalHandler() {
  struct sigaction nothing {};
  nothing.sa_handler = [](int) {};
  ::sigaction(force_signal(), &nothing, &before_);
}

ForceSignalHandler::~ForceSignalHandler() { ::sigaction(force_signal(), &before_, nullptr); }

Result<std::jthread> start_thread(const char* name,
                                  std::function<void(const std::stop_token&)> body) {
  // A new thread inherits the mask, so it has it from its first instruction on.
  sigset_t masked;
  sigset_t before;
  sigfillset(&masked);
  sigdelset(&masked, force_signal());
  ::pthread_sigmask(SIG_SETMASK, &masked, &before);
  Result<std::jthread> result;
  try {
    std::jthread thread(
        [name = std::string(name), body = std::move(body)](const std::stop_token& stop) {
          ::pthread_setname_np(::pthread_self(), name.c_str());
          body(stop);
        });
    result = std::move(thread);
  } catch (const std::system_error& error) {
    result = system_error(ErrorKind::unsupported, "no thread for the guest", error.code().value());
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return result;
}

}  // namespace wakepath::guest
