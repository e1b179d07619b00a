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
      Fact& fact = add(WP_HOST_FILE, name, mode);
      fact.value[2] = which;
      fact.value[3] = count;
      for (std::size_t i = 0; i < kPieces && !rest.empty(); ++i) {
        fact.strings.emplace_back(rest.substr(0, kPiece));
        rest.remove_prefix(fact.strings.back().size());
      }
    }
    return {};
  }
  Result<void> link(const std::string& name, const std::string& target) override {
    add(WP_HOST_LINK, name, 0).strings.push_back(target);
    return {};
  }
  Result<void> directory(const std::string& name) override {
    add(WP_HOST_DIRECTORY, name, 0);
    return {};
  }

  std::vector<Fact> take() {
    if (left_out_ != 0) {
      facts_.push_back({WP_FACT_NOTICE,
                        {WP_ADVICE_OTHER},
                        {fmt::format("{} of the host's settings are too large to be recorded: "
                                     "wakepath irqs --snapshot has room for them",
                                     left_out_)}});
    }
    return std::move(facts_);
  }

 private:
  Fact& add(wp_host_file kind, const std::string& name, unsigned mode) {
    return facts_.emplace_back(Fact{WP_FACT_HOST_FILE, {kind, mode}, {name}});
  }

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
    if (const auto fact = decode_fact(view)) {
      if (auto done = take(*fact); !done) {
        return done;
      }
    }
  }
  return next_.record(view);
}

Result<void> TreeFactsReader::take(const Fact& fact) {
  if (!tree_) {
    auto tree = TreeCopy::create();
    if (!tree) {
      return tl::unexpected(tree.error());
    }
    tree_ = std::move(*tree);
  }
  const std::string& name = fact.text(0);
  switch (fact.value[0]) {
    case WP_HOST_DIRECTORY:
      return tree_->directory(name);
    case WP_HOST_LINK:
      return tree_->link(name, fact.text(1));
    case WP_HOST_FILE:
      return take_file(fact);
    default:
      return {};
  }
}

Result<void> TreeFactsReader::take_file(const Fact& fact) {
  if (fact.text(0) != file_.name) {
    incomplete_ += file_.is_incomplete() ? 1U : 0U;
    file_ = {fact.text(0), fact.value[3]};
  }
  if (fact.value[2] < file_.next) {
    return {};  // a damaged dump may hold it twice
  }
  // A file with a missing record is not used: half a list of CPUs is another list.
  file_.broken = file_.broken || fact.value[2] != file_.next || fact.value[3] != file_.records ||
                 file_.content.size() > kMostHostBytes;
  if (file_.broken) {
    file_.content = {};
    return {};
  }
  ++file_.next;
  for (std::size_t i = 1; i < fact.strings.size(); ++i) {
    file_.content += fact.strings[i];
  }
  // The first recordings do not have the number of records. In them a record that is not full is
  // the last.
  file_.whole = file_.records == 0 ? fact.strings.size() <= kPieces : file_.next == file_.records;
  if (!file_.whole) {
    return {};
  }
  const std::string content = std::exchange(file_.content, {});
  return tree_->file(file_.name, content, static_cast<unsigned>(fact.value[1]));
}

std::size_t TreeFactsReader::left_out() const {
  return (tree_ ? tree_->left_out() : 0) + incomplete_ + (file_.is_incomplete() ? 1 : 0);
}

}  // namespace wakepath::host
