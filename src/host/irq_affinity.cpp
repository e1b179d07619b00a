// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/irq_affinity.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace wakepath::host {

tl::expected<IrqAffinityFile, int> IrqAffinityFile::open(const std::string& root,
                                                         std::uint32_t irq) {
  Fd at(::open((root + "/").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  for (const std::string& name : {std::string("proc"), std::string("irq"), std::to_string(irq)}) {
    if (!at) {
      return tl::unexpected(errno);
    }
    at = Fd(::openat(at.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  }
  if (!at) {
    return tl::unexpected(errno);
  }
  Fd file(::openat(at.get(), "smp_affinity_list",
                   O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) {
    return tl::unexpected(errno);
  }
  if (!S_ISREG(status.st_mode)) {
    return tl::unexpected(EINVAL);
  }
  return IrqAffinityFile(std::move(file));
}

int IrqAffinityFile::write(std::string_view cpu_list) const {
  const std::string line = std::string(cpu_list) + "\n";
  const ssize_t written = ::write(fd_.get(), line.data(), line.size());
  return written < 0 ? errno : written == static_cast<ssize_t>(line.size()) ? 0 : EPROTO;
}

}  // namespace wakepath::host
