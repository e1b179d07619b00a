// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/bpf/bpf_session.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include "capture/bpf/bpf_atomics.hpp"
#include "capture/bpf/bpf_log.hpp"
#include "capture/privileges.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include "wakepath.skel.h"
#pragma GCC diagnostic pop

namespace wakepath::capture {

namespace {

struct DestroySkeleton {
  void operator()(wakepath_bpf* skeleton) const { wakepath_bpf__destroy(skeleton); }
};
struct DestroyLink {
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};
using Skeleton = std::unique_ptr<wakepath_bpf, DestroySkeleton>;
using Link = std::unique_ptr<bpf_link, DestroyLink>;

struct Program {
  const PlannedEvent* event;
  bpf_program* program;
};

tl::unexpected<Error> load_error(int error, const BpfLog& log) {
  const std::string program = log.refused_program();
  const std::string what = program.empty() ? "the BPF programs" : "the BPF program " + program;
  if (error == EPERM) {
    return fail(ErrorKind::not_permitted, "the kernel does not let us load " + what,
                permission_fix());
  }
  const std::string detail = log.last_lines();
  return fail(ErrorKind::unsupported,
              "this kernel refused " + what + " (" + std::strerror(error) +
                  (detail.empty() ? ")" : "): " + detail),
              "please report this with the output of the same command under WAKEPATH_DEBUG=1");
}

// Over all tasks, once; what the program wrote.
Result<std::vector<std::byte>> run_iterator(const bpf_program* program) {
  const BpfLog log;
  const Link link(bpf_program__attach_iter(program, nullptr));
  if (!link) {
    return load_error(errno, log);
  }
  const Fd iterator(bpf_iter_create(bpf_link__fd(link.get())));
  if (!iterator) {
    return load_error(errno, log);
  }
  std::array<std::byte, 4096> buffer{};
  std::vector<std::byte> bytes;
  for (;;) {
    const ssize_t got = ::read(iterator.get(), buffer.data(), buffer.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
      continue;
    }
    if (got < 0) {
      return load_error(errno, log);
    }
    if (got == 0) {
      return bytes;
    }
    bytes.insert(bytes.end(), buffer.begin(), buffer.begin() + got);
  }
}

bpf_prog_info info_of(const bpf_program* program) {
  bpf_prog_info info{};
  std::uint32_t size = sizeof(info);
  if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) != 0) {
    return {};
  }
  return info;
}

}  // namespace

struct BpfSession::Impl {
  AttachPlan plan;
  Skeleton skeleton;
  std::vector<Program> programs;
  std::optional<AllRings> rings;
  std::vector<Link> links;
  Fd stats;
  std::uint32_t cpus{};
  bool has_event_rings{};
  RingLayout layout;

  void set_constants(const SessionOptions& options);
  Result<void> load_programs(const RingSizes& sizes);
  [[nodiscard]] std::array<bpf_map*, WP_RING_NODES> chunk_maps() const;
  void wait_for_programs();
};

void BpfSession::Impl::set_constants(const SessionOptions& options) {
  const ProgramConstants& known = plan.constants;
  auto* constants = skeleton->rodata;
  constants->switch_state_arg = known.switch_state_arg;
  constants->work_end_has_function = known.work_end_has_function ? 1 : 0;
  constants->kvm_exit_has_reason = known.kvm_exit_has_reason ? 1 : 0;
  constants->kvm_exit_has_class = known.kvm_exit_has_class ? 1 : 0;
  constants->kvm_entry_has_pc = known.kvm_entry_has_pc ? 1 : 0;
  constants->every_kvm_event = known.every_kvm_event ? 1 : 0;
  constants->user_exits_seen = known.user_exits_seen ? 1 : 0;
  constants->cpus_possible = options.cpus_possible;
  constants->preempt_count_from_rq = known.preempt_count_from_rq;
  constants->ring_nodes = static_cast<std::uint32_t>(layout.arrays.size());
}

std::array<bpf_map*, WP_RING_NODES> BpfSession::Impl::chunk_maps() const {
  const auto& maps = skeleton->maps;
  return {maps.event_chunks_0, maps.event_chunks_1, maps.event_chunks_2, maps.event_chunks_3,
          maps.event_chunks_4, maps.event_chunks_5, maps.event_chunks_6, maps.event_chunks_7};
}

