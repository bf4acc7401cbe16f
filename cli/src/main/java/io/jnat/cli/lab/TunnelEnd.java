package io.jnat.cli.lab;

import java.io.IOException;

/** One end of the tunnel: what runs on the VPS, or on the site's router. */
public interface TunnelEnd {
    /** Exit code of a process that SIGKILL has ended. */
    int KILLED = 128 + 9;

    /** Starts it; returns as soon as it is started, not when it works. */
    void start() throws IOException;

    /** Asks it to end, and waits until it has. */
    void stop() throws IOException;

    /** Ends it as {@code kill -9} does, and waits until it is gone. */
    void kill() throws IOException;

    /** True while it runs. */
    boolean alive();

    /** True once SIGKILL has ended it, as the kernel's does where memory runs out. */
    boolean killed();

    /** Its process id, from its start on. */
    long pid();

    /** What it has logged, for people who look for the reason of a failure. */
    String log() throws IOException;
}
