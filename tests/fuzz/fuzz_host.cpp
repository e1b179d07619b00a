// SPDX-License-Identifier: GPL-2.0-or-later
// A made-up copy of a host: names and contents in turn, each up to a NUL, go through TreeCopy, and
// all that reads a host reads it. A name that begins with '@' is a link, one with '/' a directory.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "host/devices.hpp"
#include "host/host_facts.hpp"
#include "host/host_settings.hpp"
#include "host/interrupt_table.hpp"
#include "host/threads.hpp"
#include "host/tree_copy.hpp"
#include "host/tree_facts.hpp"
#include "host/vms.hpp"

namespace {

using namespace wakepath;

std::string_view next_text(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\0'), rest.size());
  const std::string_view text = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return text;
}

void add(host::TreeCopy& tree, const std::string& name, const std::string& content) {
  constexpr unsigned kMode = 0644;
  if (name.starts_with('@')) {
    static_cast<void>(tree.link(name.substr(1), content));
  } else if (name.starts_with('/')) {
    static_cast<void>(tree.directory(name.substr(1)));
  } else {
    static_cast<void>(tree.file(name, content, kMode));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  auto tree = host::TreeCopy::create();
  if (!tree) {
    return 0;
  }
  while (!rest.empty()) {
    const std::string name(next_text(rest));
    add(**tree, name, std::string(next_text(rest)));
  }
  const std::string& root = (*tree)->path();
  static_cast<void>(host::read_interrupts(root));
  const auto cpus = host::read_cpus(root);
  static_cast<void>(host::read_settings(root));
  static_cast<void>(host::read_devices(root));
  static_cast<void>(host::read_vms(root));
  static_cast<void>(host::read_threads(root, cpus ? cpus->online : CpuSet{}));
  for (const Fact& fact : host::tree_facts(root)) {
    if (!decode_fact(*RecordView::at(encode(fact)))) {
      std::abort();  // what is written can be read
    }
  }
  return 0;
}
