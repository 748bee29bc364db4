/* SPDX-License-Identifier: MIT */
/* Private to lib/interface: attributes as the words that would set them. */
#ifndef TUNIC_INTERFACE_SAVE_H
#define TUNIC_INTERFACE_SAVE_H

#include "interface/interface.h"

struct tunic_saving {
    const struct tunic_interface *interface;
    uint32_t flags; /* IFF_… of linux/if_tun.h */
    struct tunic_text *text;
    struct tunic_text *notes; /* comments: what cannot be said */
};

/* Each adds " WORD [VALUE]", or nothing where that is what an interface has anyway. */
void tunic_save_mode(const struct tunic_saving *saving);
void tunic_save_user(const struct tunic_saving *saving);
void tunic_save_group(const struct tunic_saving *saving);
void tunic_save_pi(const struct tunic_saving *saving);
void tunic_save_one_queue(const struct tunic_saving *saving);
void tunic_save_vnet_hdr(const struct tunic_saving *saving);
void tunic_save_multi_queue(const struct tunic_saving *saving);
void tunic_save_napi(const struct tunic_saving *saving);
void tunic_save_napi_frags(const struct tunic_saving *saving);
void tunic_save_mac(const struct tunic_saving *saving);
void tunic_save_mtu(const struct tunic_saving *saving);
void tunic_save_txqueuelen(const struct tunic_saving *saving);
void tunic_save_alias(const struct tunic_saving *saving);
void tunic_save_altname(const struct tunic_saving *saving);
void tunic_save_master(const struct tunic_saving *saving);
void tunic_save_addr(const struct tunic_saving *saving);
void tunic_save_linkdown_routes(const struct tunic_saving *saving);
void tunic_save_forwarding(const struct tunic_saving *saving);
void tunic_save_down(const struct tunic_saving *saving);
void tunic_save_up(const struct tunic_saving *saving);
void tunic_save_route(const struct tunic_saving *saving);

#endif
