package io.jnat.wireguard.uapi;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection's talk: operations of several lines, each ended by a blank line and answered with
 * {@code errno=0} or the reason, and a blank line (W40 to W42).
 */
public final class UapiConversation {
    /** Longer than any line that means something. */
    static final int MOST_LINE_CHARACTERS = 512;

    private final UapiDevice device;
    private final Consumer<String> refusals;
    private final char[] buffer = new char[8192];
    private int at;
    private int end;

    /**
     * A talk about a device.
     *
     * @param refusals gets a line for the log when an operation is refused
     */
    public UapiConversation(UapiDevice device, Consumer<String> refusals) {
        this.device = device;
        this.refusals = refusals;
    }

    /** Talks until the client has no more to say, or stops making sense. */
    public void run(Reader in, Writer out) throws IOException {
        boolean goOn = true;
        while (goOn) {
            try {
                goOn = perform(in, out);
                if (goOn) {
                    answer(out, 0);
                }
            } catch (UapiException refused) {
                goOn = refused.error() != UapiError.PROTOCOL;
                refusals.accept(String.valueOf(refused.getMessage()));
                answer(out, refused.error().number());
            }
        }
    }

    /** Returns false when the client has no more to say; in the middle, nothing was done. */
    private boolean perform(Reader in, Writer out) throws IOException, UapiException {
        String operation = readLine(in);
        if (operation == null) {
            return false;
        }
        switch (operation) {
            case "get=1" -> {
                return get(in, out);
            }
            case "set=1" -> {
                return set(in);
            }
            default ->
                    throw new UapiException(
                            UapiError.PROTOCOL, "unknown operation (expected: get=1 or set=1)");
        }
    }

    private boolean get(Reader in, Writer out) throws IOException, UapiException {
        String line = readLine(in);
        if (line == null) {
            return false;
        }
        if (!line.isEmpty()) {
            while (line != null && !line.isEmpty()) {
                line = readLine(in);
            }
            throw new UapiException(UapiError.INVALID, "get=1 takes no more lines");
        }
        new GetAnswer(out).write(device.snapshot());
        return true;
    }

    private boolean set(Reader in) throws IOException, UapiException {
        SetOperation operation = new SetOperation();
        UapiException wrong = null;
        String line = readLine(in);
        while (line != null && !line.isEmpty()) {
            if (wrong == null) {
                wrong = take(operation, line);
            }
            line = readLine(in);
        }
        if (line == null) {
            return false;
        }
        if (wrong != null) {
            throw wrong;
        }
        device.apply(operation.end());
        return true;
    }

    private static @Nullable UapiException take(SetOperation operation, String line) {
        try {
            operation.line(line);
            return null;
        } catch (UapiException refused) {
            return refused;
        }
    }

    private static void answer(Writer out, int errno) throws IOException {
        out.write(errno == 0 ? "errno=0\n\n" : "errno=-" + errno + "\n\n");
        out.flush();
    }

    /** A line without its end; null at the end of input, also when the last line has no end. */
    private @Nullable String readLine(Reader in) throws IOException, UapiException {
        StringBuilder longer = null;
        while (true) {
            int from = at;
            while (at < end && buffer[at] != '\n') {
                at++;
            }
            if (at - from + (longer == null ? 0 : longer.length()) > MOST_LINE_CHARACTERS) {
                throw new UapiException(UapiError.PROTOCOL, "a line is too long");
            }
            if (at < end) {
                String part = new String(buffer, from, at++ - from);
                return longer == null ? part : longer.append(part).toString();
            }
            longer = longer == null ? new StringBuilder() : longer;
            longer.append(buffer, from, at - from);
            at = 0;
            end = Math.max(0, in.read(buffer));
            if (end == 0) {
                return null;
            }
        }
    }
}
