/* SPDX-License-Identifier: MIT */
/*
 * lib/packet: packets in memory. No I/O, no allocation, no state but what the caller keeps.
 *
 *   checksum.c  the Internet checksum (RFC 1071), alone and fused with copying
 *   headers.c   where the headers of a packet lie
 *   split.c     a super-packet of the device (TSO, USO) becomes the packets that it stands for
 *   flow.c      which flow a packet belongs to, and flows put in order
 *   merge.c     packets of one flow become a super-packet again (as the kernel's GRO does);
 *               merge_take.c: what is written of it
 *   clamp.c     the TCP option MSS made to fit (RFC 879, 6691)
 *   ecn.c       congestion told outside is told inside (RFC 6040)
 *   decode.c    a packet as a line for people; decode_*.c, a file for each protocol
 *   respond.c   the answers of a host that has every address
 *   frame.c     packets in a stream, as simpletun has them
 *   answer.c    the answer to a packet that cannot go on (RFC 792, 1191, 4443)
 *   reply.c     what all answers have in common
 *
 * Everything that is read is hostile: a length is checked against the real buffer before it is
 * used. Sources: linux/virtio_net.h for the header that the device puts before each packet; RFC
 * 791, 793, 768, 8200 for what a packet is.
 */
#ifndef TUNIC_PACKET_H
#define TUNIC_PACKET_H

#include "base/base.h"

#include <linux/virtio_net.h>
#include <sys/types.h>
#include <sys/uio.h>

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5 /* Linux 6.2 */
#endif

/* What a packet begins with. */
enum tunic_layer {
    TUNIC_LAYER_IP,       /* mode tun */
    TUNIC_LAYER_ETHERNET, /* mode tap; VLAN tags may follow */
};

enum {
    TUNIC_PACKET_MOST = 65535,  /* bytes of one packet or super-packet, either layer */
    TUNIC_HEADERS_MOST = 256,   /* bytes of the headers that split and merge take */
    TUNIC_ETHERNET_HEADER = 14, /* without tags */
};

/* ---- checksums ------------------------------------------------------------------------- */

/* Sums are kept unfolded, in the machine's byte order of the 16-bit words as they lie in memory:
 * only the folded result means anything. What these functions return is below 2^17, so that sums
 * and words may be added with +. Every piece but the last must be of even length. */
uint32_t tunic_checksum_add(uint32_t sum, const void *bytes, size_t length);
/* The same of `source`, which is copied to `target` on the way; they may not overlap. */
uint32_t tunic_checksum_copy(uint32_t sum, void *target, const void *source, size_t length);
/* To 16 bits, not complemented. */
uint16_t tunic_checksum_fold(uint32_t sum);
/* The sum of an IPv4 or IPv6 pseudo-header (RFC 793, 8200): `network` is the IP header, `length`
 * that of the transport header with its payload. */
uint32_t tunic_checksum_pseudo(const uint8_t *network, uint8_t protocol, uint32_t length);

/* ---- where the headers lie ------------------------------------------------------------- */

/* Offsets from the first byte of the packet. */
struct tunic_headers {
    uint16_t network;      /* the IP header */
    uint16_t transport;    /* what follows it: TCP, UDP or whatever `protocol` says */
    uint16_t payload;      /* behind the TCP or UDP header; of others: as `transport` */
    uint16_t end;          /* of the IP packet; what lies behind it is padding */
    uint8_t version;       /* 4 or 6; 0: not IP (ARP…), and only `network` is set */
    uint8_t protocol;      /* IPPROTO_…; of IPv6 the last of the headers passed over */
    uint8_t traffic_class; /* ToS, with the ECN bits */
    bool fragment;         /* any but a whole packet: then `payload` is as `transport` */
    bool options;          /* IPv4 options or IPv6 extension headers are there */
};

/* False: it is not a packet that the kernel may be given: too short for what it claims to be, or
 * (layer IP) of no known version. A TCP or UDP header that does not fit or contradicts the length
 * is no such failure: `protocol` is then IPPROTO_RAW. */
bool tunic_headers_read(struct tunic_headers *headers, enum tunic_layer layer,
                        const uint8_t *packet, size_t length);

/* ---- splitting ------------------------------------------------------------------------- */

/* One packet on its way out, in two pieces: the head (a copy of the headers, or all of an unsplit
 * packet) and the body (the payload, where the device put it). */
struct tunic_packet {
    uint8_t *head; /* the headroom asked for lies before it and may be written */
    const uint8_t *body;
    uint16_t head_length;
    uint16_t body_length; /* 0: no body */
    /* Where in the head the checksum still lacks the sum of the body: the field holds the folded,
     * uncomplemented sum of all the rest. 0: nothing is lacking. A field that ends the head is
     * UDP's, where a sum of zero is written as 0xFFFF. */
    uint16_t checksum;
    uint8_t traffic_class; /* of the IP header: ECN has to be told outside; 0 of what is not IP */
    uint32_t flow;         /* for tunic_packets_arrange; nothing else looks at it */
};

