// Who is at the other end of a socket.
#ifndef WARROOM_CSYSTEM_PEERS_H
#define WARROOM_CSYSTEM_PEERS_H

#include <stdint.h>

/// The process and user that connected to a local socket, as the kernel knows them (SO_PEERCRED).
/// `struct ucred` is not in Swift's Glibc module. Returns 0 or -errno.
int csystem_peer(int descriptor, int32_t *pid, uint32_t *uid, uint32_t *gid);

#endif
