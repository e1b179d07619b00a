// SPDX-License-Identifier: GPL-2.0-or-later
// Values of options: what each kind takes, and how it says no. An error is one plain sentence that
// names the option, what was given and what is allowed.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "util/closest.hpp"
#include "util/cpu_set.hpp"
#include "wakepath/pipeline.hpp"
#include "wakepath/result.hpp"

namespace wakepath::cli {

// A kind of value. `parse` gives Result<T>; an error without a message says no more than that the
// value is not one of those that `takes` describes.
template <typename Parse>
struct Value {
  std::string type;   // as --help shows it: "TIME"
  std::string takes;  // "a time of 100us to 10s"
  Parse parse;
};
template <typename Parse>
Value(const char*, std::string, Parse) -> Value<Parse>;

// "--period takes a time of 100us to 10s, not '5us'". `names`: "-d,--duration". `takes` may be
// empty where the errors of the value say all.
std::string refusal(const std::string& names, const std::string& takes, const std::string& given,
                    const Error& error);

template <typename Parse, typename Take>
CLI::Option* add_values(CLI::App& app, const std::string& names, const Value<Parse>& value,
                        Take take, const std::string& help) {
  const std::function<void(const std::vector<std::string>&)> call =
      [names, value, take](const std::vector<std::string>& texts) {
        for (const std::string& text : texts) {
          auto parsed = value.parse(text);
          if (!parsed) {
            throw CLI::ValidationError(refusal(names, value.takes, text, parsed.error()));
          }
          take(std::move(*parsed));
        }
      };
  return app.add_option_function<std::vector<std::string>>(names, call, help)
      ->type_name(value.type)
      ->allow_extra_args(false);
}

// At most once.
template <typename Parse, typename Take>
CLI::Option* add_value(CLI::App& app, const std::string& names, const Value<Parse>& value,
                       Take take, const std::string& help) {
  return add_values(app, names, value, take, help)->expected(1);
}

// One of several words. `T` has a name and a value.
template <typename T>
auto choice(const char* type, std::vector<std::pair<std::string, T>> choices) {
  std::vector<std::string> names;
  names.reserve(choices.size());
  for (const auto& one : choices) {
    names.push_back(one.first);
  }
  std::string takes = names.front();
  for (std::size_t i = 1; i < names.size(); ++i) {
    takes += (i + 1 == names.size() ? " or " : ", ") + names[i];
  }
  return Value{type, takes, [names, choices](const std::string& text) -> Result<T> {
                 for (const auto& [name, value] : choices) {
                   if (text == name) {
                     return value;
                   }
                 }
                 return fail(ErrorKind::usage, "", did_you_mean(text, names));
               }};
}

using Span = std::chrono::nanoseconds;
using ParseSpan = std::function<Result<Span>(const std::string&)>;
using ParseNumber = std::function<Result<std::uint64_t>(const std::string&)>;
using ParseMoment = std::function<Result<Moment>(const std::string&)>;
using ParseCpus = std::function<Result<CpuSet>(const std::string&)>;

// More than no time, and no more than a clock can count.
Value<ParseSpan> time_value();
Value<ParseSpan> time_value(Span least, Span most);
// The same, or 0.
Value<ParseSpan> time_or_zero(Span least);
Value<ParseNumber> number_value(std::uint64_t least, std::uint64_t most);
Value<ParseCpus> cpus_value();
Value<ParseMoment> moment_value();

}  // namespace wakepath::cli