Result<void> BpfSession::Impl::load_programs(const RingSizes& sizes) {
  for (const PlannedEvent& event : plan.events) {
    if (!event.enabled) {
      continue;
    }
    const std::string name =
        (event.via == Via::raw_tp ? "raw_" : "") + std::string(event.tracepoint->name);
    bpf_program* program = bpf_object__find_program_by_name(skeleton->obj, name.c_str());
    if (program == nullptr) {
      return fail(ErrorKind::bug, "no BPF program " + name);
    }
    bpf_program__set_autoload(program, true);
    if (!has_event_rings && !replace_fetching_atomics(program)) {
      return fail(ErrorKind::unsupported, "no memory for the BPF program " + name);
    }
    programs.push_back({&event, program});
  }
  bpf_program__set_autoload(skeleton->progs.find_vcpus, true);
  bpf_program__set_autoload(skeleton->progs.find_preempt_counts,
                            plan.constants.preempt_count_from_rq != 0);
  for (std::size_t i = 0; has_event_rings && i < layout.arrays.size(); ++i) {
    bpf_map__set_max_entries(chunk_maps()[i], layout.arrays[i].chunks);
    bpf_map__set_numa_node(chunk_maps()[i], layout.arrays[i].numa_node);
  }
  bpf_map__set_max_entries(skeleton->maps.side_rings, cpus);
  const BpfLog log;
  const int error = wakepath_bpf__load(skeleton.get());
  if (error == -ENOMEM && log.refused_program().empty()) {
    return no_ring(ENOMEM, sizes.events);
  }
  if (error != 0) {
    return load_error(-error, log);
  }
  return {};
}

// Programs that were running when their tracepoint was detached go on, on a preemptible kernel as
// long as others keep them off their CPU, and have something to count still. An update of a map of
// maps, be it with what it holds already, returns when all of them have ended
// (maybe_wait_bpf_programs() in kernel/bpf/syscall.c, 5.10 as 7.2).
void BpfSession::Impl::wait_for_programs() {
  if (!rings->each().empty()) {
    const CpuRings& first = rings->each().front();
    const std::uint32_t cpu = first.cpu;
    const int fd = first.side.map();
    bpf_map_update_elem(bpf_map__fd(skeleton->maps.side_rings), &cpu, &fd, BPF_ANY);
  }
}

