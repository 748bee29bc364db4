/* SPDX-License-Identifier: MIT */
/* How the process that looks names up begins and ends. */
#include "unit.h"

#include "transport_resolver.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int __real_epoll_wait(int epoll, struct epoll_event *events, int most, int timeout);
int __wrap_epoll_wait(int epoll, struct epoll_event *events, int most, int timeout);

static unsigned waits;

int __wrap_epoll_wait(int epoll, struct epoll_event *events, int most, int timeout)
{
    waits++;
    return __real_epoll_wait(epoll, events, most, timeout);
}

pid_t __real_fork(void);
pid_t __wrap_fork(void);

static bool no_fork;

pid_t __wrap_fork(void)
{
    if (no_fork) {
        errno = EAGAIN;
        return -1;
    }
    return __real_fork();
}

/* ---- the beginning ---------------------------------------------------------------------- */

static int refuse(void *closure, struct tunic_error *error)
{
    (void)closure;
    return tunic_error_set(error, TUNIC_DENIED, "cannot be confined");
}

static int die(void *closure, struct tunic_error *error)
{
    (void)closure;
    (void)error;
    _exit(EXIT_FAILURE);
}

static void assert_refused(struct test *test, int (*how)(void *, struct tunic_error *), int result,
                           enum tunic_reason reason, const char *action)
{
    int before = dup(STDIN_FILENO);

    (void)close(before);
    assert_int_equal(tunic_resolver_open(&test->resolver, &test->loop, test->hosts, HOSTS, how,
                                         NULL, &test->error),
                     result);
    assert_int_equal(test->error.reason, reason);
    assert_string_equal(test->error.action, action);
    assert_int_equal(test->resolver.process, 0);
    int after = dup(STDIN_FILENO);
    (void)close(after);
    assert_int_equal(after, before);
}

static void test_cannot_be_started(void **state)
{
    struct test *test = *state;

    assert_refused(test, refuse, -EPERM, TUNIC_DENIED, "cannot be confined");
    assert_refused(test, die, -ECHILD, TUNIC_FAILED, "cannot start looking names up");
    no_fork = true;
    assert_refused(test, NULL, -EAGAIN, TUNIC_FAILED, "cannot start a process");
    no_fork = false;
}

/* ---- the end ---------------------------------------------------------------------------- */

static void test_closing_does_not_wait(void **state)
{
    struct test *test = *state;

    resolver_open(test, "slow.test", "192.0.2.1:1");
    pid_t process = test->resolver.process;
    tunic_resolver_ask(&test->resolver, 0);
    tunic_resolver_ask(&test->resolver, 1);
    tunic_resolver_close(&test->resolver);
    assert_int_equal(kill(process, 0), -1);
    assert_int_equal(errno, ESRCH);
    assert_int_equal(test->resolver.process, 0);
}

/* Neither does it call, nor does the loop spin. */
static void test_the_child_ends(void **state)
{
    struct test *test = *state;

    resolver_open(test, "dies.test", "192.0.2.1:1");
    tunic_resolver_ask(&test->resolver, 0);
    tunic_resolver_ask(&test->resolver, 1);
    resolver_await_end(test);
    tunic_resolver_ask(&test->resolver, 0);
    tunic_resolver_ask(&test->resolver, 1);
    waits = 0;
    tunic_timer_set(&test->loop, &test->timer, tunic_clock_now() + 5000000);
    assert_int_equal(tunic_loop_run(&test->loop, &test->error), 1);
    assert_in_range(waits, 1, 2);
    assert_int_equal(test->found[0] + test->found[1], 0);
}

static void test_sigterm_ends_it(void **state)
{
    struct test *test = *state;
    sigset_t all;
    sigset_t before;

    sigfillset(&all);
    sigdelset(&all, SIGALRM);
    assert_int_equal(sigprocmask(SIG_BLOCK, &all, &before), 0);
    resolver_open(test, "slow.test", "192.0.2.1:1");
    tunic_resolver_ask(&test->resolver, 0);
    assert_int_equal(kill(test->resolver.process, SIGTERM), 0);
    resolver_await_end(test);
    assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
}

static void test_other_signals_do_not(void **state)
{
    struct test *test = *state;

    resolver_open(test, "192.0.2.1:1", "192.0.2.2:2");
    assert_int_equal(kill(test->resolver.process, SIGUSR1), 0);
    assert_int_equal(kill(test->resolver.process, SIGHUP), 0);
    assert_int_equal(kill(test->resolver.process, SIGINT), 0);
    tunic_resolver_ask(&test->resolver, 0);
    resolver_await_found(test);
    resolver_assert_address(test, 0, "192.0.2.1:1");
}

static void test_sigchld_may_be_ignored(void **state)
{
    struct test *test = *state;

    assert_true(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
    resolver_open(test, "slow.test", "dies.test");
    pid_t process = test->resolver.process;
    tunic_resolver_ask(&test->resolver, 0);
    tunic_resolver_close(&test->resolver);
    assert_int_equal(kill(process, 0), -1);
    resolver_open(test, "slow.test", "dies.test");
    tunic_resolver_ask(&test->resolver, 1);
    resolver_await_end(test);
    assert_true(signal(SIGCHLD, SIG_DFL) == SIG_IGN);
}

static int without_death_signal(void *closure, struct tunic_error *error)
{
    (void)closure;
    (void)error;
    return prctl(PR_SET_PDEATHSIG, 0);
}

/* Its parent ends without closing it: it comes to us, who wait for both. That the socket is among
 * the standard descriptors must make no difference. */
static void assert_ends_with_parent(struct test *test, const char *name,
                                    int (*how)(void *, struct tunic_error *))
{
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    pid_t parent = fork();
    assert_true(parent >= 0);
    if (parent == 0) {
        (void)close(STDIN_FILENO);
        (void)tunic_host_parse(name, &test->hosts[0], &test->error);
        if (tunic_resolver_open(&test->resolver, &test->loop, test->hosts, 1, how, NULL,
                                &test->error) < 0)
            _exit(EXIT_FAILURE);
        tunic_resolver_ask(&test->resolver, 0);
        _exit(EXIT_SUCCESS);
    }
    int status;
    assert_int_equal(waitpid(parent, &status, 0), parent);
    assert_int_equal(status, 0);
    assert_true(waitpid(-1, NULL, 0) > 0);
}

static void test_ends_with_its_parent(void **state)
{
    assert_ends_with_parent(*state, "slow.test", NULL);
    assert_ends_with_parent(*state, "192.0.2.1", without_death_signal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_cannot_be_started, resolver_set_up,
                                        resolver_tear_down),
        cmocka_unit_test_setup_teardown(test_closing_does_not_wait, resolver_set_up,
                                        resolver_tear_down),
        cmocka_unit_test_setup_teardown(test_the_child_ends, resolver_set_up, resolver_tear_down),
        cmocka_unit_test_setup_teardown(test_sigterm_ends_it, resolver_set_up, resolver_tear_down),
        cmocka_unit_test_setup_teardown(test_other_signals_do_not, resolver_set_up,
                                        resolver_tear_down),
        cmocka_unit_test_setup_teardown(test_sigchld_may_be_ignored, resolver_set_up,
                                        resolver_tear_down),
        cmocka_unit_test_setup_teardown(test_ends_with_its_parent, resolver_set_up,
                                        resolver_tear_down),
    };

    return cmocka_run_group_tests_name("resolve_end", tests, NULL, NULL);
}
