// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/name_book.hpp"

#include <algorithm>
#include <span>

namespace wakepath::capture {

namespace {

std::string text_of(std::span<const char> field) {
  return {field.begin(), std::ranges::find(field, '\0')};
}

}  // namespace

Result<void> send(const Fact& fact, RecordSink& sink) {
  const std::vector<std::byte> bytes = encode(fact);
  const auto view = RecordView::at(bytes);
  if (!view) {
    return fail(ExitCode::bug, "a fact that is no record");
  }
  return sink.record(*view);
}

Result<void> NameBook::read_symbols() {
  symbols_read_ = std::chrono::steady_clock::now();
  auto symbols = host::Symbols::read("/");
  if (!symbols) {
    return tl::unexpected(symbols.error());
  }
  if (symbols->restricted()) {
    return fail(ExitCode::not_permitted, "the kernel hides its symbols, functions have no names",
                "sysctl kernel.kptr_restrict=1, and CAP_SYSLOG");
  }
  symbols_ = std::move(*symbols);
  return {};
}

std::optional<std::string> NameBook::symbol(std::uint64_t address) {
  constexpr auto seldom = std::chrono::seconds(10);
  if (!symbols_) {
    return std::nullopt;
  }
  auto name = symbols_->name(address);
  // A module that was loaded since.
  if (!name && std::chrono::steady_clock::now() - symbols_read_ > seldom && read_symbols()) {
    name = symbols_->name(address);
  }
  return name;
}

Result<void> NameBook::batch(RecordView batch, RecordSink& sink) {
  const Bytes bytes = batch.bytes();
  std::size_t at = sizeof(wp_batch);
  for (std::uint16_t i = 0; i < batch.count() && at + sizeof(wp_event) <= bytes.size(); ++i) {
    const auto event = load<wp_event>(bytes, at);
    if (event.size < sizeof(wp_event) || event.size > bytes.size() - at) {
      break;
    }
    const Bytes payload = bytes.subspan(at + sizeof(wp_event), event.size - sizeof(wp_event));
    Result<void> done;
    if (event.kind == WP_EVENT_VCPU) {
      done = vcpu(load<wp_vcpu>(payload), sink);
    } else if (event.kind == WP_EVENT_IRQ_NAME) {
      done = irq(load<wp_irq_name>(payload), sink);
    } else if (event.kind == WP_EVENT_FUNCTION) {
      done = function(load<wp_function>(payload).address, sink);
    }
    if (!done) {
      return done;
    }
    at += event.size;
  }
  return {};
}

std::optional<std::string> NameBook::vm_name(std::uint32_t tgid) const {
  if (guest_tgid_ != 0 && tgid == guest_tgid_) {
    return "guest";
  }
  const auto name = host::read_vm_name("/", tgid);
  return name ? std::optional(name->name) : std::nullopt;
}

Result<void> NameBook::vcpu(const wp_vcpu& vcpu, RecordSink& sink) {
  // The key of a VM is a thread id: another VM may have it later.
  const auto [known, fresh] = vms_.try_emplace(vcpu.vm);
  const std::optional<std::string> name = vm_name(vcpu.tgid);
  if (fresh || (name && *name != known->second)) {
    known->second = name.value_or("pid " + std::to_string(vcpu.tgid));
    if (auto done = send({WP_FACT_VM, {vcpu.vm, vcpu.tgid}, {known->second}}, sink); !done) {
      return done;
    }
  }
  return send({WP_FACT_VCPU, {vcpu.tid, vcpu.vm, vcpu.vcpu_id, vcpu.vcpu}, {text_of(vcpu.comm)}},
              sink);
}

Result<void> NameBook::irq(const wp_irq_name& name, RecordSink& sink) {
  return send({WP_FACT_IRQ, {name.action, name.irq}, {text_of(name.name), ""}}, sink);
}

Result<void> NameBook::function(std::uint64_t address, RecordSink& sink) {
  const auto name = symbol(address);
  return name ? send({WP_FACT_SYMBOL, {address}, {*name}}, sink) : Result<void>{};
}

}  // namespace wakepath::capture
