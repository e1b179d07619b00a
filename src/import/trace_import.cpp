// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/trace_import.hpp"

#include <utility>

#include "import/record_maker.hpp"

namespace wakepath::foreign {

namespace {

// RecordMaker keeps one sink, and each pump() may name another.
class PumpSink final : public RecordSink {
 public:
  Result<void> record(RecordView view) override { return to->record(view); }
  RecordSink* to{nullptr};
};

}  // namespace

struct TraceImport::Impl {
  std::string_view kind;
  std::unique_ptr<TraceReader> reader;
  PumpSink sink;
  RecordMaker maker;
  std::unique_ptr<TraceReader> ahead;
  std::unique_ptr<Survey> survey{std::make_unique<Survey>()};
  std::shared_ptr<const InputPart> part;
  bool over{false};
  bool broke_off{false};

  Impl(std::string_view of, std::unique_ptr<TraceReader> from, NameTable::NameOf name_of,
       std::unique_ptr<TraceReader> first)
      : kind(of),
        reader(std::move(from)),
        maker(sink, std::move(name_of)),
        ahead(std::move(first)) {}

  // A part of the first look. What can't be read is told by the second.
  void look_ahead() {
    const auto more = ahead->read(*survey);
    const bool end = !more || !*more;
    if (more && end) {
      survey->all_seen();
    }
    if (end || survey->full()) {
      ahead.reset();
      maker.foresee(std::move(survey));
    }
  }
};

TraceImport::TraceImport(std::string_view kind, std::unique_ptr<TraceReader> reader,
                         NameTable::NameOf name_of, std::unique_ptr<TraceReader> ahead)
    : impl_(std::make_unique<Impl>(kind, std::move(reader), std::move(name_of), std::move(ahead))) {
}

TraceImport::~TraceImport() = default;

void TraceImport::wait_at_most(std::uint64_t ns) { impl_->maker.wait_at_most(ns); }

// After an error of the reader the events before it stand, and their records are completed.
Result<bool> TraceImport::pump(RecordSink& sink) {
  Impl& me = *impl_;
  if (me.over) {
    return false;
  }
  if (me.ahead) {
    me.look_ahead();
    return true;
  }
  me.sink.to = &sink;
  auto more = me.reader->read(me.maker);
  if (more && *more) {
    return true;
  }
  me.over = true;
  me.broke_off = !more && more.error().kind == ErrorKind::bad_input;
  const bool of_the_reader = more || me.broke_off || more.error().kind == ErrorKind::interrupted;
  if (of_the_reader) {
    WAKEPATH_CHECK(me.maker.finish());
  }
  return more;
}

std::string_view TraceImport::kind() const { return impl_->kind; }

void TraceImport::count_in(std::shared_ptr<const InputPart> part) { impl_->part = std::move(part); }

bool TraceImport::is_truncated() const {
  return impl_->broke_off || (impl_->over && impl_->reader->is_truncated());
}

std::optional<InputPart> TraceImport::part() const {
  return impl_->part ? std::optional(*impl_->part) : std::nullopt;
}

std::vector<std::string> TraceImport::problems() const { return impl_->reader->problems(); }

std::vector<std::string> TraceImport::remarks() const { return impl_->reader->remarks(); }

}  // namespace wakepath::foreign
