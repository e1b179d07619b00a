// SPDX-License-Identifier: GPL-2.0-or-later
// libtraceevent's event-parse.c (tep_print_fields), kernel/trace/trace_output.c (print_fields).
#include "import/text/raw_body.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <system_error>

#include "import/event_kinds.hpp"
#include "import/field_specs.hpp"
#include "import/ipi_reasons.hpp"
#include "import/text/bodies.hpp"
#include "import/text/fields.hpp"
#include "record/x86_exits.hpp"

namespace wakepath::foreign::text {

namespace {

constexpr std::size_t kMostRawFields = 24;
constexpr std::string_view kArray = "ARRAY[";
constexpr std::size_t kCommBytes = WP_COMM_BYTES - 1;

// Names may hold anything, also what looks like the next field.
struct NameField {
  std::string_view key;
  std::string_view next;  // the field behind it; empty: none
};
constexpr std::array kNameFields{
    NameField{"comm", "pid"},
    NameField{"prev_comm", "prev_pid"},
    NameField{"next_comm", "next_pid"},
    NameField{"oldcomm", "newcomm"},
    NameField{"newcomm", "oom_score_adj"},
    NameField{"name", ""},
};

bool is_key_letter(char c) { return is_letter(c) || is_digit(c) || c == '_'; }

// Where the next "key=" begins, at the text's begin or behind a space; the text's end: there is
// none.
std::size_t next_key(std::string_view text) {
  for (std::size_t at = text.find('='); at != std::string_view::npos; at = text.find('=', at + 1)) {
    std::size_t begin = at;
    while (begin > 0 && is_key_letter(text[begin - 1])) {
      --begin;
    }
    if (begin < at && !is_digit(text[begin]) && (begin == 0 || text[begin - 1] == ' ')) {
      return begin;
    }
  }
  return text.size();
}

// The last of the places where a name of 15 bytes may end.
std::size_t name_end(std::string_view text, const NameField& field) {
  std::size_t end = text.size();
  if (field.next.empty()) {
    return end;
  }
  for (std::size_t at = text.find(field.next); at != std::string_view::npos;
       at = text.find(field.next, at + 1)) {
    const bool is_key =
        at > 0 && text[at - 1] == ' ' && text.substr(at + field.next.size()).starts_with('=');
    if (is_key && (at - 1 <= kCommBytes || end == text.size())) {
      end = at - 1;
    }
  }
  return end;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(" ,") - begin + 1);
}

// "13", "0xd", "-6", "0xd (13)", "process_srcu+0x0/0x30 (-80)", "ffff80007d678da8"
std::optional<std::uint64_t> number_of(std::string_view text, bool address) {
  if (text.starts_with("(nil)") || text.starts_with("(null)") || text.starts_with("(____ptrval")) {
    return 0;  // not told
  }
  const std::size_t open = text.rfind('(');
  if (text.ends_with(')') && open != std::string_view::npos) {
    text = text.substr(open + 1, text.size() - open - 2);
    address = false;
  }
  const bool negative = text.starts_with('-');
  text.remove_prefix(negative ? 1 : 0);
  const bool prefix = text.starts_with("0x");
  text.remove_prefix(prefix ? 2 : 0);
  const bool hex = prefix || address || !std::ranges::all_of(text, is_digit);
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value, hex ? 16 : 10);
  if (error != std::errc{} || rest != end) {
    return std::nullopt;
  }
  return negative ? 0 - value : value;
}

class RawFields final : public EventFields {
 public:
  RawFields(std::string_view text, const FieldSpec& spec) : spec_(spec) {
    for (std::size_t i = 0; i < kMostRawFields && !text.empty(); ++i) {
      const std::size_t equals = text.find('=');
      const std::string_view key = text.substr(0, equals);
      text.remove_prefix(equals + 1);
      const auto* const name = std::ranges::find(kNameFields, key, &NameField::key);
      const bool is_name = name != kNameFields.end();
      const std::size_t end = is_name ? name_end(text, *name) : next_key(text);
      const std::string_view value = text.substr(0, end);
      keep(key, is_name ? value : trimmed(value));
      const bool is_comm = is_name && !name->next.empty() && !value.starts_with(kArray);
      all_read_ = all_read_ && !(is_comm && value.size() > kCommBytes);
      text.remove_prefix(end);
      text.remove_prefix(next_key(text));
    }
  }

