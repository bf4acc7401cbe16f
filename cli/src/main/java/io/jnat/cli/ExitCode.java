package io.jnat.cli;

/** What a command's exit status says; the same for all commands. */
public final class ExitCode {

    /** The command did what it was asked to do. */
    public static final int OK = 0;

    /** The command failed; stderr says why. */
    public static final int FAILED = 1;

    /** The command line was wrong. */
    public static final int USAGE = 2;

    /** The configuration is invalid; nothing was applied. */
    public static final int CONFIG_INVALID = 3;

    /** No running jnat process answers on the control socket. */
    public static final int NOT_REACHABLE = 4;

    /** The process runs, but part of it does not work. */
    public static final int DEGRADED = 5;

    private ExitCode() {}
}
