// SPDX-License-Identifier: GPL-2.0-or-later
// Gives up what this process may do. There is no way back. A fork may call all of it: no memory is
// allocated.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wakepath::privilege {

// ASan's leak check traces its own process, and its reports start a program.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

// No program that we start can have more rights than we have.
bool gain_nothing();

// Of the capabilities of this thread only these stay; bit n is capability n of linux/capability.h.
// False: the kernel refused.
bool keep_capabilities(std::uint64_t which);

// No capability is left, and root is root no longer, but the user and group nobody, without other
// groups. False: we still have the user id of the machine's root, as in a container that may not
// change it. In a user namespace that knows no nobody, root stays who he is outside of it.
[[nodiscard]] bool become_nobody();

// From now on no file opens that lies outside of these files and directories, by whatever link it
// is named. For this thread and those that it starts. False: the kernel has no Landlock
// (before 5.13, or without CONFIG_SECURITY_LANDLOCK), or one of the paths can't be opened.
bool read_only_below(const std::vector<std::string>& paths);

// Were we root, or is there any capability to give up?
[[nodiscard]] bool has_rights();

}  // namespace wakepath::privilege
