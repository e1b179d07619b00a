# SPDX-License-Identifier: GPL-2.0-or-later
"""Recordings after docs/dump-format.md, made of any records at all; and wakepath under limits."""
import ctypes
import ctypes.util
import os
import pathlib
import resource
import struct
import subprocess
import sys
import tempfile
import time
import zlib

BATCH, TICK, FACT, REPORT = 1, 2, 3, 4
HOST, EVENT, VM, IRQ, SYMBOL, PROGRAM, CAPTURE, NOTICE, CLOCK, VCPU_SINCE, HOST_FILE, THREAD, TIME_OF_DAY = (
    1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 13, 15, 18)
LARGEST = 65536  # of a record
MEGA = 1 << 20

_zstd = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
for _name, _result, _arguments in (
        ("ZSTD_compressBound", ctypes.c_size_t, [ctypes.c_size_t]),
        ("ZSTD_compress", ctypes.c_size_t,
         [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int])):
    getattr(_zstd, _name).restype = _result
    getattr(_zstd, _name).argtypes = _arguments


def packed(raw):
    if not raw:
        return b""
    room = _zstd.ZSTD_compressBound(len(raw))
    out = ctypes.create_string_buffer(room)
    length = _zstd.ZSTD_compress(out, room, raw, len(raw), 3)
    return out.raw[:length]


def record(kind, count, body):
    return struct.pack("<HHI", kind, count & 0xffff, 8 + len(body)) + body


def event(time_ns, kind, tid=0, payload=b"", context=0):
    return struct.pack("<QBBHI", time_ns, kind, context, 16 + len(payload), tid) + payload


def batch(cpu, events, failed=0, number=None):
    flags = 0 if number is None else 2 | number % (1 << 24) << 8
    return record(BATCH, len(events), struct.pack("<IIQ", cpu, flags, failed) + b"".join(events))


def tick(time_ns, cpus=(), missed=0, number=0, flags=0):
    """`cpus`: (cpu, handed, written, failed, skipped)"""
    body = struct.pack("<QQII", time_ns, missed, flags, number)
    return record(TICK, len(cpus), body + b"".join(struct.pack("<IIQQQ", *one) for one in cpus))


def fact(kind, values=(), strings=()):
    body = struct.pack("<II4Q", kind, 0, *(list(values) + [0] * 4)[:4])
    for text in strings:
        text = text.encode() if isinstance(text, str) else text
        body += struct.pack("<H", len(text)) + text
    return record(FACT, len(strings), body + bytes(-len(body) % 8))


def begin(cpus=8, arch="x86_64", realtime_offset_ns=0):
    """What each capture begins with."""
    return [fact(HOST, [cpus, 0, 0, realtime_offset_ns], ["6.1.0", arch, "0.1.0", ""]), fact(CAPTURE, [MEGA, 20_000_000, 20_000_000])]


def events_of(one):
    return struct.unpack_from("<H", one, 2)[0] if one[:2] == b"\x01\0" else 0


def recording(records, chunk_bytes=MEGA, closed=True):
    chunks, raw, held = [], [], 0
    for one in records:
        if held + len(one) > chunk_bytes and raw:
            chunks.append(raw)
            raw, held = [], 0
        raw.append(one)
        held += len(one)
    chunks.append(raw)
    out = bytearray()
    written = events = 0
    for sequence, content in enumerate(chunks + ([[]] if closed else [])):
        payload, data = packed(b"".join(content)), b"".join(content)
        of_chunk = sum(events_of(one) for one in content)
        head = struct.pack("<8sIIIIIIQQQQQI16x", b"\xf1WPCHNK1", 2 if closed and sequence == len(chunks) else 0,
                           len(data), len(payload), zlib.crc32(payload), 0, len(content), sequence, written, events,
                           0, 0, of_chunk)
        out += head + struct.pack("<I", zlib.crc32(head)) + payload
        written += len(content)
        events += of_chunk
    total = 64 + len(out)
    head = struct.pack("<8sIIIIQQQQI", b"WAKEPATH", 1, 0 if closed else 1, 1, 0, len(chunks) + 1 if closed else 0,
                       written if closed else 0, events if closed else 0, total if closed else 0, 0)
    return head + struct.pack("<I", zlib.crc32(head)) + bytes(out)


class Outcome:
    def __init__(self, code, out, error, cpu_seconds, rss_bytes, seconds):
        self.code, self.out, self.error = code, out, error
        self.cpu_seconds, self.rss_bytes, self.seconds = cpu_seconds, rss_bytes, seconds


PROGRAM_PATH = os.environ["WAKEPATH"]
# Sanitizers need more of both, and can't do with a limit of the address space.
SANITIZED = b"__asan_init" in pathlib.Path(PROGRAM_PATH).read_bytes()


def run(*arguments, address_space=None, cpu_seconds=None, data=b"", most_out=4 * MEGA):
    """wakepath under limits; data is its standard input."""
    def limit():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if cpu_seconds and not SANITIZED:
            resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
        if address_space and not SANITIZED:
            resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))

    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error, tempfile.TemporaryFile() as given:
        given.write(data)
        given.seek(0)
        started = time.monotonic()
        process = subprocess.Popen([PROGRAM_PATH, *arguments], stdin=given, stdout=out, stderr=error,
                                   preexec_fn=limit)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        error.seek(0)
        return Outcome(process.returncode, out.read(most_out).decode(errors="replace"),
                       error.read(MEGA).decode(errors="replace"), used.ru_utime + used.ru_stime,
                       used.ru_maxrss * 1024, seconds)


def crash_of(outcome):
    """Why this is no end that wakepath itself chose; empty: it is."""
    if outcome.code < 0:
        return f"signal {-outcome.code}"
    if outcome.code not in (0, 1, 3, 5):
        return f"exit code {outcome.code}"
    for sign in ("bad_alloc", "a bug in wakepath", "runtime error:", "AddressSanitizer", "terminate called"):
        if sign in outcome.error:
            return sign
    if outcome.code == 5 and not outcome.error.strip():
        return "exit code 5 without a word"
    return ""


def main_of(tests):
    """Runs the tests that are named, or all; a test returns what is wrong."""
    failed = 0
    wanted = sys.argv[1:]
    for name, test in tests.items():
        if wanted and name not in wanted:
            continue
        wrong = test()
        if wrong:
            failed += 1
            print(f"failed: {name}: {wrong}")
    sys.exit(1 if failed else 0)
