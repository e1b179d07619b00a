// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/bpf/kernel_btf.hpp"

#include <cstring>
#include <fstream>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include <bpf/btf.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "capture/catalogue.hpp"

namespace wakepath::capture {

namespace {

struct FreeBtf {
  void operator()(btf* types) const { btf__free(types); }
};
using Btf = std::unique_ptr<btf, FreeBtf>;

constexpr std::string_view kPrefix = "btf_trace_";

const btf_type* skip_modifiers(const btf* types, std::uint32_t id) {
  const btf_type* type = btf__type_by_id(types, id);
  while (type != nullptr && (btf_is_mod(type) || btf_is_typedef(type))) {
    type = btf__type_by_id(types, type->type);
  }
  return type;
}

Argument argument_kind(const btf* types, std::uint32_t id) {
  const btf_type* type = skip_modifiers(types, id);
  if (type == nullptr) {
    return Argument::other;
  }
  if (btf_is_ptr(type)) {
    return Argument::pointer;
  }
  const bool number = btf_is_int(type) || btf_is_any_enum(type);
  return number ? Argument::integer : Argument::other;
}

// typedef void (*btf_trace_NAME)(void *, arguments...)
std::optional<std::vector<Argument>> arguments_of(const btf* types, const btf_type* alias) {
  const btf_type* pointer = skip_modifiers(types, alias->type);
  if (pointer == nullptr || !btf_is_ptr(pointer)) {
    return std::nullopt;
  }
  const btf_type* function = skip_modifiers(types, pointer->type);
  if (function == nullptr || !btf_is_func_proto(function)) {
    return std::nullopt;
  }
  std::vector<Argument> arguments;
  const btf_param* params = btf_params(function);
  for (std::uint16_t i = 1; i < btf_vlen(function); ++i) {
    arguments.push_back(argument_kind(types, params[i].type));
  }
  return arguments;
}

struct Member {
  std::uint64_t bits;  // from the start of the type it was looked for in
  const btf_type* type;
};

std::optional<Member> find_member(const btf* types, const btf_type* type, std::string_view name) {
  if (type == nullptr || !btf_is_composite(type)) {
    return std::nullopt;
  }
  const btf_member* members = btf_members(type);
  for (std::uint32_t i = 0; i < btf_vlen(type); ++i) {
    const std::string_view own = btf__name_by_offset(types, members[i].name_off);
    const Member here{btf_member_bit_offset(type, i), skip_modifiers(types, members[i].type)};
    if (own == name) {
      return here;
    }
    if (own.empty()) {
      if (const auto inside = find_member(types, here.type, name)) {
        return Member{here.bits + inside->bits, inside->type};
      }
    }
  }
  return std::nullopt;
}

// In bytes.
std::optional<std::uint64_t> member_offset(const btf* types, const btf_type* type,
                                           std::initializer_list<std::string_view> path) {
  std::uint64_t bits = 0;
  for (const std::string_view name : path) {
    const auto member = find_member(types, type, name);
    if (!member) {
      return std::nullopt;
    }
    bits += member->bits;
    type = member->type;
  }
  return bits / 8;
}

bool has_value(const btf* types, const btf_type* enumeration, std::string_view name) {
  const auto* values = btf_enum(enumeration);
  for (std::uint16_t i = 0; i < btf_vlen(enumeration); ++i) {
    if (btf__name_by_offset(types, values[i].name_off) == name) {
      return true;
    }
  }
  return false;
}

// Distances between variables of one per-CPU section are the same on every CPU.
void scan_per_cpu(const btf* types, const btf_type* section, Features& out) {
  std::optional<std::int64_t> queue, count;
  const btf_var_secinfo* variables = btf_var_secinfos(section);
  for (std::uint32_t i = 0; i < btf_vlen(section); ++i) {
    const btf_type* variable = btf__type_by_id(types, variables[i].type);
    const std::string_view name = btf__name_by_offset(types, variable->name_off);
    if (name == "runqueues") {
      queue = variables[i].offset;
    } else if (name == "__preempt_count") {
      count = variables[i].offset;
    } else if (name == "pcpu_hot") {
      const auto inside =
          member_offset(types, skip_modifiers(types, variable->type), {"preempt_count"});
      if (inside) {
        count = std::int64_t{variables[i].offset} + static_cast<std::int64_t>(*inside);
      }
    }
  }
  if (queue && count) {
    out.preempt_count_from_rq = *count - *queue;
  }
}

// From 6.17 on kvm_vcpu_kick() is an inline function around __kvm_vcpu_kick().
constexpr std::string_view kNewKick = "__kvm_vcpu_kick";
bool is_kick(std::string_view name) { return name == kVcpuKick || name == kNewKick; }

// From id `first` on: the types of a module follow those of vmlinux.
void scan(const btf* types, std::uint32_t first, bool module, Features& out) {
  const std::uint32_t count = btf__type_cnt(types);
  for (std::uint32_t id = first; id < count; ++id) {
    const btf_type* type = btf__type_by_id(types, id);
    const char* text = btf__name_by_offset(types, type->name_off);
    if (text == nullptr) {
      continue;
    }
    const std::string_view name(text);
    if (btf_is_typedef(type) && name.starts_with(kPrefix)) {
      const std::string_view tracepoint = name.substr(kPrefix.size());
      if (find_tracepoint(tracepoint) != nullptr) {
        out.tracepoints[std::string(tracepoint)] = {module, arguments_of(types, type)};
      }
    } else if (btf_is_struct(type) && name == "kvm_vcpu") {
      out.has_vcpu_layout = true;
      if (const auto offset = member_offset(types, type, {"arch", "timer_cpu", "bg_timer"})) {
        out.bg_timer_offset = offset;
      }
    } else if (btf_is_func(type) && is_kick(name) && out.kick_function != kNewKick) {
      out.kick_function = name;
    } else if (btf_is_datasec(type) && name == ".data..percpu") {
      scan_per_cpu(types, type, out);
    } else if (btf_is_enum(type) && name == "bpf_func_id") {
      out.names_functions = has_value(types, type, "BPF_FUNC_snprintf");
    } else if (btf_is_struct(type) && name == "bpf_prog_stats") {
      out.has_recursion_misses = member_offset(types, type, {"misses"}).has_value();
    }
  }
}

// A module without BTF (before 5.11): the names at least stand in kallsyms, also where addresses do
// not.
void scan_module_symbols(Features& out) {
  constexpr std::string_view prefix = "__tracepoint_";
  std::ifstream symbols("/proc/kallsyms");
  for (std::string line; std::getline(symbols, line);) {
    const std::size_t at = line.find(prefix);
    if (at == std::string::npos || !line.ends_with("[kvm]")) {
      continue;
    }
    const std::size_t begin = at + prefix.size();
    const std::string name = line.substr(begin, line.find_first_of(" \t", begin) - begin);
    if (const Tracepoint* found = find_tracepoint(name); found != nullptr && found->of_kvm) {
      out.tracepoints.try_emplace(name, TracepointShape{true, std::nullopt});
    }
  }
}

}  // namespace

Result<Features> probe_features() {
  const Btf vmlinux(btf__parse(kVmlinuxBtf, nullptr));
  if (!vmlinux) {
    return fail(
        ErrorKind::unsupported,
        std::string("this kernel has no BTF (") + kVmlinuxBtf + ": " + std::strerror(errno) + ")",
        "run a kernel that was built with CONFIG_DEBUG_INFO_BTF=y");
  }
  Features features;
  utsname names{};
  ::uname(&names);
  features.architecture = names.machine;
  scan(vmlinux.get(), 1, false, features);
  if (!features.tracepoints.contains("kvm_entry")) {
    if (const Btf kvm{btf__parse_split("/sys/kernel/btf/kvm", vmlinux.get())}) {
      scan(kvm.get(), btf__type_cnt(vmlinux.get()), true, features);
    } else {
      scan_module_symbols(features);
    }
  }
  if (::access("/sys/bus/event_source/devices/kprobe/type", R_OK) != 0) {
    features.kick_function.clear();
  }
  return features;
}

}  // namespace wakepath::capture
