package io.jnat.cli.engine;

import java.io.PrintStream;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Events on stderr, one line each. Under systemd ({@code JOURNAL_STREAM} is set) a line starts with
 * its level as journald reads it, {@code <4>}; otherwise with the time and the level in words.
 * Never one line a packet: faults that may repeat go through {@link #limited}.
 */
public final class Log {
    /** Levels as journald numbers them (syslog, RFC 5424 table 2). */
    public enum Level {
        /** Something failed that should not. */
        ERROR(3),
        /** Something is not as it should be, and jnat goes on. */
        WARNING(4),
        /** What happened. */
        INFO(6);

        private final int number;

        Level(int number) {
            this.number = number;
        }
    }

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");
    private static final int LIMITED_LINES_PER_MINUTE = 10;
    private static final long MINUTE_NANOS = 60_000_000_000L;

    private final PrintStream out;
    private final boolean journal;
    private final LongSupplier nanoClock;

    /** What is less severe is not written. */
    private final Level least;

    /** One for each level: what anybody can cause must not hide a defect. */
    private final Map<Level, Budget> budgets = new EnumMap<>(Level.class);

    private static final class Budget {
        private long minuteStartNanos;
        private int linesThisMinute;
        private long suppressed;
    }

    /** Logs to a stream. */
    public Log(PrintStream out, boolean journal) {
        this(out, journal, System::nanoTime, Level.INFO);
    }

    Log(PrintStream out, boolean journal, LongSupplier nanoClock, Level least) {
        this.out = out;
        this.journal = journal;
        this.nanoClock = nanoClock;
        this.least = least;
    }

    /** The process's log. */
    public static Log toStderr() {
        return toStderr(Level.INFO);
    }

    /**
     * The process's log, without what is less severe.
     *
     * @param least the least severe level that is written
     */
    public static Log toStderr(Level least) {
        boolean journal = System.getenv("JOURNAL_STREAM") != null;
        return new Log(System.err, journal, System::nanoTime, least);
    }

    /** What happened. */
    public void info(String message) {
        line(Level.INFO, message);
    }

    /** What is not as it should be, and what follows from it. */
    public void warning(String message) {
        line(Level.WARNING, message);
    }

    /** What failed, and what to do. */
    public void error(String message) {
        line(Level.ERROR, message);
    }

    /**
     * For what may come often: at most ten lines a minute of each level, then only how many were
     * left out.
     */
    public synchronized void limited(Level level, String message) {
        long nowNanos = nanoClock.getAsLong();
        Budget budget = budgets.get(level);
        if (budget == null || nowNanos - budget.minuteStartNanos >= MINUTE_NANOS) {
            if (budget != null && budget.suppressed > 0) {
                line(level, budget.suppressed + " lines like the ones before were left out");
            }
            budget = new Budget();
            budget.minuteStartNanos = nowNanos;
            budgets.put(level, budget);
        }
        if (budget.linesThisMinute < LIMITED_LINES_PER_MINUTE) {
            budget.linesThisMinute++;
            line(level, message);
        } else {
            budget.suppressed++;
        }
    }

    private synchronized void line(Level level, String message) {
        if (level.number > least.number) {
            return;
        }
        String oneLine = message.replace('\n', ' ');
        if (journal) {
            out.println("<" + level.number + ">" + oneLine);
        } else {
            out.println(
                    LocalDateTime.now(ZoneId.systemDefault()).format(TIME)
                            + " "
                            + level.name().toLowerCase(Locale.ROOT)
                            + " "
                            + oneLine);
        }
        out.flush();
    }
}
