// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/x86_exits.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

namespace wakepath::record {

namespace {

struct Reason {
  std::string_view words;
  std::int32_t number;
};

constexpr std::array kReasons{
    // arch/x86/include/uapi/asm/vmx.h, VMX_EXIT_REASONS
    Reason{"EXCEPTION_NMI", 0},
    Reason{"EXTERNAL_INTERRUPT", 1},
    Reason{"TRIPLE_FAULT", 2},
    Reason{"INIT_SIGNAL", 3},
    Reason{"SIPI_SIGNAL", 4},
    Reason{"INTERRUPT_WINDOW", 7},
    Reason{"PENDING_INTERRUPT", 7},
    Reason{"NMI_WINDOW", 8},
    Reason{"TASK_SWITCH", 9},
    Reason{"CPUID", 10},
    Reason{"HLT", 12},
    Reason{"INVD", 13},
    Reason{"INVLPG", 14},
    Reason{"RDPMC", 15},
    Reason{"RDTSC", 16},
    Reason{"VMCALL", 18},
    Reason{"VMCLEAR", 19},
    Reason{"VMLAUNCH", 20},
    Reason{"VMPTRLD", 21},
    Reason{"VMPTRST", 22},
    Reason{"VMREAD", 23},
    Reason{"VMRESUME", 24},
    Reason{"VMWRITE", 25},
    Reason{"VMOFF", 26},
    Reason{"VMON", 27},
    Reason{"CR_ACCESS", 28},
    Reason{"DR_ACCESS", 29},
    Reason{"IO_INSTRUCTION", 30},
    Reason{"MSR_READ", 31},
    Reason{"MSR_WRITE", 32},
    Reason{"INVALID_STATE", 33},
    Reason{"MSR_LOAD_FAIL", 34},
    Reason{"MWAIT_INSTRUCTION", 36},
    Reason{"MONITOR_TRAP_FLAG", 37},
    Reason{"MONITOR_INSTRUCTION", 39},
    Reason{"PAUSE_INSTRUCTION", 40},
    Reason{"MCE_DURING_VMENTRY", 41},
    Reason{"TPR_BELOW_THRESHOLD", 43},
    Reason{"APIC_ACCESS", 44},
    Reason{"EOI_INDUCED", 45},
    Reason{"GDTR_IDTR", 46},
    Reason{"LDTR_TR", 47},
    Reason{"EPT_VIOLATION", 48},
    Reason{"EPT_MISCONFIG", 49},
    Reason{"INVEPT", 50},
    Reason{"RDTSCP", 51},
    Reason{"PREEMPTION_TIMER", 52},
    Reason{"INVVPID", 53},
    Reason{"WBINVD", 54},
    Reason{"XSETBV", 55},
    Reason{"APIC_WRITE", 56},
    Reason{"RDRAND", 57},
    Reason{"INVPCID", 58},
    Reason{"VMFUNC", 59},
    Reason{"ENCLS", 60},
    Reason{"RDSEED", 61},
    Reason{"PML_FULL", 62},
    Reason{"XSAVES", 63},
    Reason{"XRSTORS", 64},
    Reason{"UMWAIT", 67},
    Reason{"TPAUSE", 68},
    Reason{"BUS_LOCK", 74},
    Reason{"NOTIFY", 75},
    Reason{"SEAMCALL", 76},
    Reason{"TDCALL", 77},
    Reason{"MSR_READ_IMM", 84},
    Reason{"MSR_WRITE_IMM", 85},
    // svm.h there, SVM_EXIT_REASONS
    Reason{"read_cr0", 0x0},
    Reason{"write_cr0", 0x10},
    Reason{"read_cr2", 0x2},
    Reason{"write_cr2", 0x12},
    Reason{"read_cr3", 0x3},
    Reason{"write_cr3", 0x13},
    Reason{"read_cr4", 0x4},
    Reason{"write_cr4", 0x14},
    Reason{"read_cr8", 0x8},
    Reason{"write_cr8", 0x18},
    Reason{"read_dr0", 0x20},
    Reason{"write_dr0", 0x30},
    Reason{"read_dr1", 0x21},
    Reason{"write_dr1", 0x31},
    Reason{"read_dr2", 0x22},
    Reason{"write_dr2", 0x32},
    Reason{"read_dr3", 0x23},
    Reason{"write_dr3", 0x33},
    Reason{"read_dr4", 0x24},
    Reason{"write_dr4", 0x34},
    Reason{"read_dr5", 0x25},
    Reason{"write_dr5", 0x35},
    Reason{"read_dr6", 0x26},
    Reason{"write_dr6", 0x36},
    Reason{"read_dr7", 0x27},
    Reason{"write_dr7", 0x37},
    Reason{"DE excp", 0x40},
    Reason{"DB excp", 0x41},
    Reason{"BP excp", 0x43},
    Reason{"OF excp", 0x44},
    Reason{"BR excp", 0x45},
    Reason{"UD excp", 0x46},
    Reason{"NM excp", 0x47},
    Reason{"DF excp", 0x48},
    Reason{"TS excp", 0x4a},
    Reason{"NP excp", 0x4b},
    Reason{"SS excp", 0x4c},
    Reason{"GP excp", 0x4d},
    Reason{"PF excp", 0x4e},
    Reason{"MF excp", 0x50},
    Reason{"AC excp", 0x51},
    Reason{"MC excp", 0x52},
    Reason{"XF excp", 0x53},
    Reason{"interrupt", 0x60},
    Reason{"nmi", 0x61},
    Reason{"smi", 0x62},
    Reason{"init", 0x63},
    Reason{"vintr", 0x64},
    Reason{"cr0_sel_write", 0x65},
    Reason{"read_idtr", 0x66},
    Reason{"read_gdtr", 0x67},
    Reason{"read_ldtr", 0x68},
    Reason{"read_rt", 0x69},
    Reason{"write_idtr", 0x6a},
    Reason{"write_gdtr", 0x6b},
    Reason{"write_ldtr", 0x6c},
    Reason{"write_rt", 0x6d},
    Reason{"rdtsc", 0x6e},
    Reason{"rdpmc", 0x6f},
    Reason{"pushf", 0x70},
    Reason{"popf", 0x71},
    Reason{"cpuid", 0x72},
    Reason{"rsm", 0x73},
    Reason{"iret", 0x74},
    Reason{"swint", 0x75},
    Reason{"invd", 0x76},
    Reason{"pause", 0x77},
    Reason{"hlt", 0x78},
    Reason{"invlpg", 0x79},
    Reason{"invlpga", 0x7a},
    Reason{"io", 0x7b},
    Reason{"msr", 0x7c},
    Reason{"task_switch", 0x7d},
    Reason{"ferr_freeze", 0x7e},
    Reason{"shutdown", 0x7f},
    Reason{"vmrun", 0x80},
    Reason{"hypercall", 0x81},
    Reason{"vmload", 0x82},
    Reason{"vmsave", 0x83},
    Reason{"stgi", 0x84},
    Reason{"clgi", 0x85},
    Reason{"skinit", 0x86},
    Reason{"rdtscp", 0x87},
    Reason{"icebp", 0x88},
    Reason{"wbinvd", 0x89},
    Reason{"monitor", 0x8a},
    Reason{"mwait", 0x8b},
    Reason{"mwait_cond", 0x8c},
    Reason{"xsetbv", 0x8d},
    Reason{"rdpru", 0x8e},
    Reason{"efer_write_trap", 0x8f},
    Reason{"write_cr0_trap", 0x90},
    Reason{"write_cr4_trap", 0x94},
    Reason{"write_cr8_trap", 0x98},
    Reason{"invpcid", 0xa2},
    Reason{"bus_lock", 0xa5},
    Reason{"npf", 0x400},
    Reason{"avic_incomplete_ipi", 0x401},
    Reason{"avic_unaccelerated_access", 0x402},
    Reason{"vmgexit", 0x403},
};

// Intel's names are in capitals, AMD's are not, or are exceptions.
std::uint32_t vendor_of(const Reason& reason) {
  const bool svm = reason.words.find_first_of("abcdefghijklmnopqrstuvwxyz") != reason.words.npos;
  return svm ? WP_X86_SVM : WP_X86_VMX;
}

}  // namespace

X86Exit x86_exit(std::string_view words) {
  // VMX's flags follow the reason: "INVALID_STATE FAILED_VMENTRY".
  constexpr std::string_view kFlag = " FAILED_VMENTRY";
  if (words.ends_with(kFlag)) {
    words.remove_suffix(kFlag.size());
  }
  const auto* const found = std::ranges::find(kReasons, words, &Reason::words);
  if (found != kReasons.end()) {
    return {found->number, vendor_of(*found)};
  }
  constexpr std::string_view kHex = "0x";
  constexpr std::uint32_t kMost = 0xffff;
  std::uint32_t number = 0;
  const char* const end = words.data() + words.size();
  const char* const begin = words.data() + (words.starts_with(kHex) ? kHex.size() : words.size());
  const auto [rest, error] = std::from_chars(begin, end, number, 16);
  const bool known = error == std::errc() && rest == end && number <= kMost;
  return {known ? static_cast<std::int32_t>(number) : -1, WP_X86_UNKNOWN};
}

std::string x86_exit_name(std::int32_t number, std::uint32_t vendor) {
  std::string names;
  std::uint32_t told_of = WP_X86_UNKNOWN;
  for (const Reason& reason : kReasons) {
    const std::uint32_t of = vendor_of(reason);
    // The first of several is the newest name.
    if (reason.number == number && of != told_of && (vendor == WP_X86_UNKNOWN || vendor == of)) {
      names += (names.empty() ? "" : " or ") + std::string(reason.words);
      told_of = of;
    }
  }
  return names.empty() ? fmt::format("reason {}", number) : names;
}

}  // namespace wakepath::record
