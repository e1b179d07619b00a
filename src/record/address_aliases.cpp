// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/address_aliases.hpp"

#include <bit>
#include <cstring>
#include <random>

#include "wakepath/event.hpp"

namespace wakepath::record {

namespace {

// Everything from 2^64 - 2^56 on, with five levels of page tables; user space has no such address.
constexpr unsigned kSpaceBits = 56;
constexpr std::uint64_t kSpace = (std::uint64_t{1} << kSpaceBits) - 1;
constexpr std::uint64_t kKernel = ~kSpace;
// Of each alias; no kernel and no program has anything there.
constexpr std::uint64_t kMark = std::uint64_t{0x40} << kSpaceBits;
constexpr unsigned kHalfBits = kSpaceBits / 2;
constexpr std::uint64_t kHalf = (std::uint64_t{1} << kHalfBits) - 1;

constexpr bool is_kernel(std::uint64_t address) {
  // The last page holds small negative numbers, and no object.
  constexpr std::uint64_t kPage = 4096;
  return address >= kKernel && address < ~std::uint64_t{0} - kPage;
}

// SipHash-1-3 of one word (Aumasson, Bernstein: SipHash, a fast short-input PRF).
std::uint64_t hash(const AddressAliases::Key& key, std::uint64_t word) {
  std::uint64_t v0 = key[0] ^ 0x736f6d6570736575;
  std::uint64_t v1 = key[1] ^ 0x646f72616e646f6d;
  std::uint64_t v2 = key[0] ^ 0x6c7967656e657261;
  std::uint64_t v3 = key[1] ^ 0x7465646279746573 ^ word;
  const auto round = [&] {
    v0 += v1;
    v2 += v3;
    v1 = std::rotl(v1, 13) ^ v0;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 = std::rotl(v0, 32);
    v2 += v1;
    v0 += v3;
    v1 = std::rotl(v1, 17) ^ v2;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 = std::rotl(v2, 32);
  };
  round();
  v0 ^= word;
  v2 ^= 0xff;
  round();
  round();
  round();
  return v0 ^ v1 ^ v2 ^ v3;
}

// Where a payload has an address.
struct Place {
  std::uint8_t kind;
  std::uint8_t offset;
  bool is_vcpu{false};
};
constexpr std::array kPlaces{
    Place{WP_EVENT_IRQ_ENTRY, offsetof(wp_irq, action)},
    Place{WP_EVENT_IRQ_EXIT, offsetof(wp_irq, action)},
    Place{WP_EVENT_HRTIMER_START, offsetof(wp_hrtimer_start, timer)},
    Place{WP_EVENT_HRTIMER_START, offsetof(wp_hrtimer_start, function)},
    Place{WP_EVENT_HRTIMER_EXPIRE_ENTRY, offsetof(wp_hrtimer_expire, timer)},
    Place{WP_EVENT_HRTIMER_EXPIRE_ENTRY, offsetof(wp_hrtimer_expire, function)},
    Place{WP_EVENT_HRTIMER_EXPIRE_EXIT, offsetof(wp_hrtimer_expire, timer)},
    Place{WP_EVENT_HRTIMER_EXPIRE_EXIT, offsetof(wp_hrtimer_expire, function)},
    Place{WP_EVENT_WORK_QUEUE, offsetof(wp_work, work)},
    Place{WP_EVENT_WORK_QUEUE, offsetof(wp_work, function)},
    Place{WP_EVENT_WORK_START, offsetof(wp_work, work)},
    Place{WP_EVENT_WORK_START, offsetof(wp_work, function)},
    Place{WP_EVENT_WORK_END, offsetof(wp_work, work)},
    Place{WP_EVENT_WORK_END, offsetof(wp_work, function)},
    Place{WP_EVENT_KTHREAD_WORK_QUEUE, offsetof(wp_work, work)},
    Place{WP_EVENT_KTHREAD_WORK_QUEUE, offsetof(wp_work, function)},
    Place{WP_EVENT_KTHREAD_WORK_START, offsetof(wp_work, work)},
    Place{WP_EVENT_KTHREAD_WORK_START, offsetof(wp_work, function)},
    Place{WP_EVENT_KTHREAD_WORK_END, offsetof(wp_work, work)},
    Place{WP_EVENT_KTHREAD_WORK_END, offsetof(wp_work, function)},
    // Of the guest's kernel.
    Place{WP_EVENT_KVM_ENTRY, offsetof(wp_kvm_entry, pc)},
    Place{WP_EVENT_KVM_TIMER_SAVE, offsetof(wp_kvm_timer_context, timer)},
    Place{WP_EVENT_KVM_TIMER_RESTORE, offsetof(wp_kvm_timer_context, timer)},
    Place{WP_EVENT_VCPU, offsetof(wp_vcpu, vcpu), true},
    Place{WP_EVENT_VCPU, offsetof(wp_vcpu, kvm)},
    Place{WP_EVENT_IRQ_NAME, offsetof(wp_irq_name, action)},
    Place{WP_EVENT_FUNCTION, offsetof(wp_function, address)},
    Place{WP_EVENT_VCPU_KICK, offsetof(wp_vcpu_kick, vcpu), true},
};

// The places of each kind: [first, end) of kPlaces.
struct Range {
  std::uint8_t first{};
  std::uint8_t end{};
};
constexpr auto kRanges = [] {
  std::array<Range, 256> ranges{};
  for (std::size_t i = 0; i < kPlaces.size(); ++i) {
    Range& range = ranges.at(kPlaces.at(i).kind);
    range.first = range.end == 0 ? static_cast<std::uint8_t>(i) : range.first;
    range.end = static_cast<std::uint8_t>(i + 1);
  }
  return ranges;
}();

}  // namespace

AddressAliases::Key AddressAliases::random_key() {
  std::random_device random;
  Key key{};
  for (std::uint64_t& half : key) {
    half = std::uint64_t{random()} << 32U | random();
  }
  return key;
}

// A network of Feistel over the two halves: each alias has one address.
std::uint64_t AddressAliases::make(std::uint64_t address) const {
  std::uint64_t left = (address >> kHalfBits) & kHalf;
  std::uint64_t right = address & kHalf;
  constexpr std::uint64_t kRounds = 4;
  for (std::uint64_t number = 0; number < kRounds; ++number) {
    const std::uint64_t mixed = left ^ (hash(key_, right | number << kSpaceBits) & kHalf);
    left = right;
    right = mixed;
  }
  return kMark | left << kHalfBits | right;
}

std::uint64_t AddressAliases::of(std::uint64_t address) {
  if (!is_kernel(address)) {
    return address;
  }
  Known& known = known_[(address >> 3U ^ address >> 13U) % known_.size()];
  if (known.address != address) {
    known = {address, make(address)};
    replaced_any_ = true;
  }
  return known.alias;
}

std::uint64_t AddressAliases::of_vcpu(std::uint64_t address) {
  return is_kernel(address) ? of(address + bg_timer_offset_) - bg_timer_offset_ : address;
}

Result<void> AliasingSink::record(RecordView view) {
  if (view.type() != WP_RECORD_BATCH && view.type() != WP_RECORD_FACT) {
    return next_.record(view);
  }
  bytes_.assign(view.bytes().begin(), view.bytes().end());
  if (view.type() == WP_RECORD_BATCH) {
    replace_in_events();
  } else {
    replace_in_fact();
  }
  const auto changed = RecordView::at(bytes_);
  return changed ? next_.record(*changed) : next_.record(view);
}

void AliasingSink::replace(std::size_t offset, bool is_vcpu) {
  if (offset + sizeof(std::uint64_t) > bytes_.size()) {
    return;
  }
  const auto address = load<std::uint64_t>(bytes_, offset);
  const std::uint64_t alias = is_vcpu ? aliases_.of_vcpu(address) : aliases_.of(address);
  std::memcpy(bytes_.data() + offset, &alias, sizeof(alias));
}

void AliasingSink::replace_in_events() {
  for (std::size_t at = sizeof(wp_batch); at + sizeof(wp_event) <= bytes_.size();) {
    const auto event = load<wp_event>(bytes_, at);
    if (event.size < sizeof(wp_event)) {
      return;
    }
    const Range range = kRanges[event.kind];
    for (std::size_t i = range.first; i < range.end; ++i) {
      const Place& place = kPlaces[i];
      replace(at + sizeof(wp_event) + place.offset, place.is_vcpu);
    }
    at += event.size;
  }
}

void AliasingSink::replace_in_fact() {
  const auto fact = load<wp_fact>(bytes_);
  constexpr std::size_t kFirst = offsetof(wp_fact, value);
  constexpr std::size_t kThird = kFirst + 2 * sizeof(std::uint64_t);
  switch (fact.kind) {
    case WP_FACT_HOST:
      aliases_.bg_timer_offset(fact.value[2]);
      break;
    case WP_FACT_IRQ:
    case WP_FACT_SYMBOL:
      replace(kFirst, false);
      break;
    case WP_FACT_VCPU_SINCE:
      replace(kThird, true);
      break;
    default:
      break;
  }
}

}  // namespace wakepath::record
