#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Did a thread of the lab crash because its TPIDR_EL0 was another process's? foreign_tls.py CORE: exit code 0 if so.

Where the emulator runs its CPUs in parallel, a vCPU's thread now and then comes back from KVM_RUN with the thread
pointer of another process, a register that wakepath never writes. docs/oracle.md, The lab.
"""
import struct
import sys

PT_LOAD, PT_NOTE = 1, 4
NT_ARM_TLS = 0x401  # include/uapi/linux/elf.h
EM_AARCH64 = 183


def notes(data):
    at = 0
    while at + 12 <= len(data):
        name_bytes, bytes_, kind = struct.unpack_from("<III", data, at)
        at += 12 + (name_bytes + 3) // 4 * 4
        yield kind, data[at:at + bytes_]
        at += (bytes_ + 3) // 4 * 4


def main():
    core = open(sys.argv[1], "rb").read()
    if core[:6] != b"\x7fELF\x02\x01" or struct.unpack_from("<H", core, 18)[0] != EM_AARCH64:
        sys.exit(f"{sys.argv[1]} is no core of an ARM64 process")
    table, = struct.unpack_from("<Q", core, 32)
    size, count = struct.unpack_from("<HH", core, 54)
    memory, pointers = [], []
    for i in range(count):
        kind, _, offset, address, _, in_file, in_memory, _ = struct.unpack_from("<IIQQQQQQ", core, table + i * size)
        if kind == PT_LOAD:
            memory.append((address, address + in_memory))
        elif kind == PT_NOTE:
            # The thread that crashed comes first.
            pointers += [struct.unpack_from("<Q", note)[0] for kind, note in notes(core[offset:offset + in_file])
                         if kind == NT_ARM_TLS]
    if not pointers:
        sys.exit("the core does not say what TPIDR_EL0 was")
    # It is 0 until libc has set it up.
    ours = pointers[0] == 0 or any(begin <= pointers[0] < end for begin, end in memory)
    print(f"TPIDR_EL0 of the thread that crashed is {pointers[0]:#x}: {'its own' if ours else 'not of this process'}")
    return 1 if ours else 0


sys.exit(main())
