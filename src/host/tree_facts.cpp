// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/tree_facts.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

namespace wakepath::host {

namespace {

// The room in a fact's record (facts.hpp).
constexpr std::size_t kPiece = 4096;
constexpr std::size_t kPieces = 14;
// A file is kept in memory until it is written. Only /proc/interrupts of a huge host comes near
// this.
constexpr std::size_t kMostHostBytes = std::size_t{64} << 20;

class TreeFacts final : public SnapshotSink {
 public:
  Result<void> file(const std::string& name, const std::string& content, unsigned mode) override {
    if (content.size() > kMostHostBytes - std::min(bytes_, kMostHostBytes)) {
      ++left_out_;
      return {};
    }
    bytes_ += content.size();
    constexpr std::size_t kInOne = kPiece * kPieces;
    const std::size_t count = std::max<std::size_t>((content.size() + kInOne - 1) / kInOne, 1);
    std::string_view rest = content;
    for (std::size_t which = 0; which < count; ++which) {
      HostFileFact fact{WP_HOST_FILE, mode, which, count, name, {}};
      for (std::size_t i = 0; i < kPieces && !rest.empty(); ++i) {
        fact.pieces.emplace_back(rest.substr(0, kPiece));
        rest.remove_prefix(fact.pieces.back().size());
      }
      facts_.emplace_back(std::move(fact));
    }
    return {};
  }
  Result<void> link(const std::string& name, const std::string& target) override {
    facts_.emplace_back(HostFileFact{WP_HOST_LINK, 0, 0, 0, name, {target}});
    return {};
  }
  Result<void> directory(const std::string& name) override {
    facts_.emplace_back(HostFileFact{WP_HOST_DIRECTORY, 0, 0, 0, name, {}});
    return {};
  }

  std::vector<Fact> take() {
    if (left_out_ != 0) {
      facts_.emplace_back(
          NoticeFact{WP_ADVICE_OTHER, 0,
                     fmt::format("{} of the host's settings are too large to be recorded: "
                                 "wakepath irqs --snapshot has room for them",
                                 left_out_)});
    }
    return std::move(facts_);
  }

 private:
  std::vector<Fact> facts_;
  std::size_t bytes_{0};
  std::size_t left_out_{0};
};

}  // namespace

std::vector<Fact> tree_facts(const std::string& root) {
  TreeFacts facts;
  static_cast<void>(take_snapshot(root, facts, [] { return true; }));
  return facts.take();
}

std::vector<Fact> read_tree_facts() {
  // Nobody waits for this reading, and others need this CPU.
  constexpr int kLast = 19;
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kLast);
  return tree_facts("");
}

Result<void> TreeFactsReader::record(RecordView view) {
  if (view.type() == WP_RECORD_FACT && load<wp_fact>(view.bytes()).kind == WP_FACT_HOST_FILE) {
    const auto fact = decode_fact(view);
    if (const auto* file = fact ? std::get_if<HostFileFact>(&*fact) : nullptr) {
      WAKEPATH_CHECK(take(*file));
    }
  }
  return next_.record(view);
}

Result<void> TreeFactsReader::take(const HostFileFact& fact) {
  if (!tree_) {
    auto tree = TreeCopy::create();
    if (!tree) {
      return tl::unexpected(tree.error());
    }
    tree_ = std::move(*tree);
  }
  switch (fact.type) {
    case WP_HOST_DIRECTORY:
      return tree_->directory(fact.name);
    case WP_HOST_LINK:
      return tree_->link(fact.name, fact.pieces.empty() ? std::string() : fact.pieces[0]);
    case WP_HOST_FILE:
      return take_file(fact);
  }
  return {};
}

Result<void> TreeFactsReader::take_file(const HostFileFact& fact) {
  if (fact.name != file_.name) {
    if (file_.is_incomplete() && incomplete_++ == 0) {
      first_incomplete_ = file_.name;
    }
    file_ = {fact.name, fact.records};
  }
  if (fact.record < file_.next) {
    return {};  // a damaged dump may hold it twice
  }
  // A file with a missing record is not used: half a list of CPUs is another list.
  file_.broken = file_.broken || fact.record != file_.next || fact.records != file_.records ||
                 file_.content.size() > kMostHostBytes;
  if (file_.broken) {
    file_.content = {};
    return {};
  }
  ++file_.next;
  for (const std::string& piece : fact.pieces) {
    file_.content += piece;
  }
  // The first recordings do not have the number of records. In them a record that is not full is
  // the last.
  file_.whole = file_.records == 0 ? fact.pieces.size() < kPieces : file_.next == file_.records;
  if (!file_.whole) {
    return {};
  }
  const std::string content = std::exchange(file_.content, {});
  return tree_->file(file_.name, content, fact.mode);
}

std::size_t TreeFactsReader::left_out() const {
  return (tree_ ? tree_->left_out() : 0) + incomplete_ + (file_.is_incomplete() ? 1 : 0);
}

std::vector<std::string> TreeFactsReader::left_out_names() const {
  std::vector<std::string> names = tree_ ? tree_->left_out_names() : std::vector<std::string>{};
  if (incomplete_ != 0) {
    names.push_back(first_incomplete_);
  }
  if (file_.is_incomplete()) {
    names.push_back(file_.name);
  }
  return names;
}

}  // namespace wakepath::host
