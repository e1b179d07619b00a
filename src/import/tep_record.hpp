// SPDX-License-Identifier: GPL-2.0-or-later
// One record of ftrace's ring buffer, read by the fields of its format, never beyond its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <event-parse.h>

#include "wakepath/record.hpp"

namespace wakepath::foreign {

// A field of an event, as its format describes it.
struct TepField {
  enum class Kind : std::uint8_t { missing, number, text, text_at, text_behind };
  Kind kind{Kind::missing};
  bool negative{};
  std::uint32_t offset{};
  std::uint32_t size{};
};

// One record, and where its event has which field.
class TepRecord {
 public:
  TepRecord(tep_handle& tep, Bytes bytes) : tep_(tep), bytes_(bytes) {}

  [[nodiscard]] std::uint64_t number(const TepField& field) const {
    if (field.kind != TepField::Kind::number || !holds(field.offset, field.size)) {
      return 0;
    }
    const std::uint64_t value =
        ::tep_read_number(&tep_, bytes_.data() + field.offset, static_cast<int>(field.size));
    if (!field.negative || field.size >= 8) {
      return value;
    }
    const unsigned unused = 64 - field.size * 8;
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(value << unused) >> unused);
  }
  [[nodiscard]] std::uint32_t number32(const TepField& field) const {
    return static_cast<std::uint32_t>(number(field));
  }

  [[nodiscard]] std::string_view text(const TepField& field) const {
    if (field.kind == TepField::Kind::text) {
      return text(field.offset, field.size);
    }
    if ((field.kind != TepField::Kind::text_at && field.kind != TepField::Kind::text_behind) ||
        field.size != 4 || !holds(field.offset, field.size)) {
      return {};
    }
    // __data_loc: offset from the record's start, length above it. __rel_loc (5.17): from the
    // field's end. include/trace/trace_events.h
    const std::uint64_t where = ::tep_read_number(&tep_, bytes_.data() + field.offset, 4);
    const std::uint64_t from =
        field.kind == TepField::Kind::text_behind ? field.offset + field.size : std::uint32_t{0};
    return text((where & 0xffff) + from, where >> 16U);
  }

  [[nodiscard]] bool holds(const TepField& field) const { return holds(field.offset, field.size); }

 private:
  [[nodiscard]] bool holds(std::uint64_t offset, std::uint64_t size) const {
    return offset <= bytes_.size() && size <= bytes_.size() - offset;
  }
  [[nodiscard]] std::string_view text(std::uint64_t offset, std::uint64_t size) const {
    if (!holds(offset, size)) {
      return {};
    }
    const std::string_view all(reinterpret_cast<const char*>(bytes_.data()) + offset, size);
    return all.substr(0, all.find('\0'));
  }

  tep_handle& tep_;
  Bytes bytes_;
};

// Missing where there is none.
inline TepField tep_field(const tep_format_field* found) {
  if (found == nullptr || found->offset < 0 || found->size < 0) {
    return {};
  }
  TepField field;
  field.offset = static_cast<std::uint32_t>(found->offset);
  field.size = static_cast<std::uint32_t>(found->size);
  field.negative = (found->flags & TEP_FIELD_IS_SIGNED) != 0;
  const bool number = field.size == 1 || field.size == 2 || field.size == 4 || field.size == 8;
  if ((found->flags & TEP_FIELD_IS_DYNAMIC) != 0) {
    field.kind = (found->flags & TEP_FIELD_IS_RELATIVE) != 0 ? TepField::Kind::text_behind
                                                             : TepField::Kind::text_at;
  } else if ((found->flags & TEP_FIELD_IS_ARRAY) != 0) {
    field.kind = TepField::Kind::text;
  } else {
    field.kind = number ? TepField::Kind::number : TepField::Kind::missing;
  }
  return field;
}

}  // namespace wakepath::foreign
