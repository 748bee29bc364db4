/* SPDX-License-Identifier: MIT */
/*
 * decode: the packets of a capture file as `tunic attach … print` would show them.
 *
 *   decode FILE [link]
 *
 * A line for each, `link` with the Ethernet header.
 */
#include "packet/packet.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    char text[TUNIC_DECODE_TEXT];
    char why[PCAP_ERRBUF_SIZE];
    struct pcap_pkthdr *header;
    const u_char *packet;
    bool link = argc > 2 && strcmp(argv[2], "link") == 0;

    if (argc < 2)
        return 2;
    pcap_t *file = pcap_open_offline(argv[1], why);
    if (!file) {
        (void)fprintf(stderr, "decode: %s\n", why);
        return 1;
    }
    enum tunic_layer layer =
        pcap_datalink(file) == DLT_EN10MB ? TUNIC_LAYER_ETHERNET : TUNIC_LAYER_IP;
    int result;
    while ((result = pcap_next_ex(file, &header, &packet)) == 1) {
        tunic_decode(layer, link, packet, header->caplen, text);
        (void)puts(text);
    }
    pcap_close(file);
    return result == PCAP_ERROR_BREAK ? 0 : 1;
}
