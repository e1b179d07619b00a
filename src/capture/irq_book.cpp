// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/irq_book.hpp"

#include <algorithm>
#include <iterator>

#include "capture/background.hpp"

namespace wakepath::capture {

namespace {

constexpr auto kSeldom = std::chrono::seconds(10);

// As the kernel side has it: with a terminating zero.
std::string cut_name(const std::string& action) { return action.substr(0, WP_NAME_BYTES - 1); }

Interrupt bare(const std::pair<std::uint32_t, std::string>& key) {
  Interrupt interrupt;
  interrupt.irq = key.first;
  interrupt.action = key.second;
  return interrupt;
}

}  // namespace

Fact IrqBook::named(const wp_irq_name& name) {
  const Key key{name.irq, {std::begin(name.name), std::ranges::find(name.name, '\0')}};
  const auto found = known_.find(key);
  if (found != known_.end()) {
    return IrqFact{name.action, found->second};
  }
  if (read_) {
    waiting_[name.action] = key;
  }
  return IrqFact{name.action, bare(key)};
}

std::vector<Fact> IrqBook::news(Clock::time_point now) {
  if (reading_.valid()) {
    return is_read(reading_, {}) ? take() : std::vector<Fact>{};
  }
  const bool first = last_read_ == Clock::time_point{};
  if (!waiting_.empty() && (first || now - last_read_ >= kSeldom)) {
    last_read_ = now;
    begin();
  }
  return {};
}

std::vector<Fact> IrqBook::last_news(Clock::time_point until) {
  std::vector<Fact> facts;
  if (reading_.valid() && is_read(reading_, until)) {
    facts = take();
  }
  if (!reading_.valid()) {
    if (waiting_.empty()) {
      return facts;
    }
    begin();
  }
  if (reading_.valid() && is_read(reading_, until)) {
    std::ranges::move(take(), std::back_inserter(facts));
  } else {
    facts.emplace_back(NoticeFact{WP_ADVICE_OTHER, 0,
                                  "the host's interrupts could not be read: some have no device"});
  }
  return facts;
}

void IrqBook::begin() {
  reading_ = read_in_background(read_);
  if (reading_.valid()) {
    asked_ = std::move(waiting_);
  }
  waiting_.clear();
}

std::vector<Fact> IrqBook::take() {
  for (Interrupt& interrupt : reading_.get()) {
    const Key key{interrupt.irq, cut_name(interrupt.action)};
    known_.insert_or_assign(key, std::move(interrupt));
  }
  // What is not listed is not looked for again; but what was named since the reading began is.
  for (const auto& [action, key] : asked_) {
    known_.try_emplace(key, bare(key));
  }
  waiting_.merge(asked_);
  asked_.clear();
  std::vector<Fact> facts;
  std::erase_if(waiting_, [&](const auto& one) {
    const auto found = known_.find(one.second);
    if (found != known_.end() && found->second != bare(one.second)) {
      facts.emplace_back(IrqFact{one.first, found->second});
    }
    return found != known_.end();
  });
  return facts;
}

}  // namespace wakepath::capture
