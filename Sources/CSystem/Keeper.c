#include "Keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    // After SIGTERM the program has this long to end by itself.
    GRACE_MILLISECONDS = 1000,
    // What cannot be killed in this time (it hangs in the kernel, or belongs to another user) is
    // left behind.
    SWEEP_MILLISECONDS = 3000,
    CHILDREN_BYTES_MAX = 64 * 1024,
};

static long long now_milliseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_BOOTTIME, &time);
    return (long long)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void say(const char *what, const char *subject, int error) {
    dprintf(2, "%s %s: %s\n", what, subject, strerror(error));
}

// Runs in the child: becomes the program, or says why not.
static void become(char **argv, char **envp, pid_t keeper) {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    // The keeper may have been killed before the line above.
    if (getppid() != keeper) {
        _exit(127);
    }
    int null = open("/dev/null", O_RDONLY);
    sigset_t none;
    sigemptyset(&none);
    if (setsid() < 0 || null < 0 || dup2(null, 0) < 0 || sigprocmask(SIG_SETMASK, &none, NULL)) {
        say("cannot start", argv[0], errno);
        _exit(127);
    }
    if (null > 2) {
        close(null);
    }
    execve(argv[0], argv, envp);
    say("cannot start", argv[0], errno);
    _exit(127);
}

// Kills every child of this process; what they leave behind becomes a child in turn.
static void kill_children(void) {
    static char text[CHILDREN_BYTES_MAX];
    int file = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return;
    }
    ssize_t count = read(file, text, sizeof text - 1);
    close(file);
    text[count > 0 ? count : 0] = 0;
    for (char *rest = text, *end; ; rest = end) {
        long pid = strtol(rest, &end, 10);
        if (end == rest || pid <= 1) {
            return;
        }
        kill((pid_t)pid, SIGKILL);
    }
}

// Ends what is left of the program, which itself has not been reaped: its number still names its
// session and no other. Returns how it ended, as waitpid(2) says it; -1 when it would not end.
static int sweep(pid_t program) {
    int status = -1;
    long long end = now_milliseconds() + SWEEP_MILLISECONDS;
    kill(-program, SIGKILL);
    while (now_milliseconds() < end) {
        kill_children();
        int how;
        pid_t pid = waitpid(-1, &how, WNOHANG);
        if (pid == program) {
            status = how;
        }
        if (pid < 0 && errno == ECHILD) {
            break;
        }
        if (pid == 0) {
            poll(NULL, 0, 2);
        }
    }
    return status;
}

// Reaps orphans; returns whether the program has ended, without reaping it.
static int has_ended(pid_t program) {
    for (;;) {
        siginfo_t info;
        info.si_pid = 0;
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
            return errno != EINTR;
        }
        if (info.si_pid == 0) {
            return 0;
        }
        if (info.si_pid == program) {
            return 1;
        }
        waitpid(info.si_pid, NULL, WNOHANG);
    }
}

// Returns when the program has ended or was given its time to.
static void watch(pid_t program, int signals) {
    struct pollfd watched[2] = {{.fd = 0, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    long long end = -1;
    while (!has_ended(program)) {
        int wait = -1;
        if (end >= 0) {
            long long left = end - now_milliseconds();
            if (left <= 0) {
                return;
            }
            wait = (int)left;
        }
        poll(watched, 2, wait);
        int asked = watched[0].revents != 0;
        struct signalfd_siginfo signal;
        while (read(signals, &signal, sizeof signal) == sizeof signal) {
            asked = asked || signal.ssi_signo != SIGCHLD;
        }
        if (asked && end < 0) {
            watched[0].fd = -1;
            watched[0].revents = 0;
            kill(-program, SIGTERM);
            kill(-program, SIGCONT);
            end = now_milliseconds() + GRACE_MILLISECONDS;
        }
    }
}

static void end_like(int status) {
    if (status >= 0 && WIFEXITED(status)) {
        _exit(WEXITSTATUS(status));
    }
    int number = status >= 0 ? WTERMSIG(status) : SIGKILL;
    sigset_t none;
    sigemptyset(&none);
    signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    raise(number);
    _exit(128 + number);
}

static void keep(char **argv, char **envp) {
    prctl(PR_SET_NAME, CSYSTEM_KEEPER_NAME, 0, 0, 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    sigset_t taken;
    sigemptyset(&taken);
    sigaddset(&taken, SIGCHLD);
    sigaddset(&taken, SIGTERM);
    sigaddset(&taken, SIGINT);
    sigaddset(&taken, SIGHUP);
    sigprocmask(SIG_SETMASK, &taken, NULL);
    int signals = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
    pid_t keeper = getpid();
    pid_t program = signals < 0 ? -1 : fork();
    if (program < 0) {
        say("cannot start", argv[0], errno);
        _exit(127);
    }
    if (program == 0) {
        become(argv, envp, keeper);
    }
    // The room must see the end of the output when the program closes it.
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(null, 1);
    dup2(null, 2);
    watch(program, signals);
    end_like(sweep(program));
}

// glibc hands the arguments of main to constructors. Numbers up to 100 are the implementation's.
__attribute__((constructor(101))) static void keep_if_asked(int argc, char **argv, char **envp) {
    if (argc >= 2 && strcmp(argv[0], CSYSTEM_KEEPER_NAME) == 0) {
        keep(argv + 1, envp);
    }
}
