// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/trace_dat_file.hpp"

namespace wakepath::foreign::test {
namespace {

constexpr std::size_t kPage = 4096;

template <typename T>
std::string raw(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

std::string sized64(const std::string& text) {
  return raw(static_cast<std::uint64_t>(text.size())) + text;
}
std::string sized32(const std::string& text) {
  return raw(static_cast<std::uint32_t>(text.size())) + text;
}
std::string option(std::uint16_t id, const std::string& text) { return raw(id) + sized32(text); }

constexpr const char* kHeaderPage =
    "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
    "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
    "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
    "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n";
constexpr const char* kHeaderEvent =
    "# compressed entry header\n\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n"
    "\tarray       :   32 bits\n\n\tpadding     : type == 29\n\ttime_extend : type == 30\n"
    "\ttime_stamp : type == 31\n\tdata max type_len  == 28\n";

}  // namespace

void TraceDatFile::record(unsigned cpu, std::uint32_t after_ns, const RawRecord& record) {
  const auto words = static_cast<std::uint32_t>(record.bytes().size() / 4);
  data_[cpu] += raw(words | after_ns << 5U);
  data_[cpu].append(reinterpret_cast<const char*>(record.bytes().data()), words * std::size_t{4});
}

std::string TraceDatFile::page(unsigned cpu) const {
  // RB_MISSED_EVENTS and RB_MISSED_STORED, kernel/trace/ring_buffer.c.
  const std::uint64_t flags = lost_[cpu] != 0 ? std::uint64_t{3} << 30U : 0;
  std::string page = raw(kBegin) + raw(data_[cpu].size() | flags) + data_[cpu];
  page += lost_[cpu] != 0 ? raw(lost_[cpu]) : std::string();
  page.resize(kPage);
  return page;
}

std::string TraceDatFile::bytes() const {
  std::string out = std::string("\x17\x08\x44tracing6\0", 12) + '\0' + '\x08';
  out += raw(std::uint32_t{kPage});
  out += std::string("header_page\0", 12) + sized64(kHeaderPage);
  out += std::string("header_event\0", 13) + sized64(kHeaderEvent);
  out += raw(std::uint32_t{0});
  out += raw(static_cast<std::uint32_t>(formats_.size()));
  for (const auto& [system, text] : formats_) {
    out += system + '\0' + raw(std::uint32_t{1}) + sized64(text);
  }
  out += sized32("ffff1000 t kvm_bg_timer_expire\n");
  out += sized32("0xffff2000 : \"Rescheduling interrupts\"\n");
  out += sized64("812 CPU 0/KVM\n");
  out += raw(std::uint32_t{2});
  out += std::string("options  \0", 10);
  out += option(4, std::string("local global [mono]\n\0", 21));
  out += option(5, std::string("Linux (none) 4.14.0-test aarch64\0", 33));
  out += raw(std::uint16_t{0});
  out += std::string("flyrecord\0", 10);
  const std::size_t data = (out.size() + 32 + kPage - 1) / kPage * kPage;
  for (unsigned cpu = 0; cpu < 2; ++cpu) {
    out += raw(std::uint64_t{data + cpu * kPage}) + raw(std::uint64_t{kPage});
  }
  out.resize(data);
  return out + page(0) + page(1);
}

}  // namespace wakepath::foreign::test
