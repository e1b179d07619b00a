# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads a Perfetto trace by field number, and nothing else than fields.py allows."""

import zlib

import fields

PACKET_LIMIT = 512 * 1024  # of compressed_packets: trace/trace_packet.proto


class Wrong(Exception):
    pass


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def message(kind, data):
    """{name: [values]}"""
    known = fields.MESSAGES[kind][1]
    found, at = {}, 0
    while at < len(data):
        tag, at = varint(data, at)
        number, wire = tag >> 3, tag & 7
        if number not in known or known[number][1] != wire:
            raise Wrong(f"{kind} has no field {number} of wire type {wire}: {fields.MESSAGES[kind][0]}")
        name, _, inner = known[number]
        if wire == fields.VARINT:
            value, at = varint(data, at)
        elif wire == fields.FIXED64:
            value, at = int.from_bytes(data[at:at + 8], "little"), at + 8
        else:
            length, at = varint(data, at)
            if at + length > len(data):
                raise Wrong(f"{kind}.{name} is longer than {kind}")
            value, at = data[at:at + length], at + length
            if inner != fields.RAW:
                value = message(inner, value) if inner else value.decode()
        found.setdefault(name, []).append(value)
    return found


def one(found, name, default=None):
    values = found.get(name, [default])
    if len(values) != 1:
        raise Wrong(f"{name} stands there {len(values)} times")
    return values[0]


def as_written(path):
    return message("Trace", path.read_bytes())["packet"]


def packets(path):
    """As trace_processor does it (v58.2, importers/proto/proto_trace_tokenizer.h): what is in a packet of packets is a Trace."""
    found = []
    for packet in as_written(path):
        if "compressed_packets" not in packet:
            found.append(packet)
            continue
        if len(packet) != 1:
            raise Wrong(f"compressed packets stand beside {set(packet)}")
        deflated = one(packet, "compressed_packets")
        if len(deflated) + 20 > PACKET_LIMIT:
            raise Wrong(f"{len(deflated)} bytes of compressed packets in one")
        inside = message("Trace", zlib.decompress(deflated))["packet"]
        if any("compressed_packets" in each for each in inside):
            raise Wrong("compressed packets in compressed packets")
        found += inside
    return found
