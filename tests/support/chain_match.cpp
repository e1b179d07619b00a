// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/chain_match.hpp"

#include <algorithm>

#include "support/recording_sink.hpp"

namespace wakepath::testing {

namespace {

bool is_unknown(const std::string& name) {
  return name.empty() || name == "?" || name.starts_with("0x") || name.starts_with("irq ");
}

bool take_unknown(std::string& name, const std::string& like) {
  if (name == like || !is_unknown(like)) {
    return false;
  }
  name = like;
  return true;
}

// Exit reasons have names only if the architecture is known. Their number is always known.
std::uint64_t all(const std::map<std::string, std::uint64_t>& exits) {
  std::uint64_t sum = 0;
  for (const auto& [reason, count] : exits) {
    sum += count;
  }
  return sum;
}

// After a loss the holder of a CPU may be unknown until its next event: then more of the blame may
// be unexplained, but none may differ.
std::string blamed_otherwise(const std::vector<Stage>& said, const std::vector<Stage>& sound) {
  for (std::size_t i = 0; i < std::min(said.size(), sound.size()); ++i) {
    for (const Blame& blame : said[i].blame) {
      // An idle CPU of unknown state may have been in any state.
      const bool any_state = blame.kind == BlameKind::idle_exit && blame.what == "idle";
      const auto time_in = [&](const std::vector<Blame>& blames) {
        std::uint64_t ns = 0;
        for (const Blame& one : blames) {
          const bool same = one.kind == blame.kind && one.tid == blame.tid;
          ns += same && (any_state || one.what == blame.what) ? one.ns : 0;
        }
        return ns;
      };
      const bool known = blame.kind != BlameKind::unexplained;
      if (known && time_in(said[i].blame) > time_in(sound[i].blame)) {
        std::string text = std::string(name_of(said[i].kind)) + " blames " +
                           std::string(name_of(blame.kind)) + " " + blame.what + " for " +
                           std::to_string(blame.ns) + " ns, the undamaged run:\n";
        for (const Blame& one : sound[i].blame) {
          text += std::string(name_of(one.kind)) + " " + one.what + " " + std::to_string(one.ns) +
                  " ns\n";
        }
        return text;
      }
    }
    for (const SubStage& part : said[i].sub) {
      const bool same = std::ranges::any_of(sound[i].sub, [&](const SubStage& one) {
        return one.name == part.name && one.begin_ns == part.begin_ns && one.end_ns == part.end_ns;
      });
      if (!same) {
        return std::string(name_of(said[i].kind)) + " has a part " + part.name +
               " that the undamaged run does not have\n";
      }
    }
  }
  return {};
}

}  // namespace

std::string difference(const Delivery& delivery, const std::vector<Delivery>& sound) {
  const auto same = std::ranges::find_if(sound, [&](const Delivery& one) {
    return one.who.tid == delivery.who.tid && one.end_ns == delivery.end_ns;
  });
  if (same == sound.end() || same->begin_ns != delivery.begin_ns ||
      same->stages.size() != delivery.stages.size() || same->flags != delivery.flags) {
    return "a delivery at " + std::to_string(delivery.begin_ns) +
           " is complete, and is none that the undamaged run has\n";
  }
  return blamed_otherwise(delivery.stages, same->stages);
}

void forget_surroundings(WakeChain& chain, const WakeChain& like) {
  if (!like.blocked_ns) {
    chain.blocked_ns.reset();
  }
  if (!like.guest_lateness_ns) {
    chain.guest_lateness_ns.reset();
  }
  if (!like.ran_ns) {
    chain.ran_ns.reset();
    std::erase_if(chain.marks, [&](const Mark& mark) { return mark.at_ns > chain.end_ns; });
  }
  if (!like.exits) {
    chain.exits.reset();
  }
}

void forget_names(WakeChain& chain, const WakeChain& like) {
  bool forgot = take_unknown(chain.who.vm, like.who.vm);
  if (!like.who.vcpu) {
    chain.who.vcpu.reset();
  }
  if (!like.who.vm_pid) {
    chain.who.vm_pid.reset();
  }
  for (std::size_t i = 0; i < std::min(chain.hops.size(), like.hops.size()); ++i) {
    forgot |= take_unknown(chain.hops[i].name, like.hops[i].name);
  }
  for (std::size_t i = 0; i < std::min(chain.stages.size(), like.stages.size()); ++i) {
    forgot |= take_unknown(chain.stages[i].actor, like.stages[i].actor);
  }
  for (std::size_t i = 0; i < std::min(chain.marks.size(), like.marks.size()); ++i) {
    if (chain.marks[i].kind == MarkKind::guest_exit) {
      chain.marks[i].name = like.marks[i].name;
    } else {
      forgot |= take_unknown(chain.marks[i].name, like.marks[i].name);
    }
  }
  forgot |= take_unknown(chain.root.irq_name, like.root.irq_name);
  forgot |= take_unknown(chain.root.function, like.root.function);
  if (!like.root.interrupt) {
    chain.root.interrupt.reset();
  }
  if (forgot) {
    chain.path = like.path;
  }
  if (chain.exits && like.exits && all(*chain.exits) == all(*like.exits)) {
    chain.exits = like.exits;
  }
}

SoundChains::SoundChains(const std::vector<WakeChain>& chains) {
  for (const WakeChain& chain : chains) {
    if (chain.complete()) {
      places_[{chain.who.tid, chain.end_ns}] = complete_.size();
      complete_.push_back(chain);
    }
  }
}

std::string SoundChains::difference(const WakeChain& chain, Names names) const {
  const auto same = places_.find({chain.who.tid, chain.end_ns});
  if (same == places_.end()) {
    return text_of(chain) + "is complete, and is none that the undamaged run has\n";
  }
  WakeChain expected = complete_[same->second];
  WakeChain actual = chain;
  forget_surroundings(expected, chain);
  forget_surroundings(actual, chain);
  if (names == Names::may_be_unknown) {
    forget_names(expected, actual);
  }
  const std::string says = text_of(actual);
  const std::string should = text_of(expected);
  if (says != should) {
    return says + "instead of\n" + should;
  }
  return names == Names::known ? blamed_otherwise(actual.stages, expected.stages) : std::string();
}

}  // namespace wakepath::testing
