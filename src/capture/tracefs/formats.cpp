// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/tracefs/formats.hpp"

#include <string>

#include <unistd.h>

#include <event-parse.h>

#include "capture/tracefs/library.hpp"

namespace wakepath::capture {

void FreeTep::operator()(tep_handle* tep) const { ::tep_free(tep); }

Result<Formats> read_formats(const std::vector<PlannedEvent>& plan) {
  // What it says of print formats that it does not know is of no use to anybody here.
  ::tep_set_loglevel(TEP_LOG_NONE);
  Formats formats(::tep_alloc());
  if (!formats) {
    return fail(ErrorKind::bug, "no memory for the formats of events");
  }
  tep_handle* const tep = formats.get();
  ::tep_set_long_size(tep, sizeof(long));
  ::tep_set_page_size(tep, ::getpagesize());
  ::tep_set_file_bigendian(tep, ::tep_is_bigendian() != 0 ? TEP_BIG_ENDIAN : TEP_LITTLE_ENDIAN);
  for (const PlannedEvent& event : plan) {
    if (!event.enabled) {
      continue;
    }
    const std::string system(event.tracepoint->system);
    const std::string name(event.tracepoint->name);
    int size = 0;
    const LibraryText text(
        ::tracefs_event_file_read(nullptr, system.c_str(), name.c_str(), "format", &size));
    if (!text || size <= 0) {
      return fail(ErrorKind::unsupported, "the kernel does not tell the format of " + name);
    }
    // Where it can't read how an event is printed it still knows the fields.
    ::tep_parse_event(tep, text.get(), static_cast<unsigned long>(size), system.c_str());
    if (::tep_find_event_by_name(tep, system.c_str(), name.c_str()) == nullptr) {
      return fail(ErrorKind::unsupported, "the format of " + name + " can't be read");
    }
  }
  // What IPIs are for stands in records as the address of a text.
  if (const LibraryText texts(::tracefs_instance_file_read(nullptr, "printk_formats", nullptr));
      texts) {
    ::tep_parse_printk_formats(tep, texts.get());
  }
  return formats;
}

}  // namespace wakepath::capture