/* Adds what the checksum lacks, reading the body. */
void tunic_packet_finish(struct tunic_packet *packet);
/* Copies head and body to `target`, which has room, adding it on the way. Returns the length. */
size_t tunic_packet_copy(const struct tunic_packet *packet, uint8_t *target);

/* A super-packet being split. */
struct tunic_split {
    uint8_t *packet;
    size_t length;
    struct tunic_headers headers;
    bool whole;              /* not to be split: it goes out as it is */
    uint32_t index;          /* of the next packet */
    uint32_t offset;         /* of the payload not yet given out */
    uint32_t sequence;       /* TCP: of the byte at `offset` */
    uint16_t size;           /* payload of each packet but the last */
    uint16_t identification; /* of the super-packet's IPv4 header */
    uint8_t flags;           /* of its TCP header */
    uint32_t network_base;   /* the sum of what is equal in all of the packets: the IPv4 header */
    uint32_t transport_base; /* and the pseudo-header with the transport header */
    /* The headers; what differs between the packets is written over in each. */
    uint8_t common[TUNIC_HEADERS_MOST];
};

/* Judges what the device gave: its virtio-net header (little endian) and `length` bytes behind it.
 * -EBADMSG: they contradict each other, or it is no packet at all. A checksum that is left to us
 * (VIRTIO_NET_HDR_F_NEEDS_CSUM) is completed in place where the packet is not split. */
int tunic_split_begin(struct tunic_split *split, const struct virtio_net_hdr *header,
                      enum tunic_layer layer, uint8_t *packet, size_t length);
/* Gives out up to `room` more packets. Heads are written to `heads`, one after the other,
 * `headroom` bytes before each: (headroom + TUNIC_HEADERS_MOST) * room bytes are enough; `*used`
 * tells how many they took. An unsplit packet's head is the packet itself, with whatever lies
 * before it. Returns how many; 0 at the end. */
size_t tunic_split_next(struct tunic_split *split, struct tunic_packet *packets, size_t room,
                        uint8_t *heads, size_t headroom, size_t *used);

/* ---- flows ----------------------------------------------------------------------------- */

/* Tells flows apart: the addresses, and the ports of TCP and UDP. The upper bits are the better
 * ones. 0: it cannot be told, as of a fragment, or of what is not IP. Not secret: whoever makes
 * flows collide may cost us work, and nothing may depend on it but that. */
uint64_t tunic_flow_hash(const struct tunic_headers *headers, const uint8_t *packet);

enum { TUNIC_ARRANGE_MOST = 256 };
/* Brings packets of one `flow` together, so that neighbours are equal in size more often: 16 flows
 * that take turns become 16 runs. Of one flow each keeps its order, and one of flow 0 its place
 * among all. No more than TUNIC_ARRANGE_MOST. */
void tunic_packets_arrange(struct tunic_packet *packets, size_t count);

/* ---- merging --------------------------------------------------------------------------- */

enum { TUNIC_MERGE_PACKETS = 2048, TUNIC_MERGE_FLOWS = 256, TUNIC_MERGE_PIECES = 512 };

/* What the device takes super-packets of. */
enum {
    TUNIC_MERGE_TCP4 = 1,
    TUNIC_MERGE_TCP6 = 2,
    TUNIC_MERGE_UDP = 4, /* both families: the kernel has them only together */
};

/* Packets of one flow, in order; indices into the arrays of struct tunic_merge. */
struct tunic_merge_group {
    uint16_t first; /* packet */
    uint16_t last;
    uint16_t count;
    uint16_t size;           /* payload of each but the last */
    uint32_t sequence;       /* TCP: of the byte expected next */
    uint32_t length;         /* of the merged packet */
    uint16_t identification; /* IPv4: of the last */
    uint8_t kind;            /* TUNIC_MERGE_…; 0: it stays alone */
    uint8_t state;
    struct tunic_headers headers; /* of the first */
};

/* The group that a flow's next packet may join. */
struct tunic_merge_flow {
    uint16_t tag;   /* of the hash */
    uint16_t group; /* plus one; 0: an empty entry */
};

/* The packets of one batch. Large: lives as long as its owner. */
struct tunic_merge {
    enum tunic_layer layer;
    unsigned kinds; /* TUNIC_MERGE_… */
    size_t packet_count;
    size_t group_count;
    struct {
        uint8_t *data;
        uint16_t length;
        uint16_t payload; /* offset */
        uint16_t next;
    } packets[TUNIC_MERGE_PACKETS];
    struct tunic_merge_group groups[TUNIC_MERGE_PACKETS];
    struct tunic_merge_flow flows[TUNIC_MERGE_FLOWS]; /* by hash */
    uint16_t recent;                                  /* the group of the packet before */
    uint8_t scratch[TUNIC_PACKET_MOST + 1]; /* small payloads of the group that was taken last */
};

