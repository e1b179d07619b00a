// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "import/opening.hpp"
#include "util/fd.hpp"
#include "wakepath/result.hpp"

namespace wakepath::cli {

// The files that were given, so that they can be read once more from their begin: by then nothing
// may be opened.
class GivenAgain {
 public:
  explicit GivenAgain(const foreign::GivenFiles& given);

  // Nothing else may read them. Error: usage, of a pipe.
  Result<foreign::GivenFiles> from_begin();

 private:
  std::string path_, kallsyms_path_;
  Fd file_, again_, kallsyms_;
};

}  // namespace wakepath::cli
