// SPDX-License-Identifier: GPL-2.0-or-later
// Formats and records of ftrace, as a kernel would give them.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "import/trace_event.hpp"
#include "wakepath/record.hpp"

namespace wakepath::foreign::test {

struct FormatField {
  std::string declaration;  // "pid_t prev_pid"
  unsigned offset, size, is_signed;
};

// What events/SYSTEM/NAME/format holds.
inline std::string format_text(const std::string& name, unsigned id,
                               const std::vector<FormatField>& fields,
                               const std::string& print = R"("")") {
  std::string text = "name: " + name + "\nID: " + std::to_string(id) + "\nformat:\n";
  const auto line = [&](const FormatField& field) {
    text += "\tfield:" + field.declaration + ";\toffset:" + std::to_string(field.offset) +
            ";\tsize:" + std::to_string(field.size) +
            ";\tsigned:" + std::to_string(field.is_signed) + ";\n";
  };
  line({"unsigned short common_type", 0, 2, 0});
  line({"unsigned char common_flags", 2, 1, 0});
  line({"unsigned char common_preempt_count", 3, 1, 0});
  line({"int common_pid", 4, 4, 1});
  text += "\n";
  for (const FormatField& field : fields) {
    line(field);
  }
  return text + "\nprint fmt: " + print + "\n";
}

// The bytes of one record; fields are put where the format says.
class RawRecord {
 public:
  RawRecord(std::uint16_t id, std::uint8_t flags, std::int32_t pid, std::size_t size)
      : bytes_(size) {
    put(0, id);
    put(2, flags);
    put(4, pid);
  }
  template <typename T>
  RawRecord& put(std::size_t offset, T value) {
    std::memcpy(bytes_.data() + offset, &value, sizeof(value));
    return *this;
  }
  RawRecord& text(std::size_t offset, const std::string& value) {
    std::memcpy(bytes_.data() + offset, value.data(), value.size());
    return *this;
  }
  [[nodiscard]] const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

// Keeps what comes, its strings too.
class KeptEvents final : public TraceSink {
 public:
  struct Kept {
    TraceEvent event;
    std::string comm, name, other_comm;
  };
  Result<void> about(const TraceInfo& told) override {
    info = told;
    return {};
  }
  Result<void> event(const TraceEvent& event) override {
    if (events.size() >= most) {
      return fail(ErrorKind::bad_output, "enough");
    }
    events.push_back(
        {event, std::string(event.comm), std::string(event.name), std::string(event.other_comm)});
    return {};
  }
  Result<void> lost(const TraceLoss& loss) override {
    losses.push_back(loss);
    return {};
  }

  std::size_t most{1'000'000};
  TraceInfo info;
  std::vector<Kept> events;
  std::vector<TraceLoss> losses;
};

}  // namespace wakepath::foreign::test
