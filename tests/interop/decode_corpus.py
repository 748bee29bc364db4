# SPDX-License-Identifier: MIT
"""Packets of all kinds, always the same ones, as two capture files.

    decode_corpus.py FOLDER

writes FOLDER/tun.pcap (IP packets, of decode_packets.py) and FOLDER/tap.pcap (the same in Ethernet
frames, and what there is only in those).
"""

import pathlib
import struct
import sys

from decode_packets import MACS, V4, cuts, icmp, ip_packets, ipv4, ipv6, payload, tcp, udp

RAW, ETHERNET = 101, 1  # LINKTYPE_…


def frame(kind, data, ends=MACS):
    return ends + struct.pack(">H", kind) + data


def arps():
    sender, target = MACS[6:] + V4[0], MACS[:6] + V4[1]
    nobody = bytes(6)
    for operation in range(12):
        yield struct.pack(">HHBBH", 1, 0x0800, 6, 4, operation) + sender + target
    yield struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1) + sender + nobody + V4[1]
    yield struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1) + MACS[6:] + bytes(4) + nobody + V4[0]  # a probe
    yield struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1) + sender + nobody + V4[0]  # an announcement
    yield struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1) + sender + b"\xff" * 6 + V4[1]
    yield struct.pack(">HHBBH", 6, 0x0800, 6, 4, 1) + MACS[6:] + bytes([10, 0, 0, 6]) + target
    yield struct.pack(">HHBBH", 1, 0x86DD, 6, 16, 1) + bytes(44)
    yield struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1) + sender + target + bytes(18)
    whole = struct.pack(">HHBBH", 1, 0x0800, 6, 4, 2) + sender + target
    for length in range(0, len(whole), 3):
        yield whole[:length]


def frames():
    for packet in arps():
        yield frame(0x0806, packet)
        yield frame(0x0806, packet, b"\xff" * 6 + MACS[6:])
    yield frame(0x8035, struct.pack(">HHBBH", 1, 0x0800, 6, 4, 3) + MACS[6:] + bytes(14))
    packets = [ipv4(17, udp()), ipv4(6, tcp(2)), ipv6(58, icmp(128, 0, b"\0\1\0\2"))]
    for packet in packets:
        kind = 0x86DD if packet[0] >> 4 == 6 else 0x0800
        for control in (0, 5, 4095, 0x2005, 0xE005, 0x1005, 0xF005):
            yield frame(0x8100, struct.pack(">HH", control, kind) + packet)
        for outer in (0x88A8, 0x8100, 0x9100):
            yield frame(outer, struct.pack(">HHHH", 100, 0x8100, 0x6007, kind) + packet)
        yield frame(0x8100, struct.pack(">HH", 5, 0x1234) + payload(46))
        yield frame(kind, packet) + bytes(46 - len(packet) if len(packet) < 46 else 0)
    yield frame(0x8100, struct.pack(">HH", 5, 0x0806) + next(arps()))
    tagged = frame(0x88A8, struct.pack(">HHHH", 100, 0x8100, 7, 0x0800) + packets[0])
    for length in range(1, 24):
        yield tagged[:length]
    for kind in (0x1234, 0x0842, 0x22F0, 0x8809, 0x8847, 0x8863, 0x8864, 0x888E, 0x88B5, 0x88CC, 0x88F7, 0x9000, 0xFFFF):
        yield frame(kind, bytes(46))
    yield frame(0x0800, packets[2])  # of the wrong version
    yield frame(0x86DD, packets[0])
    yield frame(38, b"\x42\x42\3" + bytes(35) + bytes(8), bytes.fromhex("0180c2000000") + MACS[6:])
    yield frame(54, b"\xaa\xaa\3\0\0\0\x08\0" + ipv4(17, udp(payload(18))))
    yield frame(46, b"\xf0\xf0\3" + bytes(43))


def write(path, link, packets):
    """Times are of no account, and lengths are those of the bytes that are there."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link))
        for number, packet in enumerate(packets):
            file.write(struct.pack("<IIII", number, 0, len(packet), len(packet)) + packet)


def main():
    folder = pathlib.Path(sys.argv[1])
    packets = [*ip_packets(), *cuts()]
    write(folder / "tun.pcap", RAW, packets)
    versions = {4: 0x0800, 6: 0x86DD}
    framed = [frame(versions[p[0] >> 4], p) for p in packets if p[0] >> 4 in versions]
    write(folder / "tap.pcap", ETHERNET, [*framed, *frames()])


if __name__ == "__main__":
    main()
