// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/option_values.hpp"

#include <charconv>
#include <limits>

#include "analysis/moment.hpp"
#include "util/duration.hpp"

namespace wakepath::cli {

namespace {

// "-d,--duration" -> "--duration"
std::string long_name(const std::string& names) { return names.substr(names.rfind(',') + 1); }

// A limit in the words that the user would write: "100us", "10s".
std::string limit_text(Span span) {
  using namespace std::chrono_literals;
  const auto whole = [span](Span unit, const char* name) {
    return fmt::format("{}{}", span / unit, name);
  };
  return span % 1s == 0s    ? whole(1s, "s")
         : span % 1ms == 0s ? whole(1ms, "ms")
         : span % 1us == 0s ? whole(1us, "us")
                            : whole(1ns, "ns");
}

Result<Span> parse_span(const std::string& text, Span least, Span most) {
  WAKEPATH_TRY(const std::uint64_t ns, parse_duration(text));
  if (ns > static_cast<std::uint64_t>(most.count()) ||
      ns < static_cast<std::uint64_t>(least.count())) {
    return fail(ErrorKind::usage, "");
  }
  return Span(static_cast<Span::rep>(ns));
}

Value<ParseSpan> span_value(std::string takes, Span least, Span most) {
  return {"TIME", std::move(takes),
          [least, most](const std::string& text) { return parse_span(text, least, most); }};
}

}  // namespace

std::string refusal(const std::string& names, const std::string& takes, const std::string& given,
                    const Error& error) {
  const std::string name = long_name(names);
  if (error.message.empty()) {
    return fmt::format("{} takes {}, not '{}'{}", name, takes, given, error.fix);
  }
  return takes.empty() ? fmt::format("{} {}", name, error.message)
                       : fmt::format("{} takes {}: {}", name, takes, error.message);
}

Value<ParseSpan> time_value() { return span_value("a time of more than 0", Span(1), Span::max()); }

Value<ParseSpan> time_value(Span least, Span most) {
  return span_value(least <= Span(1)
                        ? fmt::format("a time of at most {}", limit_text(most))
                        : fmt::format("a time of {} to {}", limit_text(least), limit_text(most)),
                    least, most);
}

Value<ParseSpan> time_or_zero(Span least) {
  const std::string takes = least <= Span(1)
                                ? "a time, or 0"
                                : fmt::format("a time of at least {}, or 0", limit_text(least));
  return {"TIME", takes, [least](const std::string& text) {
            return text == "0" ? Result<Span>(Span(0)) : parse_span(text, least, Span::max());
          }};
}

Value<ParseNumber> number_value(std::uint64_t least, std::uint64_t most) {
  const bool open = most == std::numeric_limits<std::uint32_t>::max();
  return {"N",
          open ? fmt::format("a whole number of at least {}", least)
               : fmt::format("a whole number from {} to {}", least, most),
          [least, most](const std::string& text) -> Result<std::uint64_t> {
            std::uint64_t number = 0;
            const char* const end = text.data() + text.size();
            const auto [stop, error] = std::from_chars(text.data(), end, number);
            if (error != std::errc{} || stop != end || number < least || number > most) {
              return fail(ErrorKind::usage, "");
            }
            return number;
          }};
}

Value<ParseCpus> cpus_value() {
  return {"LIST", "a list of CPUs", [](const std::string& text) { return CpuSet::parse(text); }};
}

Value<ParseMoment> moment_value() {
  return {"TIME", "a time from the begin on (1.5s), or a time of day (06:34:38.1)",
          [](const std::string& text) { return analysis::parse_moment(text); }};
}

}  // namespace wakepath::cli
