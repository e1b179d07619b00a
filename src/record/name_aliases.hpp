// SPDX-License-Identifier: GPL-2.0-or-later
// Other names for what a recording names: always the same one for the same name, told apart as the
// names were. What the kernel and the usual VMMs name alike on every host keeps its name.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace wakepath::record {

class NameAliases {
 public:
  // "task-b3": the fourth name of those that differ from each other in their digits alone, so that
  // they still share a path.
  [[nodiscard]] std::string task(std::string_view name);
  // Of an interrupt's action, a device, its queue or its address.
  [[nodiscard]] std::string device(std::string_view name);
  [[nodiscard]] std::string vm(std::string_view name);

  // How many names were replaced.
  [[nodiscard]] std::size_t tasks() const { return tasks_.names.size(); }
  [[nodiscard]] std::size_t devices() const { return devices_.names.size(); }
  [[nodiscard]] std::size_t vms() const { return vms_.names.size(); }

 private:
  struct Names {
    struct Family {
      std::string alias;
      std::size_t members{};
    };
    std::map<std::string, Family, std::less<>> families;  // by the name without its digits
    std::map<std::string, std::string, std::less<>> names;
  };
  static std::string alias(Names& of, std::string_view kind, std::string_view name);

  Names tasks_;
  Names devices_;
  Names vms_;
};

}  // namespace wakepath::record
