/* SPDX-License-Identifier: MIT */
/* What colours are written with: ECMA-48's SGR. */
#ifndef TUNIC_COLOR_H
#define TUNIC_COLOR_H

#define BOLD "\033[1m"
#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define DIM "\033[2m"
#define PLAIN "\033[0m"

#endif
