// SPDX-License-Identifier: GPL-2.0-or-later
// A recording may go to strangers, and addresses of the kernel would tell them where it lies in
// memory. Each address of a capture becomes another number, always the same one in this capture: so
// events and names still find each other. Only the process that captures knows the key.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "wakepath/record.hpp"

namespace wakepath::record {

class AddressAliases {
 public:
  using Key = std::array<std::uint64_t, 2>;

  // From the kernel's source of random numbers.
  static Key random_key();

  explicit AddressAliases(const Key& key) : key_(key) {}

  // No two addresses have one alias, and no alias is an address of the kernel. What is none stays.
  [[nodiscard]] std::uint64_t of(std::uint64_t address);
  // Of a struct kvm_vcpu: the alias of its bg_timer lies as far behind it as the timer behind the
  // struct.
  [[nodiscard]] std::uint64_t of_vcpu(std::uint64_t address);
  // An address of the kernel came.
  [[nodiscard]] bool replaced_any() const { return replaced_any_; }
  // Of bg_timer in struct kvm_vcpu; 0: not known.
  void bg_timer_offset(std::uint64_t bytes) { bg_timer_offset_ = bytes; }

 private:
  struct Known {
    std::uint64_t address{};
    std::uint64_t alias{};
  };

  [[nodiscard]] std::uint64_t make(std::uint64_t address) const;

  Key key_;
  std::uint64_t bg_timer_offset_{0};
  bool replaced_any_{false};
  std::array<Known, 1024> known_{};  // the same few addresses come again and again
};

// Hands records on with aliases in place of addresses.
class AliasingSink final : public RecordSink {
 public:
  AliasingSink(AddressAliases& aliases, RecordSink& next) : aliases_(aliases), next_(next) {}
  Result<void> record(RecordView view) override;

 private:
  void replace_in_events();
  void replace_in_fact();
  void replace(std::size_t offset, bool is_vcpu);

  AddressAliases& aliases_;
  RecordSink& next_;
  std::vector<std::byte> bytes_;
};

}  // namespace wakepath::record
