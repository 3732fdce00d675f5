// Locks between processes.
#ifndef WARROOM_CSYSTEM_LOCKS_H
#define WARROOM_CSYSTEM_LOCKS_H

/// Takes a write lock on the whole file without waiting. It belongs to the open file description
/// (F_OFD_SETLK), so that closing another descriptor of the same file does not drop it and the
/// kernel frees it when the process dies. F_OFD_SETLK is not in Swift's Glibc module. Returns 0, or
/// -EAGAIN when somebody else holds it, or another -errno.
int csystem_lock(int descriptor);

/// Gives that lock back at once. Closing the descriptor would do so only when a child that is just
/// being spawned holds no copy of it. Returns 0 or -errno.
int csystem_unlock(int descriptor);

#endif
