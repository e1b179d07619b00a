// SPDX-License-Identifier: GPL-2.0-or-later
// Errors as values. Every fallible call across a module boundary returns Result<T>.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace wakepath {

// Why something can't be done. The numbers are those of the exit codes that programs end with.
enum class ErrorKind : std::uint8_t {
  usage = 2,          // wrong usage; a VM, device or CPU that is not there
  unsupported = 3,    // this host can't do it: no BTF, no KVM, kernel too old
  not_permitted = 4,  // capability, lockdown
  bad_input = 5,      // input unreadable or damaged
  bad_output = 6,     // output could not be written
  bug = 70,           // of wakepath
  interrupted = 130,  // somebody asked for an end
};

// One clear line for the user, and, where there is one, what mends it.
struct Error {
  ErrorKind kind{ErrorKind::bug};
  std::string message;
  std::string fix;        // empty where nothing can be done
  bool fix_is_command{};  // `fix` is for a shell and runs as it stands
};

// A fix that is for a shell and runs as it stands.
struct Command {
  std::string text;
};

template <typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorKind kind, std::string message, std::string fix = {}) {
  return tl::unexpected<Error>(Error{kind, std::move(message), std::move(fix), false});
}
inline tl::unexpected<Error> fail(ErrorKind kind, std::string message, Command fix) {
  return tl::unexpected<Error>(Error{kind, std::move(message), std::move(fix.text), true});
}

}  // namespace wakepath

// The value of a Result<T>, or a return of its error from the function around it.
//   WAKEPATH_TRY(auto file, open(path));   WAKEPATH_CHECK(file.close());
#define WAKEPATH_JOIN_(a, b) a##b
#define WAKEPATH_NAME_(line) WAKEPATH_JOIN_(wakepath_result_, line)
// NOLINTBEGIN(bugprone-macro-parentheses): a declaration can't stand in parentheses
#define WAKEPATH_TRY_(result, target, expression)       \
  auto result = (expression);                           \
  if (!(result)) {                                      \
    return tl::unexpected(std::move((result).error())); \
  }                                                     \
  target = std::move(*(result))
// NOLINTEND(bugprone-macro-parentheses)
#define WAKEPATH_TRY(target, ...) WAKEPATH_TRY_(WAKEPATH_NAME_(__LINE__), target, (__VA_ARGS__))
// The same where there is no value, or none that is wanted.
#define WAKEPATH_CHECK(...)                                    \
  do {                                                         \
    if (auto wakepath_done = (__VA_ARGS__); !wakepath_done) {  \
      return tl::unexpected(std::move(wakepath_done.error())); \
    }                                                          \
  } while (false)
