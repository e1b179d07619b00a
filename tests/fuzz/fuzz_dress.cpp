// SPDX-License-Identifier: GPL-2.0-or-later
// Takes off what people, mail, pages and logs put around the lines of a trace, and unpacks what is
// packed. No line is added or lost, no line grows, and the output ends.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "import/packed_bytes.hpp"
#include "import/text/clean_lines.hpp"

namespace {

using wakepath::foreign::ByteSource;
using wakepath::foreign::MemoryBytes;
using wakepath::foreign::PackedBytes;
using wakepath::foreign::text::CleanLines;

void hold(bool promised) {
  if (!promised) {
    std::abort();
  }
}

constexpr std::size_t kMostUnpacked = std::size_t{1} << 20U;

std::string all_of(ByteSource& source) {
  std::string text;
  std::array<char, 997> buffer{};
  for (;;) {
    const auto got = source.read(buffer);
    if (!got || *got == 0 || text.size() > kMostUnpacked) {
      return text;
    }
    hold(*got <= buffer.size());
    text.append(buffer.data(), *got);
  }
}

void clean(std::string_view text) {
  constexpr std::size_t kLongLine = 60000;  // those that are longer are cut
  const std::string out = [&] {
    CleanLines lines(std::make_unique<MemoryBytes>(text), wakepath::foreign::text::dress_of(text));
    return all_of(lines);
  }();
  hold(out.size() <= text.size());
  if (text.size() < kLongLine) {
    hold(std::ranges::count(out, '\n') == std::ranges::count(text, '\n'));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string_view unpacker = wakepath::foreign::unpacker_of(bytes);
  if (unpacker.empty()) {
    clean(bytes);
    return 0;
  }
  if (auto packed = PackedBytes::open(std::make_unique<MemoryBytes>(bytes), unpacker, "input")) {
    clean(all_of(**packed));
  }
  return 0;
}
