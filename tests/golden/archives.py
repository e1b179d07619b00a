#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# usage: archives.py DIRECTORY OUTSIDE
# Archives of a host as nobody should send them. None may make wakepath write to OUTSIDE, or anywhere but its own copy.
import io
import pathlib
import sys
import tarfile

where, outside = pathlib.Path(sys.argv[1]), sys.argv[2]
where.mkdir()
TABLE = b"           CPU0       CPU1\n 14:          4          5     GICv3  33 Level     eth0\n"


def archive(name, mode="w"):
    return tarfile.open(where / name, mode)


def put(tar, name, content=TABLE, **fields):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    tar.addfile(info, io.BytesIO(content) if info.isreg() else None)


def link(tar, name, target, kind=tarfile.SYMTYPE):
    put(tar, name, b"", type=kind, linkname=target)


# Links that lead elsewhere: left out, and the rest is used.
with archive("links.tar") as tar:
    put(tar, "proc/interrupts")
    link(tar, "proc/self", "/proc/self")
    link(tar, "proc/cmdline", "/etc/passwd")
    link(tar, "sys/devices", outside)
    link(tar, "proc/irq", "../../../../../../etc")
    put(tar, "proc/fifo", b"", type=tarfile.FIFOTYPE)
    put(tar, "proc/null", b"", type=tarfile.CHRTYPE, devmajor=1, devminor=3)
    put(tar, "README", b"nothing of a host")

with archive("names.tar") as tar:
    put(tar, "proc/interrupts")
    put(tar, f"proc/../../../../../../{outside}/a")
    put(tar, f"{outside}/proc/b")
    put(tar, "proc/./c")
    put(tar, "proc/" + "d" * 3000)
    put(tar, "proc/x\x1b[2J/..")
    link(tar, "proc/hard", outside + "/e", tarfile.LNKTYPE)

with archive("twice.tar") as tar:
    put(tar, "proc/interrupts")
    put(tar, "proc/interrupts")
    put(tar, "proc/interrupts/below")

with archive("cut.tar.gz", "w:gz") as tar:
    put(tar, "proc/interrupts")
    put(tar, "proc/cmdline", bytes(range(256)) * 4096)
whole = (where / "cut.tar.gz").read_bytes()
(where / "cut.tar.gz").write_bytes(whole[: len(whole) // 2])

with archive("bomb.tar.bz2", "w:bz2") as tar:
    put(tar, "proc/interrupts")
    put(tar, "proc/cmdline", bytes(600 << 20))

with archive("nothing.tar") as tar:
    put(tar, "home/user/notes.txt", b"nothing of a host")
(where / "empty.tar").write_bytes(b"")
(where / "noise").write_bytes(bytes(range(256)) * 64)
(where / "text.txt").write_bytes(b"1: 2 3\n\x1b[2J 14: 4 5 eth0\n")
