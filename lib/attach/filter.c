/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. An expression is compiled for packets as they are read. In the kernel the
 * same program runs before a packet is queued; but there a VLAN tag lies beside the packet, and the
 * program would take a tagged packet for an untagged one. So the kernel is told to let tagged ones
 * through, whatever they are, and all that is read is judged again here.
 *
 * The kernel's filter is the interface's: it would be that of every queue, so where others may have
 * queues, of a multi_queue interface, there is none.
 */
#include "attach/engine.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>

int tunic_attach_datalink(enum tunic_layer layer)
{
    return layer == TUNIC_LAYER_ETHERNET ? DLT_EN10MB : DLT_RAW;
}

int tunic_filter_open(struct tunic_filter *filter, enum tunic_layer layer, const char *expression,
                      struct tunic_error *error)
{
    *filter = (struct tunic_filter){0};
    if (!expression)
        return 0;
    pcap_t *compiler = pcap_open_dead(tunic_attach_datalink(layer), TUNIC_PACKET_MOST);
    if (!compiler)
        return tunic_error_memory(error);
    int result = 0;
    if (pcap_compile(compiler, &filter->program, expression, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        char why[sizeof(error->cause)];
        tunic_text_escape(why, sizeof(why), pcap_geterr(compiler));
        result = tunic_error_set(error, TUNIC_USAGE, "the filter is wrong");
        tunic_error_cause(error, "%s", why);
        tunic_error_hint(error, "filters are as pcap-filter(7) describes them");
    }
    pcap_close(compiler);
    return result;
}

void tunic_filter_close(struct tunic_filter *filter)
{
    pcap_freecode(&filter->program);
}

bool tunic_filter_fits(const struct tunic_filter *filter, const uint8_t *packet, size_t length)
{
    const struct pcap_pkthdr header = {.caplen = (bpf_u_int32)length, .len = (bpf_u_int32)length};

    return !filter->program.bf_insns || pcap_offline_filter(&filter->program, &header, packet) != 0;
}

void tunic_filter_install(const struct tunic_filter *filter, struct tunic_queue *queue)
{
    static const struct sock_filter tagged[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
    };
    size_t count = filter->program.bf_len;
    struct tunic_error ignored;

    if (!filter->program.bf_insns || count + TUNIC_COUNT(tagged) > BPF_MAXINSNS)
        return;
    struct sock_filter *instructions = malloc(sizeof(tagged) + count * sizeof(*instructions));
    if (!instructions)
        return;
    memcpy(instructions, tagged, sizeof(tagged));
    for (size_t i = 0; i < count; i++) {
        const struct bpf_insn *from = &filter->program.bf_insns[i];
        instructions[TUNIC_COUNT(tagged) + i] =
            (struct sock_filter){.code = from->code, .jt = from->jt, .jf = from->jf, .k = from->k};
    }
    const struct sock_fprog program = {.len = (unsigned short)(TUNIC_COUNT(tagged) + count),
                                       .filter = instructions};
    (void)tunic_queue_filter(queue, &program, &ignored);
    free(instructions);
}