  [[nodiscard]] bool has(std::size_t field) const override { return values_[field].has_value(); }
  // No number: the event is void, and all_read() says so.
  [[nodiscard]] std::uint64_t number(std::size_t field) const override {
    if (!values_[field]) {
      return 0;
    }
    const std::string_view key = spec_.fields[field];
    const bool address = key == "hrtimer" || key == "work" || key == "function";
    const auto value = number_of(*values_[field], address);
    all_read_ = all_read_ && (value || key == "function" || key == "exit_reason");
    return value.value_or(0);
  }
  // "ARRAY[0a, 41, ...]": a name that can't be printed is not told.
  [[nodiscard]] std::string_view text(std::size_t field) const override {
    const std::string_view value = values_[field].value_or(std::string_view{});
    return value.starts_with(kArray) ? std::string_view{} : value;
  }
  [[nodiscard]] std::uint32_t cpus() const override { return 0; }

  [[nodiscard]] bool complete() const {
    std::uint32_t there = 0;
    for (std::size_t i = 0; i < values_.size(); ++i) {
      there |= values_[i] ? 1U << i : 0;
    }
    return (there & spec_.needed) == spec_.needed &&
           (spec_.one_of == 0 || (there & spec_.one_of) != 0);
  }
  [[nodiscard]] bool all_read() const { return all_read_; }

 private:
  void keep(std::string_view key, std::string_view value) {
    for (std::size_t i = 0; i < spec_.fields.size(); ++i) {
      if (spec_.fields[i] != nullptr && spec_.fields[i] == key) {
        values_[i] = value;
      }
    }
  }

  const FieldSpec& spec_;
  std::array<std::optional<std::string_view>, kMostFields> values_;
  mutable bool all_read_{true};
};

// A name, "process_srcu+0x0/0x60 (-7)", or where the tool knows none an address.
template <typename Address>
void set_function(const RawFields& in, TraceEvent& event, Address& address) {
  constexpr std::size_t kFunction = 1;
  const std::string_view text = in.text(kFunction);
  const std::string_view name = text.substr(0, text.find_first_of("+/("));
  if (!name.empty() && !number_of(name, true)) {
    event.name = name;
    address = 0;
  }
}

// Of what text tells otherwise than a record.
Body finish(const RawFields& in, TraceEvent& event) {
  switch (event.kind) {
    case WP_EVENT_IPI_RAISE:
    case WP_EVENT_IPI_ENTRY:
    case WP_EVENT_IPI_EXIT:
      event.payload.ipi.reason = ipi_reason_in(in.text(0));
      break;
    case WP_EVENT_TASK_EXIT:
      event.payload.task_exit.tgid = event.payload.task_exit.tid == event.tid ? event.tgid : 0;
      break;
    case WP_EVENT_KVM_EXIT:
      if (constexpr std::size_t kReason = 3; event.x86 && !number_of(in.text(kReason), false)) {
        const record::X86Exit known = record::x86_exit(in.text(kReason));
        event.payload.kvm_exit = {known.number, known.vendor};
      }
      break;
    case WP_EVENT_RENAME:
      return in.has(0) ? Body::event : Body::unused;  // else it can't be said whose name it is
    case WP_EVENT_HRTIMER_START:
      set_function(in, event, event.payload.hrtimer_start.function);
      break;
    case WP_EVENT_HRTIMER_EXPIRE_ENTRY:
      set_function(in, event, event.payload.hrtimer.function);
      break;
    default:
      if (is_work(event.kind)) {
        set_function(in, event, event.payload.work.function);
      }
      break;
  }
  return Body::event;
}

}  // namespace

Body raw_body(std::string_view text, TraceEvent& event) {
  constexpr std::string_view kFailed = "[FAILED TO PARSE]";
  if (text.starts_with(kFailed)) {
    text.remove_prefix(kFailed.size());
  }
  text = text.substr(std::min(text.find_first_not_of(' '), text.size()));
  const FieldSpec* const spec = field_spec(event.kind);
  if (spec == nullptr || text.empty() || next_key(text) != 0) {
    return Body::unreadable;
  }
  const RawFields fields(text, *spec);
  if (!fields.complete()) {
    return Body::unreadable;
  }
  const std::string_view comm = event.comm;
  spec->fill(fields, event);
  event.comm = comm.empty() ? event.comm : comm;
  return fields.all_read() ? finish(fields, event) : Body::unreadable;
}

}  // namespace wakepath::foreign::text
