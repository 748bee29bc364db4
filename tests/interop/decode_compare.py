# SPDX-License-Identifier: MIT
"""What tcpdump says of the packets of a file, and what tunic says, field by field.

    decode_compare.py THEIRS OURS

THEIRS are the lines of tcpdump with their numbers (-#), which may go on below; OURS has one line a
packet. Every value of a field that tcpdump shows tunic has to show as well, in the same order; it
may show more. Prints what does not agree, and as its last line how much does; exit code 1 where
something does not.
"""

import re
import sys

FIELDS = {
    "macs": r"((?:[0-9a-f]{2}:){5}[0-9a-f]{2} > (?:[0-9a-f]{2}:){5}[0-9a-f]{2})",
    "types": r"ethertype [^(,]*\((0x[0-9a-f]{4})\)",
    "tags": r"\b(vlan \d+, p \d+(?:, DEI)?)",
    "protocols": r"(?<![\w.])(IP6?|ICMP6?|UDP|Flags|sctp|igmp|ESP|AH|GREv[01]|ARP|RARP|Reverse|OSPFv2"
    r"|PIMv2|VRRPv2|DCCP|IPComp|frag|HBH|DSTOPT|RT6|STP|ip-proto-\d+|no next header)(?![\w.-])",
    "addresses": r"(?<![0-9a-f:])((?:\d+\.){3}[\d.]+ > (?:\d+\.){3}[\d.]+|[0-9a-f]*:[0-9a-f:.]+ > [0-9a-f]*:[0-9a-f:.]+):",
    "ports": r"\s(\d+ > \d+):",
    "missing": r"(\d+) bytes missing",
    "flags": r"Flags \[(.*?)\]",
    "numbers": r"\b((?:seq|ack|win|urg|id|mtu|code|octet|flowid) \d+(?::\d+)?(?!\w))",
    "options": r"options \[(.*?)\](?=, length)",
    "fragments": r"frag \(([^)]*)\)",
    "tunnels": r"((?:spi|key)=0x[0-9a-f]+)",
    "icmp": r"ICMP6?,? ([a-z][^,\[]*?) ?(?=[,\[]|$)",
    "targets": r"((?:who has|who-has|tgt is|tell|is-at|addr:|max resp delay:) ?[0-9a-f.:]+)",
    "igmp": r"igmp ([a-z0-9].*)",
    "lengths": r"\blength (\d+)",
}

# Where tunic knowingly says something else: what tcpdump's line looks like, in which fields, and why.
DIFFERENT = [
    # Options of which tcpdump says more: in other units, with a key that it lacks, in parts.
    (r"options \[.*(uto|md5|tcp-ao) ", {"options"}),
    (r"options \[mss \d+\[len 3\]", {"options"}),  # a length that cannot be: shown as it is
    (r"ICMP (time stamp reply|router advertisement)", {"icmp", "numbers"}),  # more of it
    (r"multicast listener (query|report|done)max", {"icmp"}),  # a blank is missing
    (r"(node information|ha discovery) ", {"icmp", "numbers"}),  # not known to tunic
    (r"unreachable prohibited|unknown unreach code", {"icmp"}),
    (r"EGPv", {"numbers"}),
    (r"sctp .*\[SACK\] \[cum ack", {"numbers"}),  # what is in a chunk
    (r"DCCP DCCP-", {"protocols"}),
    (r": (?:[0-9a-f]{2}:){5}[0-9a-f]{2} > .* ethertype .*6d6e", None),  # protocol 143, since 2023
    (r"\[\|mobility\]|LLDP, |unknown \(0\)", {"lengths"}),
    (r"mtrace response|ICMP6, .*[^>] \[\|icmp6\]$", {"icmp"}),
    (r"STP 802.1d|ssap SNAP|NetBeui", None),  # LLC, of which tunic says little
    (r"proto TEB", None),  # with -e the header of the frame inside, too
    (r"wrong link-layer encapsulation", {"protocols"}),
    (r"tell 10\.0\.0\.6,", {"targets"}),  # ARP of Token Ring
    # Of a header that is cut off tunic says nothing but that, tcpdump what is there of it.
    (r"GREv0 \[\|gre\]|RT6 .*\[\|rt6\]|missing!.*HBH frag \(0\|8\)$", {"protocols", "fragments"}),
]


def theirs(path):
    lines = []
    with open(path, encoding="ascii") as file:
        for line in file:
            begins = re.match(r" *(\d+)  (.*)", line)
            if begins and int(begins[1]) == len(lines) + 1:
                lines.append(" ".join(begins[2].split()))
    return lines


def ours(path):
    with open(path, encoding="ascii") as file:
        return [" ".join(line.split()) for line in file]


def missing(values, among):
    """The first of the values that is not among others in their order; None where all are."""
    rest = iter(among)
    return next((value for value in values if not any(value == other for other in rest)), None)


def excused(line, field):
    return any(
        (fields is None or field in fields) and re.search(pattern, line)
        for pattern, fields in DIFFERENT
    )


def compare(their, our):
    """Yields for each field that tcpdump shows its name, and what tunic lacks of it, or None."""
    for field, pattern in FIELDS.items():
        values = re.findall(pattern, their)
        if values:
            yield field, missing(values, re.findall(pattern, our))


def main():
    pairs = theirs(sys.argv[1]), ours(sys.argv[2])
    if len(pairs[0]) != len(pairs[1]):
        sys.exit(f"{len(pairs[0])} packets of tcpdump's, {len(pairs[1])} of tunic's")
    agreed = differing = known = equal = 0
    for number, (their, our) in enumerate(zip(*pairs), 1):
        equal += their == our
        for field, lacks in compare(their, our):
            if lacks is None:
                agreed += 1
            elif excused(their, field):
                known += 1
            else:
                differing += 1
                print(f"{number} {field}: {lacks}\n  tcpdump {their}\n  tunic   {our}")
    print(
        f"{len(pairs[0])} packets, {equal} lines equal, "
        f"{agreed} fields agree, {known} differ as known, {differing} differ"
    )
    sys.exit(differing > 0)


if __name__ == "__main__":
    main()