/* Once, and again whenever `kinds` changes. */
void tunic_merge_prepare(struct tunic_merge *merge, enum tunic_layer layer, unsigned kinds);
/* Takes one packet, which stays where it is until the batch is over; its headers may be written.
 * Packets of one flow keep their order. -EBADMSG: tunic_headers_read refuses it (count it and drop
 * it). -ENOSPC: the batch is full. */
int tunic_merge_add(struct tunic_merge *merge, uint8_t *packet, size_t length);
/* What is to be written to the device as group `index` of `group_count`: its header (little endian;
 * num_buffers is not part of it) and up to TUNIC_MERGE_PIECES pieces, which are valid until the
 * next take. Returns how many. */
size_t tunic_merge_take(struct tunic_merge *merge, size_t index, struct virtio_net_hdr *header,
                        struct iovec pieces[TUNIC_MERGE_PIECES]);
/* Forgets all packets: a new batch begins. */
void tunic_merge_reset(struct tunic_merge *merge);

/* ---- fitting --------------------------------------------------------------------------- */

/* `limit` is the length of the largest packet of this layer that goes through whole. What of it is
 * left to IP depends on the packet: the segments of a tagged SYN are tagged themselves. */

/* Lowers the MSS of a TCP SYN to what leaves packets with the same headers before IP within
 * `limit`, and mends its checksum, which must be complete (as it is in an unsplit packet). Anything
 * else is left alone. */
void tunic_clamp_mss(const struct tunic_headers *headers, uint8_t *packet, size_t length,
                     uint32_t limit);

/* Tells a packet what the datagram met on its way that carried it and had this traffic class (ECN,
 * RFC 6040), header checksum included. False: it met congestion, the packet's transport would not
 * understand that (Not-ECT), and it has to be dropped instead. What is not IP is left as it is:
 * true. */
bool tunic_congestion_mark(enum tunic_layer layer, uint8_t traffic_class, uint8_t *packet,
                           size_t length);

enum { TUNIC_ANSWER_MOST = 1280 + TUNIC_ETHERNET_HEADER + 8 };

/* Writes the ICMP or ICMPv6 error that tells the sender of `packet` the MTU that fits, as a packet
 * of the same layer. Returns its length, or 0 where none may be sent: not IP, IPv4 without DF, an
 * ICMP error itself, a later fragment, to or from a multicast or unspecified address, an MTU below
 * what the family allows (68, 1280). */
size_t tunic_too_big(enum tunic_layer layer, const uint8_t *packet, size_t length, uint32_t limit,
                     uint8_t answer[TUNIC_ANSWER_MOST]);
/* The same for one that there is no way for. */
size_t tunic_no_route(enum tunic_layer layer, const uint8_t *packet, size_t length,
                      uint8_t answer[TUNIC_ANSWER_MOST]);

/* ---- for people ------------------------------------------------------------------------ */

enum { TUNIC_DECODE_TEXT = 1024 };

/* One line of printable ASCII, without its end, that says what a packet is, as a user of tcpdump -n
 * knows it; `link` begins it with the Ethernet header. What does not fit or is not understood is
 * left out or said so; nothing of a packet can make it longer than this, or end it. */
void tunic_decode(enum tunic_layer layer, bool link, const uint8_t *packet, size_t length,
                  char text[TUNIC_DECODE_TEXT]);

/* ---- responding ------------------------------------------------------------------------ */

/* A host that has every address but those of the kernel's side. */
struct tunic_responder {
    uint8_t mac[6];                 /* layer Ethernet: its own */
    const uint8_t (*broadcasts)[4]; /* IPv4 addresses that nobody answers to */
    size_t broadcast_count;
};

/* Writes what such a host answers to an ARP request, a neighbour solicitation, or an echo request,
 * as a packet of the same layer: never longer than `length`, for which `answer` has room. Returns
 * its length; 0: no answer. None is given to what is malformed or has a wrong checksum, to a
 * fragment, to or from a multicast, broadcast or unspecified address (so neither to duplicate
 * address detection), nor to a frame that is not for it. */
size_t tunic_responder_answer(const struct tunic_responder *responder, enum tunic_layer layer,
                              const uint8_t *packet, size_t length, uint8_t *answer);

/* ---- frames ---------------------------------------------------------------------------- */

enum { TUNIC_FRAME_PREFIX = 2 }; /* bytes before each packet in a stream: its length, big endian */

/* How many bytes the packet has whose frame begins there; 0: more than `length` bytes are needed to
 * tell; -EBADMSG: it is no frame, since none is empty. All of it may not be there yet. */
ssize_t tunic_frame_length(const uint8_t *stream, size_t length);

#endif
