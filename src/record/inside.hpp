// SPDX-License-Identifier: GPL-2.0-or-later
// Which names a recording has in it, for somebody who is about to send it.
#pragma once

#include <set>
#include <string>

#include "record/address_aliases.hpp"
#include "wakepath/facts.hpp"
#include "wakepath/record.hpp"

namespace wakepath::record {

class Inside final : public RecordSink {
 public:
  Result<void> record(RecordView view) override;

  // Each name once, in order. Texts may hold anything.
  [[nodiscard]] const std::set<std::string>& vms() const { return vms_; }
  [[nodiscard]] const std::set<std::string>& threads() const { return threads_; }
  // Names of interrupts and devices, addresses on buses, descriptions.
  [[nodiscard]] const std::set<std::string>& devices() const { return devices_; }
  [[nodiscard]] const std::set<std::string>& functions() const { return functions_; }
  // Of /proc and /sys.
  [[nodiscard]] const std::set<std::string>& files() const { return files_; }
  [[nodiscard]] bool kernel_addresses() const { return addresses_.replaced_any(); }

 private:
  struct Nowhere final : RecordSink {
    Result<void> record(RecordView /*view*/) override { return {}; }
  };
  void batch(RecordView view);
  void fact(RecordView view);

  std::set<std::string> vms_;
  std::set<std::string> threads_;
  std::set<std::string> devices_;
  std::set<std::string> functions_;
  std::set<std::string> files_;
  Nowhere nowhere_;
  AddressAliases addresses_{{}};
  AliasingSink looks_for_addresses_{addresses_, nowhere_};
};

}  // namespace wakepath::record
