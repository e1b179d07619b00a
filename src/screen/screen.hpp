// SPDX-License-Identifier: GPL-2.0-or-later
// The screen of `live` and `replay --screen`, without a terminal: a stream and keys go in, cells
// come out. The same stream, keys and size give the same cells.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "screen/cells.hpp"
#include "screen/key.hpp"
#include "screen/model.hpp"
#include "screen/state.hpp"

namespace wakepath::screen {

// Of a recording that is played.
struct Playback {
  bool playing{};
  bool ended{};
  double speed{1};
  std::uint64_t at_ns{};  // from the begin on
};

struct ScreenOptions {
  std::string title{"wakepath live"};
  std::uint64_t target_ns{200'000};
  bool ascii{false};
};

class Screen {
 public:
  explicit Screen(ScreenOptions options);

  Model& model() { return *model_; }
  [[nodiscard]] const Model& model() const { return *model_; }
  Wish key(const Key& key);
  // The wake that is chosen, or that the chosen row has as its slowest.
  [[nodiscard]] KeptWake chosen_wake();
  // Until the next key. Escaped where it is drawn.
  void say(std::string message) { state_.message = std::move(message); }
  void set_playback(const Playback& playback) { playback_ = playback; }
  // The stream begins anew: what the user looks at stays.
  void restart();

  // At sizes that are too small it says so.
  Cells draw(Size size);

 private:
  Wish command(char32_t code);
  Wish typed_key(const Key& key);
  void finish_typing();
  void move(std::ptrdiff_t by);
  void move_to(std::size_t index);
  void open();
  void open_text(View view);
  void back();
  void show(View view);
  void gather();
  // As they were drawn: the user chose among those.
  void need_rows();
  [[nodiscard]] std::size_t count() const;
  [[nodiscard]] std::string id_at(std::size_t index) const;
  [[nodiscard]] bool is_text() const;

  ScreenOptions options_;
  std::unique_ptr<Model> model_;
  State state_;
  std::optional<Playback> playback_;
  std::size_t page_{10};  // rows of the table as it was last drawn
  std::size_t table_row_{4};
  // Of the view, as of the last look.
  bool gathered_{false};
  std::vector<Row> rows_;
  std::vector<KeptWake> wakes_;
};

}  // namespace wakepath::screen
