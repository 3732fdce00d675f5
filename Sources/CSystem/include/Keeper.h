// Programs that must not outlive this process, however it ends.
#ifndef WARROOM_CSYSTEM_KEEPER_H
#define WARROOM_CSYSTEM_KEEPER_H

/// The first argument by which this program, started again, becomes a keeper instead of running its
/// `main`; what follows is the absolute path of the program to keep and its arguments.
///
/// A keeper starts one program and stays its parent. Its standard input is a pipe that nobody
/// writes to: when the other end closes (the room let go of it, or was killed by any signal), the
/// program's session gets SIGTERM and, a second later, SIGKILL; whatever it started that left the
/// session becomes the keeper's child and is killed too. The program gets /dev/null as input, the
/// keeper's own output and error, and SIGKILL should its keeper be killed (PR_SET_PDEATHSIG; the
/// keeper has one thread, so its caveat about threads does not apply). The keeper ends the way the
/// program ended: with its exit status or by its signal; 127 and a sentence on the standard error
/// when it could not be started.
///
/// No prctl(2) alone can do this: PR_SET_PDEATHSIG in the room would bind the program to the one
/// thread that started it, would not reach what the program starts, and is lost at set-user-id
/// programs. A constructor does it, so that every program that links this can be its own keeper
/// and no second one has to be installed.
#define CSYSTEM_KEEPER_NAME "warroom-keeper"

#endif
