// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/interrupt_text.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "present/view.hpp"
#include "util/escape.hpp"

namespace wakepath::present {

namespace {

// An interface's name has 15 characters at most, a VM's may be anything.
constexpr std::size_t kNameColumns = 32;

std::string short_name(std::string_view text) {
  return shorten(escape_terminal(text), kNameColumns);
}

// "rx-1"; a number alone says nothing: "queue 3".
std::string queue_text(std::string_view queue) {
  const bool number = queue.find_first_not_of("0123456789") == std::string_view::npos;
  return (number ? "queue " : "") + short_name(queue);
}

}  // namespace

std::string interrupt_text(const std::string& name, std::optional<std::uint32_t> irq,
                           const Interrupt* interrupt) {
  std::string text = escape_terminal(name);
  std::string details;
  const auto add = [&details](const std::string& detail) {
    details += (details.empty() ? "" : ", ") + detail;
  };
  if (interrupt != nullptr && !interrupt->device.empty()) {
    text = short_name(interrupt->device);
    text += interrupt->queue.empty() ? "" : " " + queue_text(interrupt->queue);
  }
  if (interrupt != nullptr && !interrupt->address.empty()) {
    const std::string address = short_name(interrupt->address);
    if (text.find(address) == std::string::npos) {
      add(address);
    }
  }
  if (irq) {
    add(fmt::format("irq {}", *irq));
  }
  if (interrupt != nullptr && !interrupt->given_to.empty()) {
    add("VM " + short_name(interrupt->given_to));
  }
  if (!details.empty()) {
    text += (text.empty() ? "(" : " (") + details + ")";
  }
  return text;
}

std::string interrupt_text(const Interrupt& interrupt) {
  const bool known = interrupt.irq != WP_IRQ_UNKNOWN;
  return interrupt_text(interrupt.action, known ? std::optional(interrupt.irq) : std::nullopt,
                        &interrupt);
}

std::string blamed_text(const Blame& blame) {
  const Interrupt* interrupt = blame.interrupt.get();
  if (interrupt == nullptr || interrupt->device_or_address().empty() ||
      !blame.what.starts_with(interrupt->action)) {
    return escape_terminal(blame.what);
  }
  // Behind the action's name stands the callback that ran in it.
  return interrupt_text(*interrupt) +
         escape_terminal(std::string_view(blame.what).substr(interrupt->action.size()));
}

}  // namespace wakepath::present