BpfSession::BpfSession(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
BpfSession::~BpfSession() = default;

Result<std::unique_ptr<BpfSession>> BpfSession::load(const AttachPlan& plan,
                                                     const SessionOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->plan = plan;
  impl->cpus = options.cpus_possible;
  impl->has_event_rings = has_fetching_atomics();
  impl->layout = lay_out_rings(options.cpus, options.ring_bytes.events, numa_node);
  {
    const BpfLog log;
    impl->skeleton.reset(wakepath_bpf__open());
    if (!impl->skeleton) {
      return load_error(errno, log);
    }
  }
  impl->set_constants(options);
  if (auto done = impl->load_programs(options.ring_bytes); !done) {
    return tl::unexpected(done.error());
  }
  auto rings = AllRings::make({impl->chunk_maps(), impl->skeleton->maps.side_rings,
                               impl->skeleton->bss->counters, impl->has_event_rings},
                              impl->layout, options.ring_bytes);
  if (!rings) {
    return tl::unexpected(rings.error());
  }
  impl->rings = std::move(*rings);
  if (options.program_stats) {
    impl->stats = Fd(bpf_enable_stats(BPF_STATS_RUN_TIME));
    if (!impl->stats) {
      return fail(
          ErrorKind::not_permitted,
          std::string("the kernel does not let us count program runs: ") + std::strerror(errno),
          permission_fix(kForStats));
    }
  }
  return std::unique_ptr<BpfSession>(new BpfSession(std::move(impl)));
}

namespace {

Result<std::vector<wp_vcpu>> run_find_vcpus(const wakepath_bpf& skeleton) {
  const auto bytes = run_iterator(skeleton.progs.find_vcpus);
  if (!bytes) {
    return tl::unexpected(bytes.error());
  }
  std::vector<wp_vcpu> found;
  for (std::size_t at = 0; at + sizeof(wp_vcpu) <= bytes->size(); at += sizeof(wp_vcpu)) {
    found.push_back(wakepath::load<wp_vcpu>(*bytes, at));
  }
  return found;
}

}  // namespace

Result<BpfSession::Around> BpfSession::look_only() {
  const BpfLog log;
  const Skeleton skeleton(wakepath_bpf__open());
  if (!skeleton) {
    return load_error(errno, log);
  }
  bpf_program__set_autoload(skeleton->progs.find_vcpus, true);
  if (const int error = wakepath_bpf__load(skeleton.get()); error != 0) {
    return load_error(-error, log);
  }
  auto found = run_find_vcpus(*skeleton);
  if (!found) {
    return tl::unexpected(found.error());
  }
  return Around{std::move(*found), skeleton->bss->reader_tgid};
}

Result<std::vector<wp_vcpu>> BpfSession::look_around() {
  if (impl_->plan.constants.preempt_count_from_rq != 0) {
    if (const auto done = run_iterator(impl_->skeleton->progs.find_preempt_counts); !done) {
      return tl::unexpected(done.error());
    }
  }
  return run_find_vcpus(*impl_->skeleton);
}

std::uint32_t BpfSession::own_tgid() const { return impl_->skeleton->bss->reader_tgid; }

Result<void> BpfSession::attach() {
  const BpfLog log;
  for (const Program& entry : impl_->programs) {
    const std::string name(entry.event->tracepoint->name);
    const bool is_function = entry.event->via == Via::kprobe;
    Link link(is_function
                  ? bpf_program__attach_kprobe(entry.program, false, entry.event->function.c_str())
                  : bpf_program__attach(entry.program));
    if (!link) {
      const int error = errno;
      impl_->links.clear();
      return fail(
          error == EPERM ? ErrorKind::not_permitted : ErrorKind::unsupported,
          "the event " + name + " can't be attached: " + std::strerror(error),
          error == EPERM ? permission_fix() : "leave it out: add ,-" + name + " to --events");
    }
    impl_->links.push_back(std::move(link));
  }
  return {};
}

void BpfSession::capture(bool on) {
  __atomic_store_n(&impl_->skeleton->bss->capturing, on ? 1 : 0, __ATOMIC_SEQ_CST);
}

void BpfSession::forget_names() {
  auto* bss = impl_->skeleton->bss;
  std::memset(bss->known_actions, 0, sizeof(bss->known_actions));
  std::memset(bss->known_functions, 0, sizeof(bss->known_functions));
  __atomic_fetch_add(&bss->naming_round, 1, __ATOMIC_RELAXED);
}

void BpfSession::detach() {
  capture(false);
  impl_->links.clear();
  impl_->wait_for_programs();
}

std::vector<CpuRings>& BpfSession::rings() { return impl_->rings->each(); }

EventCounts BpfSession::counts(std::uint32_t cpu) const {
  const wp_cpu_counters& mine = impl_->skeleton->bss->counters[cpu];
  const auto now = [](const __u64& field) { return __atomic_load_n(&field, __ATOMIC_RELAXED); };
  return {now(mine.written) + now(mine.beside), now(mine.failed), now(mine.skipped),
          now(mine.names)};
}

std::uint64_t BpfSession::names() const {
  std::uint64_t sum = 0;
  for (std::uint32_t cpu = 0; cpu < impl_->cpus; ++cpu) {
    sum += counts(cpu).names;
  }
  return sum;
}

std::uint64_t BpfSession::runs() const {
  std::uint64_t sum = 0;
  for (std::uint32_t cpu = 0; cpu < impl_->cpus; ++cpu) {
    const EventCounts of = counts(cpu);
    sum += of.written + of.failed + of.skipped - of.names;
  }
  return sum;
}

bool BpfSession::count_runs(bool on) {
  impl_->stats = on ? Fd(bpf_enable_stats(BPF_STATS_RUN_TIME)) : Fd();
  return static_cast<bool>(impl_->stats);
}

std::uint64_t BpfSession::misses() const {
  std::uint64_t sum = 0;
  for (const Program& entry : impl_->programs) {
    sum += info_of(entry.program).recursion_misses;
  }
  return sum;
}

std::vector<ProgramRuns> BpfSession::program_runs() const {
  std::vector<ProgramRuns> runs;
  for (const Program& entry : impl_->programs) {
    const bpf_prog_info info = info_of(entry.program);
    runs.push_back({std::string(entry.event->tracepoint->name), info.run_cnt, info.run_time_ns,
                    info.recursion_misses});
  }
  return runs;
}

}  // namespace wakepath::capture
