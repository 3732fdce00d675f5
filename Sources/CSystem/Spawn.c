#include "Spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Shared by parent and child, which run on the same memory until the exec.
struct spawn_state {
    const struct csystem_spawn_request *request;
    volatile int error;
};

enum { CHILD_STACK_BYTES = 64 * 1024 };

// Closes 3 and up. Kernels before 5.9 and some sandboxes have no close_range(2).
static void close_from_three(void) {
    if (syscall(SYS_close_range, 3u, ~0u, 0u) == 0) {
        return;
    }
    struct rlimit limit;
    rlim_t last = 1 << 20;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < last) {
        last = limit.rlim_cur;
    }
    for (rlim_t descriptor = 3; descriptor < last; descriptor++) {
        close((int)descriptor);
    }
}

// Sets a limit, or leaves a lower hard one; with `hard_too` it never raises the soft one either.
static int limit_to(__rlimit_resource_t resource, uint64_t value, int hard_too) {
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0) {
        return -1;
    }
    rlim_t wanted = value;
    if (limit.rlim_max != RLIM_INFINITY && wanted > limit.rlim_max) {
        wanted = limit.rlim_max;
    }
    if (hard_too && limit.rlim_cur != RLIM_INFINITY && wanted > limit.rlim_cur) {
        wanted = limit.rlim_cur;
    }
    limit.rlim_cur = wanted;
    if (hard_too) {
        limit.rlim_max = wanted;
    }
    return setrlimit(resource, &limit);
}

static int set_limits(const struct csystem_spawn_request *request) {
    if (limit_to(RLIMIT_CORE, 0, 1) != 0) {
        return -1;
    }
    if (request->processes_max != 0 && limit_to(RLIMIT_NPROC, request->processes_max, 1) != 0) {
        return -1;
    }
    if (request->message_queue_max != 0
        && limit_to(RLIMIT_MSGQUEUE, request->message_queue_max, 0) != 0) {
        return -1;
    }
    return 0;
}

// The kernel's own call, because sigaction(3) refuses the thread library's two signals, and an
// ignored signal stays ignored through exec. All zeros mean the default action in the kernel's
// structure, which is shorter than this on every architecture.
static void reset_signals(void) {
    const uint64_t defaults[8] = {0};
    for (int signal = 1; signal < NSIG; signal++) {
        syscall(SYS_rt_sigaction, signal, defaults, NULL, sizeof(uint64_t));
    }
    const uint64_t none = 0;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof none);
}

// Runs in the child, on the parent's memory: only calls that touch no lock and allocate nothing.
static int child_main(void *argument) {
    struct spawn_state *state = argument;
    const struct csystem_spawn_request *request = state->request;
    reset_signals();
    if (setsid() < 0 || chdir(request->directory) != 0 || set_limits(request) != 0
        || dup2(request->input, 0) < 0 || dup2(request->output, 1) < 0
        || dup2(request->error, 2) < 0) {
        state->error = errno;
        _exit(127);
    }
    umask(request->file_mode_mask);
    close_from_three();
    execve(request->executable, request->arguments, request->environment);
    state->error = errno;
    _exit(127);
}

int32_t csystem_spawn(const struct csystem_spawn_request *request) {
    struct spawn_state state = {.request = request, .error = 0};
    char *stack = mmap(NULL, CHILD_STACK_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) {
        return -errno;
    }
    // The child must not run a handler of the parent's on the parent's memory. The kernel's own set
    // is used because pthread_sigmask leaves out the thread library's two signals.
    uint64_t all = ~(uint64_t)0;
    uint64_t before = 0;
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, &before, sizeof all);
    char *top = stack + CHILD_STACK_BYTES;
    pid_t pid = clone(child_main, top, CLONE_VM | CLONE_VFORK | SIGCHLD, &state);
    int error = pid < 0 ? errno : state.error;
    if (pid >= 0 && error != 0) {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof before);
    munmap(stack, CHILD_STACK_BYTES);
    return error != 0 ? -error : pid;
}

int csystem_adopt_orphans(void) {
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0 ? -errno : 0;
}

int csystem_peek_child(int32_t pid, int *status) {
    siginfo_t info = {0};
    int result;
    do {
        result = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT);
    } while (result != 0 && errno == EINTR);
    if (result != 0) {
        return -errno;
    }
    if (info.si_pid == 0) {
        return CSYSTEM_CHILD_RUNNING;
    }
    *status = info.si_status;
    return info.si_code == CLD_EXITED ? CSYSTEM_CHILD_EXITED : CSYSTEM_CHILD_KILLED;
}
