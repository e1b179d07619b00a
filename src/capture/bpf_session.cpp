// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/bpf_session.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <thread>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include "capture/bpf_atomics.hpp"
#include "capture/bpf_log.hpp"
#include "capture/privileges.hpp"
#include "capture/ring_layout.hpp"

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

std::uint32_t numa_node(std::uint32_t cpu) {
  constexpr std::string_view prefix = "node";
  std::error_code ignored;
  const std::string dir = "/sys/devices/system/cpu/cpu" + std::to_string(cpu);
  for (const auto& entry : std::filesystem::directory_iterator(dir, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix) && name.size() > prefix.size()) {
      return static_cast<std::uint32_t>(std::strtoul(name.c_str() + prefix.size(), nullptr, 10));
    }
  }
  return 0;
}

tl::unexpected<Error> load_error(int error, const BpfLog& log) {
  const std::string program = log.refused_program();
  const std::string what = program.empty() ? "the BPF programs" : "the BPF program " + program;
  if (error == EPERM) {
    return fail(ExitCode::not_permitted, "the kernel does not let us load " + what, kPermissionFix);
  }
  const std::string detail = log.last_lines();
  return fail(ExitCode::unsupported,
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

Fd create_side_ring(std::size_t bytes, std::uint32_t node) {
  LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_NUMA_NODE, .numa_node = node);
  return Fd(bpf_map_create(BPF_MAP_TYPE_RINGBUF, "wp_side", 0, 0, static_cast<std::uint32_t>(bytes),
                           &options));
}

tl::unexpected<Error> no_ring(int error, std::size_t bytes) {
  return fail(error == EPERM ? ExitCode::not_permitted : ExitCode::unsupported,
              "no ring of " + std::to_string(bytes) + " bytes: " + std::strerror(error),
              error == EPERM ? kPermissionFix
                             : "give smaller rings, or raise the memory limit (ulimit -l)");
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
  std::vector<CpuRings> rings;
  std::vector<Link> links;
  Fd stats;
  std::uint32_t cpus{};
  bool has_event_rings{};
  RingLayout layout;
  std::vector<Mapping> chunks;  // of the layout's arrays; rings refer to them

  void set_constants(const SessionOptions& options);
  Result<void> load_programs();
  [[nodiscard]] std::array<bpf_map*, WP_RING_NODES> chunk_maps() const;
  Result<void> map_chunks();
  Result<void> make_rings(const RingSizes& sizes);
  [[nodiscard]] Result<void> give_side_rings() const;
  void wait_for_programs() const;
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

Result<void> BpfSession::Impl::load_programs() {
  for (const PlannedEvent& event : plan.events) {
    if (!event.enabled) {
      continue;
    }
    const std::string name =
        (event.via == Via::raw_tp ? "raw_" : "") + std::string(event.tracepoint->name);
    bpf_program* program = bpf_object__find_program_by_name(skeleton->obj, name.c_str());
    if (program == nullptr) {
      return fail(ExitCode::bug, "no BPF program " + name);
    }
    bpf_program__set_autoload(program, true);
    if (!has_event_rings && !replace_fetching_atomics(program)) {
      return fail(ExitCode::unsupported, "no memory for the BPF program " + name);
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
  if (error != 0) {
    return load_error(-error, log);
  }
  return {};
}

Result<void> BpfSession::Impl::map_chunks() {
  const auto page = static_cast<std::size_t>(::getpagesize());
  for (std::size_t i = 0; i < layout.arrays.size(); ++i) {
    const std::size_t bytes = layout.arrays[i].chunks * sizeof(wp_chunk);
    const std::size_t size = (bytes + page - 1) / page * page;
    Mapping mapping(::mmap(nullptr, size, PROT_READ, MAP_SHARED, bpf_map__fd(chunk_maps()[i]), 0),
                    size);
    if (!mapping) {
      return fail(ExitCode::not_permitted,
                  std::string("the event rings can't be mapped: ") + std::strerror(errno));
    }
    chunks.push_back(std::move(mapping));
  }
  return {};
}

Result<void> BpfSession::Impl::make_rings(const RingSizes& sizes) {
  if (has_event_rings) {
    if (auto mapped = map_chunks(); !mapped) {
      return mapped;
    }
  }
  const std::size_t bytes = has_event_rings ? sizes.side : sizes.events;
  for (const RingLayout::Place& place : layout.places) {
    wp_cpu_counters& counters = skeleton->bss->counters[place.cpu];
    std::optional<EventRing> events;
    if (has_event_rings) {
      counters.ring_node = place.array;
      counters.first_chunk = place.first_chunk;
      const auto* array = static_cast<const wp_chunk*>(chunks[place.array].get());
      events.emplace(array + place.first_chunk, sizes.events, &counters);
    } else {
      counters.busy = 1;
    }
    Fd map = create_side_ring(bytes, numa_node(place.cpu));
    if (!map) {
      return no_ring(errno, bytes);
    }
    auto side = Ring::open(std::move(map), place.cpu, bytes);
    if (!side) {
      return tl::unexpected(side.error());
    }
    rings.push_back({place.cpu, events, std::move(*side)});
  }
  return give_side_rings();
}

// Each update of a map of maps waits until no program runs that may have seen the one before
// (maybe_wait_bpf_programs() in kernel/bpf/syscall.c): some 20 ms, which hundreds of CPUs had
// better wait for at once.
Result<void> BpfSession::Impl::give_side_rings() const {
  constexpr std::size_t kMostThreads = 64;
  const int maps = bpf_map__fd(skeleton->maps.side_rings);
  std::atomic<std::size_t> next{0};
  std::atomic<int> error{0};
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < std::min(kMostThreads, rings.size()); ++i) {
      threads.emplace_back([&] {
        for (std::size_t at = next++; at < rings.size(); at = next++) {
          const int fd = rings[at].side.map();
          if (bpf_map_update_elem(maps, &rings[at].cpu, &fd, BPF_ANY) != 0) {
            error = errno;
          }
        }
      });
    }
  }
  if (error != 0) {
    return fail(ExitCode::bug,
                std::string("the rings can't be given to the programs: ") + std::strerror(error));
  }
  return {};
}

// Programs that were running when their tracepoint was detached go on, on a preemptible kernel as
// long as others keep them off their CPU, and have something to count still. An update of a map of
// maps, be it with what it holds already, returns when all of them have ended
// (maybe_wait_bpf_programs() in kernel/bpf/syscall.c, 5.10 as 7.2).
void BpfSession::Impl::wait_for_programs() const {
  if (!rings.empty()) {
    const std::uint32_t cpu = rings.front().cpu;
    const int fd = rings.front().side.map();
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
  if (auto done = impl->load_programs(); !done) {
    return tl::unexpected(done.error());
  }
  if (auto done = impl->make_rings(options.ring_bytes); !done) {
    return tl::unexpected(done.error());
  }
  if (options.program_stats) {
    impl->stats = Fd(bpf_enable_stats(BPF_STATS_RUN_TIME));
    if (!impl->stats) {
      return fail(
          ExitCode::not_permitted,
          std::string("the kernel does not let us count program runs: ") + std::strerror(errno),
          kPermissionFix);
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
      return fail(error == EPERM ? ExitCode::not_permitted : ExitCode::unsupported,
                  "the event " + name + " can't be attached: " + std::strerror(error),
                  error == EPERM ? std::string(kPermissionFix)
                                 : "leave it out: add ,-" + name + " to --events");
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

std::vector<CpuRings>& BpfSession::rings() { return impl_->rings; }

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
