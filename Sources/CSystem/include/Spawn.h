// Starting, watching and adopting children.
#ifndef WARROOM_CSYSTEM_SPAWN_H
#define WARROOM_CSYSTEM_SPAWN_H

#include <stdint.h>

/// What a child is started with. Everything not named here is empty or default.
struct csystem_spawn_request {
    /// Absolute path; nothing is searched.
    const char *executable;
    /// NULL-terminated, the program's name first.
    char *const *arguments;
    /// NULL-terminated; the child has no other variable.
    char *const *environment;
    const char *directory;
    /// Become 0, 1 and 2; each must be 3 or higher. All other descriptors are closed in the child.
    int input;
    int output;
    int error;
    uint32_t file_mode_mask;
    /// RLIMIT_NPROC of the child, or 0 to leave it as it is.
    uint64_t processes_max;
    /// Soft RLIMIT_MSGQUEUE of the child, or 0 to leave it as it is. The limit passes to every
    /// descendant through fork, exec and setsid, and is readable from outside: the caller gives
    /// each run a number of its own and recognises by it which orphans belong to that run.
    uint64_t message_queue_max;
};

/// Starts a child in a session of its own: no terminal, default signal actions, empty signal mask,
/// three descriptors, no core files, working directory and file mode mask as asked.
///
/// posix_spawn(3) can do all of this but the mask and the limits. Setting those in the parent for
/// the moment of the call would set them for every thread, so this does what posix_spawn does
/// inside (clone with CLONE_VM and CLONE_VFORK, all signals blocked) and sets them in the child
/// alone. The calling thread sleeps until the child has executed or failed. Returns the pid or
/// -errno, where the errno may be that of the exec.
int32_t csystem_spawn(const struct csystem_spawn_request *request);

/// Makes orphaned descendants children of this process instead of init's, so that they can be found
/// and ended. PR_SET_CHILD_SUBREAPER is not in Swift's Glibc module. Returns 0 or -errno.
int csystem_adopt_orphans(void);

enum csystem_child_state {
    CSYSTEM_CHILD_RUNNING = 0,
    CSYSTEM_CHILD_EXITED = 1,
    CSYSTEM_CHILD_KILLED = 2,
};

/// Whether the child has ended, without reaping it: as long as it is not reaped, its pid cannot be
/// given to another process, so signals sent to it cannot hit a stranger. `siginfo_t` is a union
/// that Swift cannot read. `status` becomes the exit code or the signal number. Returns a
/// csystem_child_state or -errno.
int csystem_peek_child(int32_t pid, int *status);

#endif
