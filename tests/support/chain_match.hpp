// SPDX-License-Identifier: GPL-2.0-or-later
// Is a chain of a damaged run what the undamaged run says of the same wake?
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "wakepath/wake_chain.hpp"

namespace wakepath::testing {

// What surrounds a chain may be less known after a loss, never otherwise known.
void forget_surroundings(WakeChain& chain, const WakeChain& like);

// Takes over from `like` the names that it does not know: a lost fact leaves the address, the
// number or "?".
void forget_names(WakeChain& chain, const WakeChain& like);

// Empty where a complete delivery says what one of the undamaged run says.
std::string difference(const Delivery& delivery, const std::vector<Delivery>& sound);

class SoundChains {
 public:
  explicit SoundChains(const std::vector<WakeChain>& chains);

  enum class Names : std::uint8_t { known, may_be_unknown };
  // Empty where `chain`, which says that it is complete, says what the undamaged run says.
  [[nodiscard]] std::string difference(const WakeChain& chain, Names names) const;
  [[nodiscard]] const std::vector<WakeChain>& complete() const { return complete_; }

 private:
  using Key = std::pair<std::uint32_t, std::uint64_t>;  // tid, end
  std::map<Key, std::size_t> places_;
  std::vector<WakeChain> complete_;
};

}  // namespace wakepath::testing
