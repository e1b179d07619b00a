// SPDX-License-Identifier: GPL-2.0-or-later
#include "wakepath/facts.hpp"

#include <algorithm>
#include <array>

namespace wakepath {

namespace {

constexpr std::size_t kMaxString = 4096;

constexpr std::size_t kMaxIrqText = 1024;

// In the order of the fact's strings, from the second on.
constexpr std::array kIrqTexts{&Interrupt::device,   &Interrupt::queue,    &Interrupt::bus,
                               &Interrupt::address,  &Interrupt::driver,   &Interrupt::description,
                               &Interrupt::given_to, &Interrupt::affinity, &Interrupt::effective};

std::size_t padded(std::size_t bytes) { return (bytes + 7) / 8 * 8; }

}  // namespace

const std::string& Fact::text(std::size_t index) const {
  static const std::string empty;
  return index < strings.size() ? strings[index] : empty;
}

std::vector<std::byte> encode(const Fact& fact) {
  std::size_t size = sizeof(wp_fact);
  std::uint16_t count = 0;
  for (const std::string& text : fact.strings) {
    const std::size_t bytes = sizeof(std::uint16_t) + std::min(text.size(), kMaxString);
    if (padded(size + bytes) > WP_MAX_BATCH) {
      break;
    }
    size += bytes;
    ++count;
  }
  std::vector<std::byte> out(padded(size));
  wp_fact head{};
  head.record = {WP_RECORD_FACT, count, static_cast<std::uint32_t>(out.size())};
  head.kind = fact.kind;
  std::copy(fact.value.begin(), fact.value.end(), std::begin(head.value));
  std::memcpy(out.data(), &head, sizeof(head));
  std::size_t at = sizeof(head);
  for (std::size_t i = 0; i < count; ++i) {
    const auto length = static_cast<std::uint16_t>(std::min(fact.strings[i].size(), kMaxString));
    std::memcpy(out.data() + at, &length, sizeof(length));
    std::memcpy(out.data() + at + sizeof(length), fact.strings[i].data(), length);
    at += sizeof(length) + length;
  }
  return out;
}

Result<Fact> decode_fact(RecordView view) {
  const Bytes bytes = view.bytes();
  if (view.type() != WP_RECORD_FACT || bytes.size() < sizeof(wp_fact)) {
    return fail(ErrorKind::bad_input, "a fact record is too short");
  }
  const auto head = load<wp_fact>(bytes);
  Fact fact;
  // A kind that is newer than this reader is none to it; the enumeration can't hold any number.
  fact.kind = head.kind < WP_FACT_KINDS ? static_cast<wp_fact_kind>(head.kind) : wp_fact_kind{};
  std::copy(std::begin(head.value), std::end(head.value), fact.value.begin());
  std::size_t at = sizeof(wp_fact);
  for (std::size_t i = 0; i < view.count(); ++i) {
    if (at + sizeof(std::uint16_t) > bytes.size()) {
      return fail(ErrorKind::bad_input, "a fact record's strings do not fit its size");
    }
    const std::size_t length = load<std::uint16_t>(bytes, at);
    at += sizeof(std::uint16_t);
    if (length > bytes.size() - at) {
      return fail(ErrorKind::bad_input, "a fact record's strings do not fit its size");
    }
    const Bytes text = bytes.subspan(at, length);
    fact.strings.emplace_back(reinterpret_cast<const char*>(text.data()), text.size());
    at += length;
  }
  return fact;
}

Fact irq_fact(std::uint64_t action, const Interrupt& interrupt) {
  const std::uint64_t managed = !interrupt.managed   ? 0
                                : *interrupt.managed ? WP_IRQ_MANAGEMENT_KNOWN | WP_IRQ_MANAGED
                                                     : WP_IRQ_MANAGEMENT_KNOWN;
  Fact fact{WP_FACT_IRQ, {action, interrupt.irq, managed}, {interrupt.action}};
  for (const auto text : kIrqTexts) {
    fact.strings.push_back(interrupt.*text);
  }
  return fact;
}

Interrupt interrupt_of(const Fact& fact) {
  Interrupt interrupt;
  interrupt.irq = static_cast<std::uint32_t>(fact.value[1]);
  interrupt.action = fact.text(0).substr(0, kMaxIrqText);
  for (std::size_t i = 0; i < kIrqTexts.size(); ++i) {
    const std::string& text = fact.text(i + 1);
    // A list of CPUs that is cut would be another list.
    const bool list = i + 2 >= kIrqTexts.size();
    interrupt.*kIrqTexts[i] = text.substr(0, list && text.size() > kMaxIrqText ? 0 : kMaxIrqText);
  }
  if ((fact.value[2] & WP_IRQ_MANAGEMENT_KNOWN) != 0) {
    interrupt.managed = (fact.value[2] & WP_IRQ_MANAGED) != 0;
  }
  return interrupt;
}

}  // namespace wakepath
