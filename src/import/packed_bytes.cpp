// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/packed_bytes.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "import/unpacked_bytes.hpp"
#include "import/unpacker.hpp"
#include "util/escape.hpp"

#ifdef WAKEPATH_LIBARCHIVE
#include <archive.h>
#include <archive_entry.h>
#endif

namespace wakepath::foreign {

std::string_view unpacker_of(std::string_view first_bytes) {
  struct Kind {
    std::string_view magic;
    std::string_view program;
  };
  constexpr std::array kKinds{
      Kind{"\x1f\x8b", "zcat"},
      Kind{"BZh", "bzcat"},
      Kind{"\xfd"
           "7zXZ",
           "xzcat"},
      Kind{"\x28\xb5\x2f\xfd", "zstdcat"},
      Kind{"\x04\x22\x4d\x18", "lz4cat"},
  };
  for (const Kind& kind : kKinds) {
    if (first_bytes.starts_with(kind.magic)) {
      return kind.program;
    }
  }
  return {};
}

#ifdef WAKEPATH_LIBARCHIVE

namespace {

constexpr std::size_t kPackedAtOnce = std::size_t{256} * 1024;

}  // namespace

struct PackedBytes::Impl {
  std::unique_ptr<ByteSource> packed;
  std::string name;
  std::vector<char> buffer = std::vector<char>(kPackedAtOnce);
  std::optional<Error> unreadable;  // of `packed` itself
  UnpackLimits limits;
  bool at_end{false};  // of `packed`
  std::uint64_t taken{0};
  std::uint64_t given{0};
  std::string_view block;  // unpacked, to hand over
  archive* reader{::archive_read_new()};

  Impl(std::unique_ptr<ByteSource> from, std::string of, UnpackLimits most)
      : packed(std::move(from)), name(std::move(of)), limits(most) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { ::archive_read_free(reader); }

  static la_ssize_t more(archive* of, void* me, const void** bytes) {
    Impl& self = *static_cast<Impl*>(me);
    const auto got = self.packed->read(self.buffer);
    if (!got) {
      self.unreadable = got.error();
      ::archive_set_error(of, EIO, "it can't be read");
      return -1;
    }
    self.at_end = *got == 0;
    self.taken += *got;
    *bytes = self.buffer.data();
    return static_cast<la_ssize_t>(*got);
  }

  [[nodiscard]] bool begin() {
    archive_entry* entry = nullptr;
    return ::archive_read_support_filter_gzip(reader) >= ARCHIVE_WARN &&
           ::archive_read_support_filter_bzip2(reader) >= ARCHIVE_WARN &&
           ::archive_read_support_filter_xz(reader) >= ARCHIVE_WARN &&
           ::archive_read_support_filter_zstd(reader) >= ARCHIVE_WARN &&
           ::archive_read_support_filter_lz4(reader) >= ARCHIVE_WARN &&
           ::archive_read_support_format_raw(reader) == ARCHIVE_OK &&
           ::archive_read_support_format_empty(reader) == ARCHIVE_OK &&
           ::archive_read_open(reader, this, nullptr, more, nullptr) == ARCHIVE_OK &&
           ::archive_read_next_header(reader, &entry) >= ARCHIVE_WARN &&
           ::archive_filter_code(reader, 0) != ARCHIVE_FILTER_NONE;
  }

  // The library says of some kinds that they are truncated. Of the others it wants more where
  // nothing is left, or does not know them by so little.
  [[nodiscard]] tl::unexpected<Error> failed() const {
    if (unreadable) {
      return tl::unexpected(*unreadable);
    }
    const char* const words = ::archive_error_string(reader);
    const std::string why = words == nullptr ? "" : escape_terminal(words);
    constexpr std::uint64_t kLeastBytes = 64;
    const bool known = ::archive_filter_code(reader, 0) != ARCHIVE_FILTER_NONE;
    const bool cut =
        taken < kLeastBytes || (known && (at_end || why.find("runcated") != std::string::npos));
    return fail(
        ErrorKind::bad_input,
        fmt::format("{} is {} and can't be unpacked to its end{}", escape_terminal(name),
                    cut ? "cut off (truncated)" : "damaged", cut || why.empty() ? "" : ": " + why));
  }
};

Result<std::unique_ptr<ByteSource>> PackedBytes::open(std::unique_ptr<ByteSource> packed,
                                                      std::string_view unpacker, std::string name,
                                                      UnpackLimits limits) {
  if (auto known = make_unpacker(unpacker)) {
    return std::unique_ptr<ByteSource>(std::make_unique<UnpackedBytes>(
        std::move(packed), std::move(known), std::move(name), limits));
  }
  auto impl = std::make_unique<Impl>(std::move(packed), std::move(name), limits);
  if (!impl->begin()) {
    return impl->failed();
  }
  return std::unique_ptr<ByteSource>(new PackedBytes(std::move(impl)));
}

Result<std::size_t> PackedBytes::read(std::span<char> out) {
  Impl& me = *impl_;
  if (me.block.empty()) {
    // Block by block: a call for more would throw away those before one that can't be unpacked.
    const void* bytes = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int status = ::archive_read_data_block(me.reader, &bytes, &size, &offset);
    if (status == ARCHIVE_EOF) {
      return std::size_t{0};
    }
    if (status < ARCHIVE_WARN || size == 0) {
      return me.failed();
    }
    me.block = {static_cast<const char*>(bytes), size};
  }
  const std::size_t got = std::min(out.size(), me.block.size());
  std::copy_n(me.block.begin(), got, out.begin());
  me.block.remove_prefix(got);
  me.given += got;
  if (is_bomb(me.limits, me.given, me.taken)) {
    return bomb_error(me.limits, me.name);
  }
  return got;
}

bool PackedBytes::waits(int milliseconds) const {
  return impl_->block.empty() && impl_->packed->waits(milliseconds);
}

#else

struct PackedBytes::Impl {};

Result<std::unique_ptr<ByteSource>> PackedBytes::open(std::unique_ptr<ByteSource> packed,
                                                      std::string_view unpacker, std::string name,
                                                      UnpackLimits limits) {
  if (auto known = make_unpacker(unpacker)) {
    return std::unique_ptr<ByteSource>(std::make_unique<UnpackedBytes>(
        std::move(packed), std::move(known), std::move(name), limits));
  }
  return fail(ErrorKind::unsupported,
              escape_terminal(name) + " is packed, and this wakepath was built without libarchive",
              fmt::format("{} FILE | wakepath replay -", unpacker));
}

Result<std::size_t> PackedBytes::read(std::span<char> /*out*/) { return std::size_t{0}; }
bool PackedBytes::waits(int /*milliseconds*/) const { return false; }

#endif

PackedBytes::PackedBytes(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PackedBytes::~PackedBytes() = default;

}  // namespace wakepath::foreign
