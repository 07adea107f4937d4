/* Hosts end with their server, whatever it dies of and whatever they are at. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "plugin_set.h"

#define BAD 666 /* hostile.h's */

/* A server whose plugin loops: it waits for an answer for ever, until it is killed. */
static void serve(void)
{
    struct plugin_options options = test_options();
    struct arena *arena = arena_new();
    struct plugin_call call = event_of(1, BAD);

    put(0, "loops");
    struct plugins *plugins = open_plugins(&options);
    struct plugin_desk *desk = plugins_borrow(plugins, DESK_TELLER);
    call.plugin = plugin_desk_set(desk)->plugins;
    puts("asking");
    fflush(stdout);
    plugin_desk_ask(desk, &call, 1, arena, 60 * SECOND_US);
}

/* Starts this program as that server; returns what it writes. */
static FILE *start_server(pid_t *pid)
{
    char self[4096] = "";
    int pipes[2];

    assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    assert_int_equal(pipe(pipes), 0);
    *pid = fork();
    if (*pid == 0) {
        dup2(pipes[1], STDOUT_FILENO);
        execl(self, self, "serve", (char *)NULL);
        _exit(1);
    }
    close(pipes[1]);
    return fdopen(pipes[0], "r");
}

static void hosts_end_with_a_killed_server(void **state)
{
    const struct timespec pause = {0, 20 * 1000 * 1000};
    char line[64] = "";
    pid_t server;
    int before, left;

    (void)state;
    /* Orphans become our children, where they can be counted. */
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    FILE *said = start_server(&server);
    while (fgets(line, sizeof line, said) && strcmp(line, "asking\n") != 0)
        continue;
    assert_string_equal(line, "asking\n");
    nanosleep(&pause, NULL);
    kill(server, SIGKILL);
    assert_int_equal(waitpid(server, NULL, 0), server);
    before = children();
    assert_true(before > 0); /* dead or dying: nobody has waited for them yet */
    left = before;
    for (int i = 0; i < 150 && left > 0; i++) {
        while (waitpid(-1, NULL, WNOHANG) > 0)
            left--;
        nanosleep(&pause, NULL);
    }
    assert_int_equal(left, 0);
    fclose(said);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_end_with_a_killed_server),
    };

    be_a_host_if_asked(argc, argv);
    if (argc > 1 && strcmp(argv[1], "serve") == 0) {
        serve();
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
