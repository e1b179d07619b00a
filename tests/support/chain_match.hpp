// SPDX-License-Identifier: GPL-2.0-or-later
// Compares a chain of a damaged run with the undamaged run's chain of the same wake.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "wakepath/wake_chain.hpp"

namespace wakepath::testing {

// After a loss the surroundings of a chain may be unknown, but must not differ.
void forget_surroundings(WakeChain& chain, const WakeChain& like);

// Takes unknown names from `like`: a lost fact leaves the address, the number or "?".
void forget_names(WakeChain& chain, const WakeChain& like);

// Empty: the complete delivery equals one of the undamaged run.
std::string difference(const Delivery& delivery, const std::vector<Delivery>& sound);

class SoundChains {
 public:
  explicit SoundChains(const std::vector<WakeChain>& chains);

  enum class Names : std::uint8_t { known, may_be_unknown };
  // Empty: `chain`, which claims to be complete, equals the undamaged run's.
  [[nodiscard]] std::string difference(const WakeChain& chain, Names names) const;
  [[nodiscard]] const std::vector<WakeChain>& complete() const { return complete_; }

 private:
  using Key = std::pair<std::uint32_t, std::uint64_t>;  // tid, end
  std::map<Key, std::size_t> places_;
  std::vector<WakeChain> complete_;
};

}  // namespace wakepath::testing
