// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/usage_error.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "util/closest.hpp"

namespace wakepath::cli {

namespace {

std::vector<std::string> commands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) {
    names.push_back(command->get_name());
  }
  return names;
}

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      names.push_back("--" + name);
    }
  }
  return names;
}

// The innermost subcommand that was called, and how it is called.
struct Called {
  const CLI::App* app;
  std::string words;  // "wakepath irqs move"

  // "irqs move"; of the program itself: "wakepath".
  [[nodiscard]] std::string name() const {
    constexpr std::string_view kProgram = "wakepath ";
    return words.starts_with(kProgram) ? words.substr(kProgram.size()) : words;
  }
};

Called called(const CLI::App& root) {
  Called found{&root, "wakepath"};
  for (bool deeper = true; deeper;) {
    deeper = false;
    for (const CLI::App* command : found.app->get_subcommands({})) {
      if (command->parsed() || command->count_all() > 0) {
        found = {command, found.words + " " + command->get_name()};
        deeper = true;
        break;
      }
    }
  }
  return found;
}

std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') {
    text.pop_back();
  }
  std::ranges::replace(text, '\n', ' ');
  return text;
}

std::string unknown_text(const Called& at, const std::string& given) {
  if (given.starts_with('-')) {
    const std::string name = given.substr(0, given.find('='));
    return fmt::format("{} has no option '{}'{}", at.name(), name,
                       did_you_mean(name, options_of(*at.app)));
  }
  const std::vector<std::string> commands = commands_of(*at.app);
  return commands.empty() ? fmt::format("{} takes no argument '{}' here", at.name(), given)
                          : fmt::format("{} has no subcommand '{}'{}", at.name(), given,
                                        did_you_mean(given, commands));
}

// The option that CLI11's sentence is about stands before its colon.
std::string mismatch_text(const Called& at, const std::string& what) {
  const std::string name = what.substr(0, what.find(':'));
  const std::string last = name.substr(name.rfind(',') + 1);
  const CLI::Option* option = at.app->get_option_no_throw(last);
  if (option == nullptr) {
    return what;
  }
  return option->count() > 1
             ? fmt::format("{} may be given once alone", last)
             : fmt::format("{} needs a value: {} {}", last, last, option->get_type_name());
}

// A flag that was given a value, as --wakes=3, is the one thing that CLI11 itself converts.
std::string conversion_text(const Called& at, const std::string& what) {
  for (const CLI::Option* option : at.app->get_options()) {
    const std::string name = option->get_name();
    if (option->get_expected_max() == 0 && what.find(name) != std::string::npos) {
      return name + " takes no value";
    }
  }
  return what;
}

std::string text_of(const CLI::App& root, const Called& at, const CLI::ParseError& error) {
  // An option that is not known is the cause of what else is missing.
  const std::vector<std::string> unknown = root.remaining(true);
  const auto option =
      std::ranges::find_if(unknown, [](const std::string& one) { return one.starts_with('-'); });
  if (option != unknown.end()) {
    return unknown_text(at, *option);
  }
  std::string what = one_line(error.what());
  const std::string& kind = error.get_name();
  // CLI11 gives this one kind the subcommand's name in place of its own.
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !unknown.empty()) {
    return unknown_text(at, unknown.front());
  }
  if (kind == "RequiredError" && at.app == &root) {
    return fmt::format("a command is required: {}", fmt::join(commands_of(root), ", "));
  }
  if (kind == "ArgumentMismatch") {
    return mismatch_text(at, what);
  }
  if (kind == "ConversionError") {
    return conversion_text(at, what);
  }
  return what;
}

}  // namespace

Error no_such_command(const CLI::App& root, const std::string& given) {
  return {ErrorKind::usage,
          fmt::format("no subcommand '{}'{}", given, did_you_mean(given, commands_of(root))),
          "wakepath --help"};
}

Error explain(const CLI::App& root, const CLI::ParseError& error) {
  const Called at = called(root);
  return {ErrorKind::usage, text_of(root, at, error), at.words + " --help"};
}

}  // namespace wakepath::cli
