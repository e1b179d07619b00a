#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""No address of the kernel leaves the machine: looks for one in the recordings of each backend. WAKEPATH is the program.

addresses.py FILE... looks in these alone.
"""
import ctypes
import ctypes.util
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

BATCH, FACT = 1, 3
USERSPACE_EXIT = 33  # its words hold negative numbers
HRTIMER = (9, 10, 11)  # and their last two words, which are times
CHUNK_HEADER = 96
PATIENCE = 60  # seconds, for a busy machine
# As text: 16 digits, not a part of a longer mask.
TEXT = re.compile(rb"(?<![0-9a-fA-F,])(?:0x)?ff[0-9a-fA-F]{14}(?![0-9a-fA-F,])")


def unpack(payload, size):
    library = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
    library.ZSTD_decompress.restype = ctypes.c_size_t
    library.ZSTD_decompress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
    out = ctypes.create_string_buffer(max(size, 1))
    if library.ZSTD_decompress(out, size, payload, len(payload)) != size:
        sys.exit("failed: a chunk can't be unpacked")
    return out.raw[:size]


def records_of(path):
    """Of each chunk, repeated facts included: type, bytes."""
    data = path.read_bytes()
    at = 64
    while at + CHUNK_HEADER <= len(data):
        raw_bytes, payload_bytes = struct.unpack_from("<II", data, at + 12)
        raw = unpack(data[at + CHUNK_HEADER:at + CHUNK_HEADER + payload_bytes], raw_bytes) if payload_bytes else b""
        at += CHUNK_HEADER + payload_bytes
        offset = 0
        while offset + 8 <= len(raw):
            kind, _, size = struct.unpack_from("<HHI", raw, offset)
            yield kind, raw[offset:offset + size]
            offset += size


def words(data, begin, end):
    return struct.unpack_from(f"<{(end - begin) // 8}Q", data, begin)


def is_address(word):
    return 0xff << 56 <= word < (1 << 64) - 4096


def addresses_in(path):
    """What looks like an address, where; and how many events were looked at."""
    found, events = [], 0
    for kind, record in records_of(path):
        if kind == BATCH:
            at = 24
            while at + 16 <= len(record):
                event, size = record[at + 8], struct.unpack_from("<H", record, at + 10)[0]
                end = at + (32 if event in HRTIMER else size)
                if event != USERSPACE_EXIT:
                    found += [f"{word:#x} in an event of kind {event}" for word in words(record, at + 16, end)
                              if is_address(word)]
                events += 1
                at += size
        elif kind == FACT:
            fact = struct.unpack_from("<I", record, 8)[0]
            found += [f"{word:#x} in a fact of kind {fact}" for word in words(record, 16, 48) if is_address(word)]
            found += [f"{text.group().decode()} as text in a fact of kind {fact}" for text in TEXT.finditer(record, 48)]
    return found, events


def check(path):
    found, events = addresses_in(path)
    if found or events == 0:
        print(f"failed: {path.name}: {events} events; {len(found)} addresses: {found[:5]}", file=sys.stderr)
        sys.exit(1)


def main():
    if sys.argv[1:]:
        for name in sys.argv[1:]:
            check(pathlib.Path(name))
        return
    if os.geteuid() != 0 or not os.access("/sys/kernel/btf/vmlinux", os.R_OK):
        if os.environ.get("WAKEPATH_REQUIRE_LIVE"):
            sys.exit("failed: not root or no BTF, and live tests are required here")
        print("skipped: not root or no BTF")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as directory:
        for backend in ("bpf", "tracefs"):
            if backend == "bpf" or os.path.exists("/sys/kernel/tracing/instances"):
                out = pathlib.Path(directory) / f"{backend}.wkp"
                subprocess.run([os.environ["WAKEPATH"], "record", "--without-kvm", "--backend", backend, "-d", "2s", "-o",
                                out], check=True, stderr=subprocess.DEVNULL, timeout=PATIENCE)
                check(out)


if __name__ == "__main__":
    main()
