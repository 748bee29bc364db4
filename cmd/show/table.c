/* SPDX-License-Identifier: MIT */
/*
 * The table for people. Cells are collected first, so that columns are as wide as what stands in
 * them; a column in which nothing stands is left out. What wants attention is coloured: open to
 * every user, and held by a process.
 */
#include "show/color.h"
#include "show/show.h"

#include <stdio.h>
#include <string.h>

enum column {
    COLUMN_NAME,
    COLUMN_MODE,
    COLUMN_STATE,
    COLUMN_ACCESS,
    COLUMN_MTU,
    COLUMN_MASTER,
    COLUMN_HELD,
    COLUMN_ADDRESSES,
    COLUMN_COUNT
};

static const char *const titles[COLUMN_COUNT] = {"NAME", "MODE",   "STATE",   "MAY ATTACH",
                                                 "MTU",  "MASTER", "HELD BY", "ADDRESSES"};

/* What every column of one row holds. */
struct row {
    struct tunic_text cells[COLUMN_COUNT];
};

/* ---- cells ----------------------------------------------------------------------------- */

static void fill_flags(const struct tunic_link *link, struct tunic_text *cell)
{
    tunic_text_add(cell, "%s", link->tap ? "tap" : "tun");
    if (link->multi_queue)
        tunic_text_add(cell, "+mq");
    if (link->pi)
        tunic_text_add(cell, "+pi");
    if (link->vnet_hdr)
        tunic_text_add(cell, "+vnet");
}

static void fill_holders(const struct showing *showing, const struct tunic_link *link,
                         struct tunic_text *cell)
{
    size_t count = 0;
    const struct tunic_holder *holder =
        showing->holders ? tunic_holders_of(showing->holders, link->name, &count) : NULL;
    char name[128];

    if (count == 0) {
        if (tunic_interface_looks_held(link))
            tunic_text_add(cell, "(hidden)");
        return;
    }
    tunic_text_escape(name, sizeof(name), holder->name);
    tunic_text_add(cell, "%s[%d]%s", name, holder->pid, holder->certain ? "" : "?");
    if (count > 1)
        tunic_text_add(cell, " +%zu", count - 1);
}

static void fill_addresses(const struct tunic_interface *interface, struct tunic_text *cell)
{
    for (size_t i = 0; i < interface->address_count; i++) {
        const struct tunic_address *address = &interface->addresses[i];
        char text[TUNIC_VALUE_TEXT];
        tunic_address_text(address, text);
        tunic_text_add(cell, "%s%s%s", i ? ", " : "", text,
                       address->duplicate   ? " duplicate"
                       : address->tentative ? " tentative"
                                            : "");
    }
}

static void fill_row(const struct showing *showing, const struct tunic_interface *interface,
                     struct row *row)
{
    const struct tunic_link *link = &interface->link;
    char name[4 * IFNAMSIZ];

    for (unsigned i = 0; i < COLUMN_COUNT; i++)
        tunic_text_clear(&row->cells[i]);
    tunic_text_escape(name, sizeof(name), link->name);
    tunic_text_add(&row->cells[COLUMN_NAME], "%s", name);
    fill_flags(link, &row->cells[COLUMN_MODE]);
    tunic_text_add(&row->cells[COLUMN_STATE], "%s", show_state(link));
    show_access(showing, link, &row->cells[COLUMN_ACCESS]);
    tunic_text_add(&row->cells[COLUMN_MTU], "%u", link->mtu);
    tunic_text_escape(name, sizeof(name), interface->master);
    tunic_text_add(&row->cells[COLUMN_MASTER], "%s", name);
    fill_holders(showing, link, &row->cells[COLUMN_HELD]);
    fill_addresses(interface, &row->cells[COLUMN_ADDRESSES]);
}

/* ---- printing -------------------------------------------------------------------------- */

static const char *color_of(enum column column, const struct tunic_link *link)
{
    switch (column) {
    case COLUMN_NAME:
        return BOLD;
    case COLUMN_STATE:
        return (link->flags & IFF_UP) ? (link->carrier ? GREEN : "") : DIM;
    case COLUMN_ACCESS:
        return tunic_interface_open_to_all(link) ? RED : "";
    case COLUMN_HELD:
        return YELLOW;
    case COLUMN_MODE:
    case COLUMN_MTU:
    case COLUMN_MASTER:
    case COLUMN_ADDRESSES:
    case COLUMN_COUNT:
        break;
    }
    return "";
}

/* Prints one row; `link` is NULL for the titles. */
static void print_row(const char *const texts[COLUMN_COUNT], const size_t widths[COLUMN_COUNT],
                      const struct tunic_link *link, bool color)
{
    size_t pending = 0; /* blanks, which are printed only before something */

    for (unsigned i = 0; i < COLUMN_COUNT; i++) {
        if (widths[i] == 0)
            continue;
        const char *paint = !color ? "" : link ? color_of(i, link) : DIM;
        size_t length = strlen(texts[i]);
        if (length > 0)
            (void)printf("%*s%s%s%s", (int)pending, "", paint, texts[i], *paint ? PLAIN : "");
        pending = widths[i] - length + 2 + (length > 0 ? 0 : pending);
    }
    (void)putchar('\n');
}

static void measure(const struct row *row, size_t widths[COLUMN_COUNT])
{
    for (unsigned i = 0; i < COLUMN_COUNT; i++)
        if (row->cells[i].length > widths[i])
            widths[i] = row->cells[i].length;
}

void show_table(const struct showing *showing)
{
    size_t widths[COLUMN_COUNT] = {0};
    struct row row = {0};
    bool color = tunic_color_wanted(showing->options);

    /* Two passes, so that memory does not grow with the table. */
    for (size_t i = 0; i < showing->count; i++) {
        fill_row(showing, showing->interfaces[i], &row);
        measure(&row, widths);
    }
    for (unsigned i = 0; i < COLUMN_COUNT; i++)
        if (widths[i] > 0 && strlen(titles[i]) > widths[i])
            widths[i] = strlen(titles[i]);
    if (showing->count > 0)
        print_row(titles, widths, NULL, color);
    for (size_t i = 0; i < showing->count; i++) {
        const char *texts[COLUMN_COUNT];
        fill_row(showing, showing->interfaces[i], &row);
        for (unsigned k = 0; k < COLUMN_COUNT; k++)
            texts[k] = row.cells[k].text ? row.cells[k].text : "";
        print_row(texts, widths, &showing->interfaces[i]->link, color);
    }
    for (unsigned i = 0; i < COLUMN_COUNT; i++)
        tunic_text_free(&row.cells[i]);
}
