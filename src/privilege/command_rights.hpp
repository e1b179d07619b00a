// SPDX-License-Identifier: GPL-2.0-or-later
// What each kind of command gives up, and when. SECURITY.md tells users the same.
#pragma once

#include <string>

namespace wakepath::privilege {

// A file of a stranger's is read next, and all files are open. Root becomes nobody; without
// capabilities, networks and the rest of Refused::of_readers. For temporary files, TMPDIR counts no
// longer where nobody may not write there. Before the first thread.
void read_files_only();

// The readers of it are there: no further program starts.
void start_no_programs();

// A directory in the place of /proc and /sys is read next, perhaps with other users' files: the
// user stays, of the capabilities those to read them; nothing can be changed, no program started.
// Where `root` is another host's, no link in it leads out of it; `names` can be read too: a file.
void read_trees_only(const std::string& root, const std::string& names = "");

// Of that the links alone, for what writes a file too.
void stay_below(const std::string& root, const std::string& names = "");

// The same in a thread that reads the directory and ends: the others have another's file to read,
// and keep what they need for it. So no call is refused, which would hold for all threads.
void read_trees_only_in_this_thread(const std::string& root);

// A capture is attached, and its files are open: of the capabilities those for BPF's maps, for
// other users' /proc and for kernel symbols stay; with the embedded guest the one for priorities
// too. The user stays, no program starts. Before the first thread.
void capture_only(bool with_guest);

// In a process that gives files their names, and does nothing else: of the capabilities those that
// get past the mode of a directory and the owner of a file.
void name_files_only();

}  // namespace wakepath::privilege
