// Who is at the other end of a socket.
#ifndef WARROOM_CSYSTEM_PEERS_H
#define WARROOM_CSYSTEM_PEERS_H

#include <stdint.h>

/// The process and user that connected to a local socket, as the kernel knows them (SO_PEERCRED).
/// `struct ucred` is not in Swift's Glibc module. Returns 0 or -errno.
int csystem_peer(int descriptor, int32_t *pid, uint32_t *uid, uint32_t *gid);

/// The next connection that waits at a listening socket, non-blocking and close-on-exec from birth:
/// between accept(2) and fcntl(2) another thread could spawn a child that inherits it. accept4(2)
/// is not in Swift's Glibc module. Returns the descriptor or -errno.
int csystem_accept(int listener);

/// Sends a signal to the process behind `pidfd` (csystem_pidfd), and to no other that has its
/// number by now. pidfd_send_signal(2) has no wrapper in this glibc. Returns 0 or -errno.
int csystem_signal_process(int pidfd, int signal);

#endif
