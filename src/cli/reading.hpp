// SPDX-License-Identifier: GPL-2.0-or-later
// How a command opens what it reads.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/console.hpp"
#include "cli/interrupt.hpp"
#include "host/given_root.hpp"
#include "import/opening.hpp"
#include "wakepath/pipeline.hpp"
#include "wakepath/sources.hpp"

namespace wakepath::cli {

// As foreign::open_given_files(). Error: usage too, where standard output goes to the same file.
Result<foreign::GivenFiles> open_files_to_print(const std::string& path,
                                                const std::string& kallsyms = {});

// Gives up this process's rights (privilege::read_files_only) before the first byte is read. Errors
// as wakepath::open_input().
// `first`: what else is read, once the rights are gone.
using ReadFirst = std::function<Result<void>()>;
Result<std::unique_ptr<InputSource>> read_given(foreign::GivenFiles given,
                                                const Interrupt& interrupt,
                                                const ReadFirst& first = {});

// Both.
Result<std::unique_ptr<InputSource>> open_to_print(const std::string& path,
                                                   const std::string& kallsyms,
                                                   const Interrupt& interrupt);

// The error of a command that tells nothing of a part.
tl::unexpected<Error> not_to_its_end();

// As GivenRoot::open(). Ctrl-C ends it.
Result<host::GivenRoot> open_root(const std::string& given, const host::GivenRoot::Opened& opened);

// Hands records on, and knows whether any came.
class WatchedSink final : public RecordSink {
 public:
  // `next` must outlive it.
  explicit WatchedSink(RecordSink& next) : next_(next) {}
  Result<void> record(RecordView view) override {
    any_ = true;
    return next_.record(view);
  }
  [[nodiscard]] bool any() const { return any_; }

 private:
  RecordSink& next_;
  bool any_{false};
};

// All of it, or until Ctrl-C. bad_input: a part could not be read, and that is said. Error:
// bad_input, where that is all that there is to say.
Result<ExitCode> pump_all(InputSource& source, RecordSink& sink, const Interrupt& interrupt,
                          Console& console, ReadProgress& progress);

// What is to be said of the input when it was read, with `file` before it. Returns bad_input where
// something of it could not be read, else `code`.
ExitCode tell_of_input(const InputSource& source, const std::string& file, ExitCode code,
                       Console& console);

// bad_input where records are damaged, or stand there twice: the pipeline has told that in a
// notice.
ExitCode code_of_records(const Summary& summary);

// Both, for a command that shows nothing before it knows the whole. Errors: interrupted, for
// nothing can be told of a part that somebody else chose. `progress`: of more inputs than this;
// null: it has its own.
Result<ExitCode> read_to_end(InputSource& source, RecordSink& sink, const std::string& file,
                             const Interrupt& interrupt, Console& console,
                             ReadProgress* progress = nullptr);

// Why the end of what was read is not that of the input.
Partial partial_of(const InputSource& source, const Interrupt& interrupt);

// The end of the pipeline: its summary says how far the input was read. Errors: the pipeline's.
Result<Summary> finish(Pipeline& pipeline, const InputSource& source, const Interrupt& interrupt);
// After read_to_end(). Errors: interrupted too.
Result<Summary> finish_whole(Pipeline& pipeline, const InputSource& source,
                             const Interrupt& interrupt);

}  // namespace wakepath::cli
