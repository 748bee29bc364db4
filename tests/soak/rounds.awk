# SPDX-License-Identifier: MIT
#
# Judges what rounds.sh has seen between two stops:
#
#     awk -v names='NAME…' -f rounds.awk stage=before FILE stage=log FILE stage=after FILE
#
# before, after:  NAME MODE MTU USER up|down        of the interfaces there are
# log:            BEGIN END CODE VERB NAME MODE MTU USER up|down MESSAGE…      - for what is not said
#
# Each interface is some values: whether it is there, its mode, its MTU… Each operation writes some
# of them and reads some, at a moment that is anywhere in its time. What is read must have been
# written by one that had begun by then, and of which it is not certain that another wrote later,
# but before the reading. Prints what cannot be.

BEGIN {
    attributes = split("mode mtu user up", attribute, " ")
    split("- 1500 0 down", initially, " ")
    # Which failures an operation may have, and their exit code.
    gone = ": no such interface|: it was deleted meanwhile"
    held = ": it is in use|: owner, group, pi and vnet_hdr change only while it is free: held by tunic"
    other = ": it is a t(un|ap) interface, not"
    fails["add", 4] = ": already exists"
    fails["add", 3] = ": it was deleted meanwhile"
    fails["ensure", 4] = other
    fails["ensure", 5] = held
    fails["set", 3] = fails["del", 3] = gone
    fails["set", 5] = fails["del", 5] = held
    fails["del", "several"] = gone "|" held
}

function write(name, value, what, certain) {
    count = ++writes[name, value]
    written[name, value, count] = what
    write_begin[name, value, count] = begin
    write_end[name, value, count] = end
    sure[name, value, count] = certain
}

function read(name, value, what, who) {
    reads++
    read_name[reads] = name
    read_value[reads] = value
    read_what[reads] = what
    read_begin[reads] = begin
    read_end[reads] = end
    read_who[reads] = who
}

function write_gone(name,    i) {
    write(name, "there", "no", 1)
    for (i = 1; i <= attributes; i++)
        write(name, attribute[i], "-", 1)
}

# What is said in the fields from here on; of one that was made, what is not said has its default.
function write_said(name, first, made, certain,    i) {
    for (i = 1; i <= attributes; i++)
        if ($(first + i - 1) != "-")
            write(name, attribute[i], $(first + i - 1), certain)
        else if (made != "no")
            write(name, attribute[i], initially[i], made == "yes")
}

function judge_failure() {
    if (!(($4, $3) in fails) || $0 !~ fails[$4, $3])
        print "no failure that may be: " $0
    # What it says must have been so.
    if ($0 ~ gone)
        read($5, "there", "no", $0)
    else if (/: already exists/ || $0 ~ held)
        read($5, "there", "yes", $0)
    else if (match($0, other))
        read($5, "mode", substr($0, RSTART + 10, 3), $0)
}

function judge(number,    name, value, count, i, k, over) {
    name = read_name[number]
    value = read_value[number]
    count = writes[name, value]
    for (i = 1; i <= count; i++) {
        if (written[name, value, i] != read_what[number] ||
            write_begin[name, value, i] > read_end[number])
            continue
        over = 0
        for (k = 1; k <= count && !over; k++)
            over = sure[name, value, k] && write_begin[name, value, k] > write_end[name, value, i] &&
                write_end[name, value, k] < read_begin[number]
        if (!over)
            return
    }
    print "cannot be: " name " " value " " read_what[number] ": " read_who[number]
}

stage == "before" {
    begin = end = 0
    write(name = $1, "there", "yes", 1)
    write_said(name, 2, "yes", 1)
    before[name] = 1
}

stage == "log" {
    begin = $1
    end = $2
    good = $3 "" == "0"
    if (!good)
        judge_failure()
    if ($4 == "del" && good) {
        write_gone($5)
    } else if ($4 == "add" && good) {
        write($5, "there", "yes", 1)
        write_said($5, 6, "yes", 1)
    } else if ($4 == "add" && $3 == 3) {
        write($5, "there", "yes", 0) # for a moment
    } else if ($4 == "ensure") {
        write($5, "there", "yes", good)
        write_said($5, 6, "perhaps", good)
    } else if ($4 == "set") {
        # Some it changes even where it fails with another.
        write_said($5, 6, "no", good)
        if (good)
            read($5, "there", "yes", $0)
    }
}

stage == "after" {
    begin = end = 1e300
    read($1, "there", "yes", "at the stop")
    for (i = 1; i <= attributes; i++)
        read($1, attribute[i], $(i + 1), "at the stop")
    after[$1] = 1
}

END {
    split(names, every, " ")
    for (i in every) {
        begin = end = 0
        if (!(every[i] in before))
            write_gone(every[i])
        begin = end = 1e300
        if (!(every[i] in after))
            read(every[i], "there", "no", "at the stop")
    }
    for (i = 1; i <= reads; i++)
        judge(i)
}
