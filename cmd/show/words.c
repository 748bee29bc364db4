/* SPDX-License-Identifier: MIT */
/* Words that several forms use. */
#include "show/show.h"

const char *show_state(const struct tunic_link *link)
{
    if (!(link->flags & IFF_UP))
        return "down";
    return link->carrier ? "up" : "no carrier";
}

const char *show_operstate(uint8_t operstate)
{
    static const char *const words[] = {"UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN",
                                        "TESTING", "DORMANT",    "UP"};

    return operstate < TUNIC_COUNT(words) ? words[operstate] : "UNKNOWN";
}

void show_access(const struct showing *showing, const struct tunic_link *link,
                 struct tunic_text *text)
{
    if (tunic_interface_open_to_all(link))
        tunic_text_add(text, "anyone");
    if (link->owner != TUNIC_ID_NONE)
        tunic_text_add(text, "%s", accounts_user(showing->accounts, link->owner));
    if (link->group != TUNIC_ID_NONE)
        tunic_text_add(text, "%sgroup %s", link->owner != TUNIC_ID_NONE ? " in " : "",
                       accounts_group(showing->accounts, link->group));
}
