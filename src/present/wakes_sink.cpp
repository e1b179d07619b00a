// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/wakes_sink.hpp"

#include "present/annotate.hpp"
#include "util/escape.hpp"

namespace wakepath::present {

Result<void> WakesSink::header(const Header& header) {
  run_.header = header;
  append_header(header, out_.buffer());
  out_.buffer().push_back('\n');
  return out_.commit();
}

Result<void> WakesSink::wake(const WakeChain& chain) {
  run_.see(chain);
  annotate(chain, run_, out_.buffer());
  return out_.commit();
}

Result<void> WakesSink::delivery(const Delivery& delivery) {
  annotate(delivery, run_, out_.buffer());
  return out_.commit();
}

Result<void> WakesSink::loss(const Loss& loss) {
  append_loss(loss, run_, out_.buffer());
  return out_.commit();
}

Result<void> WakesSink::interval(const Interval& /*interval*/) { return {}; }

Result<void> WakesSink::notice(const std::string& text) {
  fmt::format_to(fmt::appender(out_.buffer()), "note: {}\n", escape_terminal(text));
  return out_.commit();
}

Result<void> WakesSink::summary(const Summary& summary) {
  append_summary(summary, run_, options_, out_.buffer());
  return out_.commit();
}

}  // namespace wakepath::present
