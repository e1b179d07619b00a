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
    return fail(ErrorKind::bug, "a fact that is no record");
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
    return fail(ErrorKind::not_permitted, "the kernel hides its symbols, functions have no names",
                "as root (CAP_SYSLOG alone will do), after: sysctl kernel.kptr_restrict=1");
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
      done = vcpu(load<wp_vcpu>(payload), event.time_ns, sink);
    } else if (event.kind == WP_EVENT_IRQ_NAME) {
      done = action(load<wp_irq_name>(payload), sink);
    } else if (event.kind == WP_EVENT_FUNCTION) {
      done = function(load<wp_function>(payload), sink);
    }
    if (!done) {
      return done;
    }
    at += event.size;
  }
  return {};
}

Result<void> NameBook::action(const wp_irq_name& action, RecordSink& sink) {
  return send(irqs_.named(action), sink);
}

Result<void> NameBook::vcpu(const wp_vcpu& vcpu, std::uint64_t since_ns, RecordSink& sink) {
  const auto [vm, renamed] = vms_.vm(vcpu, since_ns);
  if (renamed) {
    if (auto done = send(*renamed, sink); !done) {
      return done;
    }
  }
  if (guest_tgid_ != 0 && vcpu.tgid == guest_tgid_) {
    guest_threads_[vcpu.vcpu_id] = vcpu.tid;
  }
  VcpuFact fact{vcpu.tid, vcpu.vcpu_id,      vm, vcpu.state & ~WP_VCPU_AGAIN, vcpu.vcpu,
                since_ns, text_of(vcpu.comm)};
  // All are named again now and then, most with nothing new.
  VcpuFact& last = vcpus_[vcpu.tid];
  if ((vcpu.state & WP_VCPU_AGAIN) != 0 && last.tid == fact.tid && last.index == fact.index &&
      last.vm == fact.vm && last.thread == fact.thread) {
    return {};
  }
  last = std::move(fact);
  return send(last, sink);
}

std::optional<std::uint32_t> NameBook::guest_thread(std::uint32_t vcpu) const {
  const auto found = guest_threads_.find(vcpu);
  return found == guest_threads_.end() ? std::nullopt : std::optional(found->second);
}

Result<void> NameBook::irq_news(Deadline until, RecordSink& sink) {
  for (const Fact& fact : until ? irqs_.last_news(*until) : irqs_.news(IrqBook::Clock::now())) {
    if (auto done = send(fact, sink); !done) {
      return done;
    }
  }
  return {};
}

Result<void> NameBook::function(const wp_function& function, RecordSink& sink) {
  const std::string printed = text_of(function.name);
  // What has no symbol is printed as a number.
  const auto name = printed.empty() || printed.starts_with("0x")
                        ? symbol(function.address)
                        : std::optional(std::string(host::function_name(printed)));
  return name ? send(SymbolFact{function.address, *name}, sink) : Result<void>{};
}

}  // namespace wakepath::capture
