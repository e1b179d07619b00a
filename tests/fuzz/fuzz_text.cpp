// SPDX-License-Identifier: GPL-2.0-or-later
// Every function that reads or escapes text from outside, with checks of its promises.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "host/vm_name.hpp"
#include "util/cpu_set.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"
#include "util/utf8.hpp"

namespace {

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

void require_harmless(std::string_view text) {
  while (!text.empty()) {
    const auto point = wakepath::next_code_point(text);
    require(point.valid && !wakepath::disturbs_display(point.value));
    text.remove_prefix(point.bytes);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string shown = wakepath::escape_terminal(text);
  require_harmless(shown);
  require(wakepath::escape_terminal(shown) == shown);
  require_harmless(wakepath::escape_json(text));
  const std::string component = wakepath::escape_path_component(text);
  require_harmless(component);
  require(component.find_first_of(">()") == std::string::npos);

  if (const auto set = wakepath::CpuSet::parse(text)) {
    require(wakepath::CpuSet::parse(set->text()).value().list() == set->list());
  } else {
    require_harmless(set.error().message);
  }
  if (const auto duration = wakepath::parse_duration(text)) {
    require(!wakepath::format_duration(*duration).empty());
  } else {
    require_harmless(duration.error().message);
  }
  require(wakepath::host::qemu_name(text).size() <= size);
  require(wakepath::host::libvirt_name(text).size() <= size);
  return 0;
}
