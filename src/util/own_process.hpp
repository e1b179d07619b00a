// SPDX-License-Identifier: GPL-2.0-or-later
// For a process that we fork to do something beside us, and whose end is ours.
#pragma once

#include <span>

namespace wakepath {

// Ctrl-C and the like are for the one who gives the orders.
void leave_signals_to_parent();
// The same for a program that it starts: as they are by default.
void take_signals_again();

// Of our files these stay open. Standard input, output and error become /dev/null where they are
// not among them: whoever waits for the end of ours does not wait for this process.
void close_all_but(std::span<const int> kept);

}  // namespace wakepath
