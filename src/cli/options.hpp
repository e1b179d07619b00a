// SPDX-License-Identifier: GPL-2.0-or-later
// Options as several sub-commands have them, and those of one that have a file of their own.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include "cli/arguments.hpp"
#include "wakepath/result.hpp"

namespace wakepath::cli {

// A value of our own grammar: `parse` gives Result<T>, an error of it is one of the option.
template <typename Parse, typename Take>
CLI::Option* add_parsed(CLI::App& app, const std::string& name, const std::string& type,
                        Parse parse, Take take, const std::string& help) {
  const std::function<void(const std::string&)> call = [name, parse,
                                                        take](const std::string& text) {
    auto value = parse(text);
    if (!value) {
      const std::string hint = value.error().fix.empty() ? "" : " (" + value.error().fix + ")";
      throw CLI::ValidationError(name, value.error().message + hint);
    }
    take(std::move(*value));
  };
  return app.add_option_function<std::string>(name, call, help)->type_name(type);
}

// More than none, and no more than a clock can count.
Result<std::chrono::nanoseconds> parse_span(const std::string& text);

void add_format(CLI::App& app, Format& format, const std::string& what);
void add_view(CLI::App& app, ViewArguments& view);

// Gives back the sub-command `irqs move`.
CLI::App* add_irqs(CLI::App& app, IrqsArguments& irqs, IrqMoveArguments& move);
void add_audit(CLI::App& app, AuditArguments& audit);
void add_kallsyms(CLI::App& app, std::string& kallsyms);
void add_import(CLI::App& app, ImportArguments& import);

}  // namespace wakepath::cli
