// SPDX-License-Identifier: GPL-2.0-or-later
// The host's settings that stand in a recording.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "wakepath/facts.hpp"
#include "wakepath/record.hpp"

namespace wakepath::cli {

// The content by the file's name below the root: "proc/cmdline".
using Settings = std::map<std::string, std::string>;

// Passes the records on, and keeps the settings among them whose names begin with `prefix`. Files
// of several records are left out.
class SettingsTap final : public RecordSink {
 public:
  SettingsTap(RecordSink& next, Settings& settings, std::string prefix = {})
      : next_(next), settings_(settings), prefix_(std::move(prefix)) {}

  Result<void> record(RecordView view) override {
    if (view.type() == WP_RECORD_FACT) {
      if (const auto fact = decode_fact(view)) {
        if (const auto* file = std::get_if<HostFileFact>(&*fact);
            file != nullptr && file->type == WP_HOST_FILE && file->records <= 1 &&
            file->name.starts_with(prefix_)) {
          std::string text;
          for (const std::string& piece : file->pieces) {
            text += piece;
          }
          settings_[file->name] = std::move(text);
        }
      }
    }
    return next_.record(view);
  }

 private:
  RecordSink& next_;
  Settings& settings_;
  std::string prefix_;
};

}  // namespace wakepath::cli
