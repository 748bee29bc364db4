# SPDX-License-Identifier: MIT
"""IP packets of all kinds, always the same ones.

Ports are such that nothing else than UDP and TCP is looked for behind them.
"""

import itertools
import struct

MACS = bytes.fromhex("020000000002020000000001")
V4 = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])
V6 = bytes.fromhex("fd" + "00" * 14 + "01"), bytes.fromhex("fd" + "00" * 14 + "02")
LOCAL = bytes.fromhex("fe80" + "00" * 13 + "01"), bytes.fromhex("ff02" + "00" * 13 + "01")
PORTS = 40000, 50000
TEXT = bytes(range(0x61, 0x7B))


def checksum(data):
    total = sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def payload(length):
    return (TEXT * (length // len(TEXT) + 1))[:length]


# ---- IP ----


def ipv4(protocol, data, options=b"", fragment=0, ends=V4, total=None, words=None):
    words = 5 + len(options) // 4 if words is None else words
    total = 20 + len(options) + len(data) if total is None else total
    head = struct.pack(">BBHHHBBH", 0x40 | words, 0, total, 7, fragment, 64, protocol, 0)
    head += ends[0] + ends[1] + options
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + data


def ipv6(protocol, data, ends=V6, length=None):
    length = len(data) if length is None else length
    return struct.pack(">IHBB", 6 << 28, length, protocol, 64) + ends[0] + ends[1] + data


def both(protocol, data):
    return [ipv4(protocol, data), ipv6(protocol, data)]


# ---- what it carries ----


def udp(data=b"hello", ports=PORTS, length=None):
    length = 8 + len(data) if length is None else length
    return struct.pack(">HHHH", *ports, length, 0) + data


def tcp(flags, options=b"", data=b"", sequence=1000, acknowledged=2000, urgent=0, words=None):
    options += b"\0" * (-len(options) % 4)
    words = 5 + len(options) // 4 if words is None else words
    return (
        struct.pack(">HHIIBBHHH", *PORTS, sequence, acknowledged, words << 4, flags, 512, 0, urgent)
        + options
        + data
    )


def icmp(kind, code, rest=b"\0\0\0\0", data=b""):
    head = struct.pack(">BBH", kind, code, 0) + rest + data
    return head[:2] + struct.pack(">H", checksum(head)) + head[4:]


def tcp_options():
    nop, end = b"\1", b"\0"
    mss = struct.pack(">BBH", 2, 4, 1460)
    scale = struct.pack(">BBB", 3, 3, 7)
    sack_ok = b"\4\2"
    stamps = struct.pack(">BBII", 8, 10, 123456, 654321)
    yield mss
    yield nop + scale
    yield nop + nop + sack_ok
    yield nop + nop + stamps
    yield mss + sack_ok + stamps + nop + scale
    for blocks in range(1, 5):
        edges = [edge for i in range(blocks) for edge in (5000 + 1000 * i, 5500 + 1000 * i)]
        yield nop + nop + struct.pack(f">BB{2 * blocks}I", 5, 2 + 8 * blocks, *edges)
    yield nop + nop + stamps + nop + nop + struct.pack(">BBII", 5, 10, 5000, 5500)
    yield end
    yield nop * 4
    yield struct.pack(">BB", 34, 2)  # fast open, a request
    yield struct.pack(">BB", 34, 10) + bytes(range(8))
    yield struct.pack(">BBH", 28, 4, 0x8001)  # user timeout
    yield struct.pack(">BB", 19, 18) + bytes(16)  # MD5
    yield struct.pack(">BBBB", 29, 16, 1, 2) + bytes(12)  # TCP-AO
    yield struct.pack(">BB", 253, 6) + b"\x12\x34\x56\x78"
    yield struct.pack(">BB", 77, 4) + b"\x12\x34"
    yield struct.pack(">BB", 2, 0)  # lengths that cannot be
    yield struct.pack(">BB", 2, 3) + b"\5"
    yield struct.pack(">BB", 8, 40)


def tcps():
    for flags in range(256):
        yield tcp(flags, urgent=9 if flags & 0x20 else 0)
    for flags in (0x02, 0x12, 0x10, 0x18, 0x19, 0x04, 0x14):
        for length in (1, 100):
            yield tcp(flags, data=payload(length))
    for flags, options in itertools.product((0x02, 0x10), tcp_options()):
        yield tcp(flags, options, payload(4))
    yield tcp(0x10, sequence=0xFFFFFFFF, acknowledged=0xFFFFFFFF, data=payload(1))
    for words in (0, 4, 15):
        yield tcp(0x10, words=words)


def udps():
    for length in (0, 1, 5, 100, 1400):
        yield udp(payload(length))
    for length in (0, 7, 8, 100):  # what the header claims
        yield udp(b"hello", length=length)
    for ports in ((1, 65535), (65535, 1), (0, 0), (9, 9), (40000, 9)):
        yield udp(ports=ports)


def icmps():
    inside = [
        ipv4(17, udp(payload(20)), ends=V4[::-1]),
        ipv4(6, tcp(0x02), ends=V4[::-1]),
        ipv4(1, icmp(8, 0, struct.pack(">HH", 1, 1)), ends=V4[::-1]),
        ipv4(253, payload(20), ends=V4[::-1]),
        ipv4(17, udp(payload(20)), options=b"\1" * 4, ends=V4[::-1]),
    ]
    for kind in (0, 8):
        for length in (0, 56, 1000):
            yield icmp(kind, 0, struct.pack(">HH", 4711, 3), payload(length))
    for quoted in inside:
        for code in range(16):
            yield icmp(3, code, struct.pack(">HH", 0, 1400 if code == 4 else 0), quoted)
    yield icmp(3, 3, data=inside[0][:28])  # what RFC 792 asks for
    yield icmp(3, 3, data=inside[0][:20])
    yield icmp(3, 3)
    yield icmp(3, 4, struct.pack(">HH", 0, 0), inside[0])
    for code in range(4):
        yield icmp(5, code, bytes([10, 0, 0, 3]), inside[0])
    for code in range(2):
        yield icmp(11, code, data=inside[0])
    for code in range(3):
        yield icmp(12, code, b"\4\0\0\0", inside[0])
    yield icmp(4, 0, data=inside[0])
    yield icmp(13, 0, struct.pack(">HH", 1, 2), struct.pack(">III", 1000, 2000, 3000))
    yield icmp(14, 0, struct.pack(">HH", 1, 2), struct.pack(">III", 1000, 2000, 3000))
    yield icmp(17, 0, struct.pack(">HH", 1, 2), bytes(4))
    yield icmp(18, 0, struct.pack(">HH", 1, 2), bytes([255, 255, 255, 0]))
    yield icmp(10, 0)
    yield icmp(9, 0, b"\1\2\0\x1e", bytes([10, 0, 0, 9, 0, 0, 0, 0]))
    for kind in (1, 6, 15, 42, 255):
        yield icmp(kind, 0, data=payload(8))


def option6(kind, data):
    return bytes([kind, (len(data) + 2) // 8]) + data


def icmp6s():
    target = V6[1]
    mac = option6(1, MACS[6:])
    quoted = ipv6(17, udp(payload(20)), ends=V6[::-1])
    for kind in (128, 129):
        for length in (0, 56):
            yield icmp(kind, 0, struct.pack(">HH", 4711, 3), payload(length))
    for code in range(9):
        yield icmp(1, code, data=quoted)
    yield icmp(1, 4, data=ipv6(6, tcp(2), ends=V6[::-1]))
    yield icmp(1, 4, data=ipv6(58, icmp(128, 0), ends=V6[::-1]))
    yield icmp(2, 0, struct.pack(">I", 1280), quoted)
    for code in range(2):
        yield icmp(3, code, data=quoted)
    for code in range(3):
        yield icmp(4, code, struct.pack(">I", 6), quoted)
    yield icmp(135, 0, data=target + mac)
    yield icmp(135, 0, data=target)
    for flags in range(0, 256, 32):
        yield icmp(136, 0, bytes([flags, 0, 0, 0]), target + option6(2, MACS[:6]))
    yield icmp(133, 0)
    yield icmp(133, 0, data=mac)
    prefix = struct.pack(">BBIII", 64, 0xC0, 86400, 14400, 0) + V6[0][:8] + bytes(8)
    more = mac + option6(5, struct.pack(">HI", 0, 1400)) + option6(3, prefix)
    yield icmp(134, 0, b"\x40\x00\x07\x08", bytes(8))
    yield icmp(134, 0, b"\x40\xc0\x07\x08", bytes(8) + more)
    yield icmp(137, 0, data=target + V6[0])
    yield icmp(137, 0, data=target + V6[0] + mac)
    group = bytes.fromhex("ff02" + "00" * 13 + "fb")
    for kind in (130, 131, 132):
        yield icmp(kind, 0, struct.pack(">HH", 1000, 0), group)
    yield icmp(130, 0, struct.pack(">HH", 1000, 0), bytes(16) + b"\2\x7d\0\0")
    for kind in range(1, 7):
        record = struct.pack(">BBH", kind, 0, 0) + group
        yield icmp(143, 0, struct.pack(">HH", 0, 1), record)
    yield icmp(143, 0, struct.pack(">HH", 0, 2), (b"\4\0\0\0" + group) * 2)
    for kind in (5, 138, 139, 144, 200, 255):
        yield icmp(kind, 0, data=payload(8))


def others():
    inner = ipv4(17, udp(), ends=(bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])))
    inner6 = ipv6(17, udp(), ends=V6[::-1])
    yield 47, struct.pack(">HH", 0, 0x0800) + inner
    yield 47, struct.pack(">HH", 0, 0x86DD) + inner6
    yield 47, struct.pack(">HHI", 0x2000, 0x0800, 5) + inner
    yield 47, struct.pack(">HHI", 0x1000, 0x0800, 77) + inner
    yield 47, struct.pack(">HHHH", 0x8000, 0x0800, 0, 0) + inner
    yield 47, struct.pack(">HHHHII", 0xB000, 0x0800, 0, 0, 5, 77) + inner
    yield 47, struct.pack(">HH", 0, 0x6558) + MACS + b"\x08\x00" + inner
    yield 47, struct.pack(">HH", 0, 0x1234) + payload(8)
    yield 47, struct.pack(">HHHHI", 0x2001, 0x880B, 4, 5, 0) + payload(4)
    yield 4, inner
    yield 41, inner6
    yield 50, struct.pack(">II", 0x1234, 7) + payload(40)
    yield 51, struct.pack(">BBHII", 6, 4, 0, 0x1234, 7) + bytes(12) + tcp(0x10)
    yield 51, struct.pack(">BBHII", 17, 4, 0, 0x1234, 7) + bytes(12) + udp()
    sctp = struct.pack(">HHII", *PORTS, 1, 0)
    yield 132, sctp + struct.pack(">BBHIHHI", 1, 0, 20, 1, 1000, 10, 11) + struct.pack(">I", 12)
    yield 132, sctp + struct.pack(">BBHIHHI", 0, 3, 20, 1, 2, 3, 4) + payload(4)
    yield 132, sctp + struct.pack(">BBHIIHH", 3, 0, 16, 5, 1000, 0, 0)
    yield 132, sctp + struct.pack(">BBH", 11, 0, 4) + struct.pack(">BBH", 7, 0, 8) + bytes(4)
    yield 132, sctp
    yield 89, struct.pack(">BBH", 2, 1, 44) + bytes(40)
    yield 103, b"\x20\0\0\0" + bytes(4)
    yield 112, b"\x21\1\x64\1\0\1\0\0" + bytes([10, 0, 0, 9]) + bytes(8)
    yield 136, udp()
    yield 33, struct.pack(">HH", *PORTS) + bytes(12)
    for protocol in (3, 8, 9, 46, 55, 88, 94, 108, 115, 134, 143, 200, 253, 254, 255):
        yield protocol, payload(24)


def igmps():
    group = bytes([224, 1, 2, 3])
    for kind, time in ((0x11, 100), (0x11, 0), (0x12, 0), (0x16, 0), (0x17, 0)):
        yield struct.pack(">BBH", kind, time, 0) + group
    yield struct.pack(">BBH", 0x11, 100, 0) + bytes(4)
    yield struct.pack(">BBH", 0x11, 100, 0) + group + b"\2\x7d\0\0"
    yield struct.pack(">BBHHH", 0x22, 0, 0, 0, 1) + struct.pack(">BBH", 4, 0, 0) + group
    yield struct.pack(">BBHHH", 0x22, 0, 0, 0, 2) + (struct.pack(">BBH", 3, 0, 0) + group) * 2
    yield struct.pack(">BBH", 0x99, 0, 0) + group


# ---- IP packets ----


def fragments4():
    whole = udp(payload(3000 - 8))
    for data, protocol in ((whole, 17), (tcp(0x18, data=payload(2980)), 6), (icmp(8, 0, b"\0\1\0\2", payload(2992)), 1)):
        yield ipv4(protocol, data[:1480], fragment=0x2000)
        yield ipv4(protocol, data[1480:2960], fragment=0x2000 | 185)
        yield ipv4(protocol, data[2960:3000], fragment=370)
    yield ipv4(17, udp(), fragment=0x4000)
    yield ipv4(17, whole[:8], fragment=0x2000)
    yield ipv4(253, payload(16), fragment=0x2000)


def fragments6():
    for data, protocol in ((udp(payload(2992)), 17), (tcp(0x18, data=payload(2980)), 6), (icmp(128, 0, b"\0\1\0\2", payload(2992)), 58)):
        for at, more in ((0, 1), (1448, 1), (2896, 0)):
            head = struct.pack(">BBHI", protocol, 0, at | more, 4711)
            yield ipv6(44, head + data[at : at + 1448])
    yield ipv6(44, struct.pack(">BBHI", 17, 0, 0, 4711) + udp())


def extensions6():
    pad = b"\1\4\0\0\0\0"
    alert = b"\5\2\0\0\1\0"
    jumbo = b"\xc2\4\0\1\0\0"
    last = ((17, udp()), (6, tcp(0x10)), (58, icmp(128, 0, b"\0\1\0\2", b"ping")))
    segments = struct.pack(">BBBBI", 0, 2, 0, 1, 0) + V6[1]
    for protocol, data in last:
        yield ipv6(0, bytes([protocol, 0]) + pad + data)
        yield ipv6(0, bytes([protocol, 0]) + alert + data)
        yield ipv6(60, bytes([protocol, 0]) + pad + data)
        yield ipv6(60, bytes([protocol, 1]) + b"\1\x0c" + bytes(12) + data)
        yield ipv6(43, bytes([protocol]) + b"\2\2\1" + bytes(4) + V6[1] + data)
        yield ipv6(43, bytes([protocol]) + b"\0\0\0" + bytes(4) + data)
        yield ipv6(43, bytes([protocol]) + b"\2\4\0\0\0\0\0" + V6[1] + data)
        yield ipv6(0, bytes([43, 0]) + pad + bytes([60]) + b"\0\0\0" + bytes(4) + bytes([protocol, 0]) + pad + data)
        yield ipv6(51, struct.pack(">BBHII", protocol, 4, 0, 0x1234, 7) + bytes(12) + data)
    yield ipv6(0, bytes([17, 0]) + jumbo + udp())
    yield ipv6(50, struct.pack(">II", 0x1234, 7) + payload(40))
    yield ipv6(59, b"")
    yield ipv6(59, payload(4))
    yield ipv6(135, bytes([59, 0, 5, 0, 0, 0, 0, 0]))
    yield ipv6(43, bytes([17]) + segments[1:] + udp())


def ip_packets():
    for data in tcps():
        yield ipv4(6, data)
    for flags in (0x02, 0x12, 0x10, 0x18, 0x11, 0x04, 0x14, 0xC2, 0x00):
        yield ipv6(6, tcp(flags))
    for options in tcp_options():
        yield ipv6(6, tcp(0x10, options))
    for data in udps():
        yield from both(17, data)
    for data in icmps():
        yield ipv4(1, data)
    for data in icmp6s():
        yield ipv6(58, data)
        if data[0] in range(130, 138) or data[0] == 143:
            hop = bytes([58, 0]) + b"\5\2\0\0\1\0"
            yield ipv6(0, hop + data, ends=LOCAL)
    for protocol, data in others():
        yield from both(protocol, data)
    for data in igmps():
        yield ipv4(2, data, options=b"\x94\4\0\0", ends=(V4[0], bytes([224, 0, 0, 22])))
        yield ipv4(2, data, ends=(V4[0], bytes([224, 0, 0, 1])))
    for options in (
        b"\1" * 4,
        b"\1" * 40,
        b"\x94\4\0\0",
        b"\7\x0f\x04" + bytes(12) + b"\0",
        b"\x44\x0c\5\0" + bytes(8),
        b"\x83\7\4" + bytes(4) + b"\0",
        b"\x89\7\4" + bytes(4) + b"\0",
    ):
        yield ipv4(17, udp(), options=options)
        yield ipv4(6, tcp(0x10), options=options)
    yield from fragments4()
    yield from fragments6()
    yield from extensions6()
    for version in (0, 1, 5, 7, 15):
        yield bytes([version << 4 | 5]) + ipv4(17, udp())[1:]
    yield ipv4(17, udp(), words=4)
    yield ipv4(17, udp(), total=10)
    yield ipv4(17, udp()) + bytes(18)  # padding
    yield ipv6(17, udp()) + bytes(18)
    yield ipv6(17, udp(), ends=(V4[0].rjust(16, b"\0"), (b"\xff\xff" + V4[1]).rjust(16, b"\0")))
    yield ipv6(17, udp(), ends=(bytes(16), LOCAL[1]))
    yield ipv4(17, udp(), ends=(bytes(4), b"\xff" * 4))


def cuts():
    """Of one of each kind every beginning."""
    for packet in (
        ipv4(17, udp()),
        ipv4(6, tcp(0x12, b"\2\4\5\xb4\4\2\x08\x0a" + bytes(8) + b"\1\3\3\7")),
        ipv4(1, icmp(3, 3, data=ipv4(17, udp(), ends=V4[::-1]))),
        ipv4(2, struct.pack(">BBH", 0x16, 0, 0) + bytes([224, 1, 2, 3])),
        ipv4(47, struct.pack(">HHI", 0x2000, 0x0800, 5) + ipv4(17, udp())),
        ipv4(50, struct.pack(">II", 0x1234, 7) + payload(4)),
        ipv6(17, udp()),
        ipv6(6, tcp(0x10, b"\1\1\5\x0a" + bytes(8))),
        ipv6(58, icmp(135, 0, data=V6[1] + option6(1, MACS[6:]))),
        ipv6(0, bytes([44, 0]) + b"\5\2\0\0\1\0" + struct.pack(">BBHI", 58, 0, 0, 1) + icmp(128, 0, b"\0\1\0\2")),
        ipv6(43, bytes([17]) + b"\2\2\1" + bytes(4) + V6[1] + udp()),
    ):
        for length in range(1, len(packet)):
            yield packet[:length]
