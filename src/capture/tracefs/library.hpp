// SPDX-License-Identifier: GPL-2.0-or-later
// What is used of libtracefs, as tracefs.h has it: that header is no C++ up to 1.6 (it gives an int
// for an enum).
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>

#include <sys/types.h>

struct tracefs_instance;

extern "C" {
int tracefs_tracing_dir_is_mounted(bool mount, const char** path);
tracefs_instance* tracefs_instance_create(const char* name);
bool tracefs_instance_is_new(tracefs_instance* instance);
int tracefs_instance_destroy(tracefs_instance* instance);
void tracefs_instance_free(tracefs_instance* instance);
char* tracefs_instance_get_dir(tracefs_instance* instance);
int tracefs_instance_file_write(tracefs_instance* instance, const char* file, const char* text);
char* tracefs_instance_file_read(tracefs_instance* instance, const char* file, int* size);
int tracefs_instance_file_open(tracefs_instance* instance, const char* file, int mode);
int tracefs_event_enable(tracefs_instance* instance, const char* system, const char* event);
bool tracefs_event_file_exists(tracefs_instance* instance, const char* system, const char* event,
                               const char* file);
char* tracefs_event_file_read(tracefs_instance* instance, const char* system, const char* event,
                              const char* file, int* size);
}

namespace wakepath::capture {

struct FreeText {
  void operator()(char* text) const {
    std::free(text);  // NOLINT(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory)
  }
};
// What the library allocates and gives away.
using LibraryText = std::unique_ptr<char, FreeText>;

}  // namespace wakepath::capture
