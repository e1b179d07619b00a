// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen/screen.hpp"

#include <algorithm>
#include <utility>

#include "screen/draw.hpp"

namespace wakepath::screen {

namespace {

bool is_rows(View view) {
  return view == View::vms || view == View::vcpus || view == View::paths || view == View::cpus ||
         view == View::interrupts;
}

}  // namespace

Screen::Screen(ScreenOptions options)
    : options_(std::move(options)), model_(std::make_unique<Model>(options_.target_ns)) {}

void Screen::restart() {
  const std::uint64_t target = model_->target_ns();
  rows_.clear();
  wakes_.clear();
  gathered_ = false;
  model_ = std::make_unique<Model>(target);
}

bool Screen::is_text() const {
  const View view = state_.place().choice.view;
  return view == View::steps || view == View::why || view == View::help;
}

std::size_t Screen::count() const {
  return state_.place().choice.view == View::wakes ? wakes_.size() : rows_.size();
}

std::string Screen::id_at(std::size_t index) const {
  if (index >= count()) {
    return "";
  }
  return state_.place().choice.view == View::wakes ? std::to_string(wakes_[index]->id)
                                                   : rows_[index].id;
}

void Screen::need_rows() {
  if (!gathered_) {
    gather();
  }
}

// The chosen row is found again by its id, wherever it stands by now.
void Screen::gather() {
  Place& place = state_.place();
  gathered_ = true;
  rows_.clear();
  wakes_.clear();
  if (is_rows(place.choice.view)) {
    rows_ = rows_of(*model_, place.choice);
  } else if (place.choice.view == View::wakes) {
    wakes_ = wakes_of(*model_, place.choice);
  } else {
    return;
  }
  const std::size_t all = count();
  if (place.chosen.empty()) {
    place.index = 0;
  } else {
    for (std::size_t i = 0; i < all; ++i) {
      const bool its = place.choice.view == View::wakes
                           ? std::to_string(wakes_[i]->id) == place.chosen
                           : rows_[i].id == place.chosen;
      if (its) {
        place.index = i;
        break;
      }
    }
  }
  place.index = std::min(place.index, all == 0 ? 0 : all - 1);
}

void Screen::move_to(std::size_t index) {
  Place& place = state_.place();
  if (is_text()) {
    place.top = index;
    return;
  }
  need_rows();
  place.index = count() == 0 ? 0 : std::min(index, count() - 1);
  place.chosen = id_at(place.index);
}

void Screen::move(std::ptrdiff_t by) {
  const Place& place = state_.place();
  if (!is_text()) {
    need_rows();
  }
  const auto at = static_cast<std::ptrdiff_t>(is_text() ? place.top : place.index) + by;
  move_to(at < 0 ? 0 : static_cast<std::size_t>(at));
}

void Screen::open() {
  need_rows();
  const Place& from = state_.place();
  Place next;
  next.choice.order = from.choice.order;
  if (is_rows(from.choice.view)) {
    if (rows_.empty()) {
      return;
    }
    next.choice.scope = rows_[from.index].scope;
    next.choice.view = from.choice.view == View::vms     ? View::vcpus
                       : from.choice.view == View::vcpus ? View::paths
                                                         : View::wakes;
  } else if (from.choice.view == View::wakes) {
    return open_text(View::steps);
  } else {
    return;
  }
  state_.places.push_back(std::move(next));
  gathered_ = false;
}

void Screen::open_text(View view) {
  Place next;
  next.choice.view = view;
  if (view != View::help) {
    next.choice.scope.wake = chosen_wake();
    if (!next.choice.scope.wake) {
      state_.message = "no wake of this row is kept";
      return;
    }
  }
  state_.places.push_back(std::move(next));
  gathered_ = false;
}

void Screen::back() {
  gathered_ = false;
  if (state_.places.size() > 1) {
    state_.places.pop_back();
  } else if (!state_.place().choice.filter.empty()) {
    state_.place().choice.filter.clear();
  }
}

// The other ways to group begin anew: what was opened is left.
void Screen::show(View view) {
  Place next;
  next.choice.order = state_.place().choice.order;
  next.choice.filter = state_.places.front().choice.filter;
  const bool already = state_.places.size() == 1 && state_.place().choice.view == view;
  next.choice.view = already ? View::vcpus : view;
  state_.places.clear();
  state_.places.push_back(std::move(next));
  gathered_ = false;
}

KeptWake Screen::chosen_wake() {
  const Place& place = state_.place();
  if (place.choice.scope.wake) {
    return place.choice.scope.wake;
  }
  need_rows();
  if (place.index >= count()) {
    return nullptr;
  }
  if (place.choice.view == View::wakes) {
    return wakes_[place.index];
  }
  RowChoice choice;
  choice.view = View::wakes;
  choice.scope = rows_[place.index].scope;
  const std::vector<KeptWake> wakes = wakes_of(*model_, choice);
  return wakes.empty() ? nullptr : wakes.front();
}

Wish Screen::command(char32_t code) {
  Place& place = state_.place();
  switch (code) {
    case U'q':
      return Wish::quit;
    case U'j':
      move(1);
      break;
    case U'k':
      move(-1);
      break;
    case U'h':
      back();
      break;
    case U'l':
      open();
      break;
    case U's':
      place.choice.order =
          static_cast<Order>((static_cast<std::size_t>(place.choice.order) + 1) % kOrders);
      gathered_ = false;
      break;
    case U'v':
      show(View::vms);
      break;
    case U'c':
      show(View::cpus);
      break;
    case U'p':
      show(View::paths);
      break;
    case U'i':
      show(View::interrupts);
      break;
    case U'/':
      if (!is_text()) {
        state_.typing = Typing::filter;
        state_.typed = place.choice.filter;
      }
      break;
    case U't':
      state_.typing = Typing::target;
      state_.typed.clear();
      break;
    case U'z':
      model_->reset();
      break;
    case U'e':
      open_text(View::why);
      break;
    case U'?':
      if (place.choice.view != View::help) {
        open_text(View::help);
      }
      break;
    case U'r':
      return Wish::record;
    case U'w':
      return Wish::save;
    case U'x':
      return Wish::to_file;
    case U' ':
      if (playback_) {
        return Wish::play;
      }
      model_->pause(!model_->paused());
      break;
    case U'.':
      return Wish::step;
    case U'+':
      return Wish::faster;
    case U'-':
      return Wish::slower;
    case U']':
      return Wish::forward;
    case U'[':
      return Wish::back;
    case U'0':
      return Wish::to_begin;
    case U'G':
      return Wish::to_end;
    default:
      break;
  }
  return Wish::nothing;
}

Wish Screen::key(const Key& key) {
  state_.message.clear();
  if (key.kind == KeyKind::interrupt) {
    return Wish::quit;
  }
  if (state_.typing != Typing::nothing) {
    return typed_key(key);
  }
  const auto page = static_cast<std::ptrdiff_t>(page_);
  switch (key.kind) {
    case KeyKind::character:
      return command(key.code);
    case KeyKind::up:
    case KeyKind::wheel_up:
      move(-1);
      break;
    case KeyKind::down:
    case KeyKind::wheel_down:
      move(1);
      break;
    case KeyKind::page_up:
      move(-page);
      break;
    case KeyKind::page_down:
      move(page);
      break;
    case KeyKind::home:
      move_to(0);
      if (!is_text()) {
        state_.place().chosen.clear();  // the worst, whichever that is
      }
      break;
    case KeyKind::end:
      move_to(std::size_t{1} << 30U);
      break;
    case KeyKind::enter:
    case KeyKind::right:
      open();
      break;
    case KeyKind::left:
    case KeyKind::backspace:
    case KeyKind::escape:
      back();
      break;
    case KeyKind::interrupt:
      break;  // above
    case KeyKind::click:
      if (!is_text() && key.at.row >= table_row_ && key.at.row < table_row_ + page_) {
        const std::size_t index = state_.place().top + key.at.row - table_row_;
        const bool again = index == state_.place().index;
        move_to(index);
        if (again) {
          open();
        }
      }
      break;
  }
  return Wish::nothing;
}

Cells Screen::draw(Size size) {
  size = {std::min(size.columns, kMostSize.columns), std::min(size.rows, kMostSize.rows)};
  gather();
  Page page{*model_, state_, playback_, options_.title, options_.ascii, rows_, wakes_};
  Cells cells = draw_page(page, size);
  page_ = std::max<std::size_t>(page.shown_rows, 1);
  table_row_ = page.first_row;
  return cells;
}

}  // namespace wakepath::screen
