// The Linux calls that Swift's Glibc module does not show, one header per topic. Every function
// returns a value ≥ 0 or -errno, so that no caller has to read errno.
// <sys/types.h> is left out on purpose: it would make this module the owner of `timespec` in Swift.
#ifndef WARROOM_CSYSTEM_H
#define WARROOM_CSYSTEM_H

#include "Checksums.h"
#include "Events.h"
#include "Files.h"
#include "Inflate.h"
#include "Keeper.h"
#include "Locks.h"
#include "Peers.h"
#include "Prefetch.h"
#include "Spawn.h"
#include "Terminal.h"
#include "TextBlocks.h"

#endif
