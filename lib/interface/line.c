/* SPDX-License-Identifier: MIT */
/* One interface as the words of a file's line. */
#include "interface/interface.h"

int tunic_interface_parse(const char *const *words, size_t count, struct tunic_name_list *names,
                          struct tunic_desired *desired, struct tunic_error *error)
{
    const struct tunic_section section =
        tunic_attribute_section(desired, ~TUNIC_NAMED(TUNIC_ATTRIBUTE_CARRIER));
    const struct tunic_grammar grammar = {.names = TUNIC_NAMES_ONE,
                                          .check_name = tunic_name_check_new,
                                          .sections = &section,
                                          .section_count = 1};

    error->object[0] = '\0';
    int result = tunic_grammar_parse(&grammar, words, count, names, error);
    if (result == 0)
        result = tunic_desired_check(desired, names, error);
    if (result == 0)
        result = tunic_interface_add_check(names->names[0], desired, error);
    if (names->count > 0)
        tunic_error_object(error, names->names[0]);
    return result;
}
