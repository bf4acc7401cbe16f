package io.jnat.cli.steering;

import java.util.ArrayList;
import java.util.List;

/**
 * A program and its arguments, run without a shell around it.
 *
 * @param arguments the program first
 * @param input what it reads from stdin
 */
public record Command(List<String> arguments, String input) {

    /** Copies the list. */
    public Command {
        arguments = List.copyOf(arguments);
    }

    static Command of(String... arguments) {
        return new Command(List.of(arguments), "");
    }

    static Command of(List<String> arguments) {
        return new Command(arguments, "");
    }

    /** The program. */
    String program() {
        return arguments.getFirst();
    }

    /** One line: arguments apart by spaces, then what it reads after a tab. */
    String encoded() {
        List<String> words = new ArrayList<>();
        for (String argument : arguments) {
            words.add(argument.isEmpty() ? "\\e" : escape(argument));
        }
        return String.join(" ", words) + (input.isEmpty() ? "" : " \\< " + escape(input));
    }

    static Command decoded(String text) {
        List<String> arguments = new ArrayList<>();
        StringBuilder input = new StringBuilder();
        boolean reads = false;
        for (String word : text.split(" ", -1)) {
            if (word.equals("\\<")) {
                reads = true;
            } else if (reads) {
                input.append(unescape(word));
            } else {
                arguments.add(unescape(word));
            }
        }
        return new Command(arguments, input.toString());
    }

    private static String escape(String text) {
        return text.replace("\\", "\\\\")
                .replace(" ", "\\s")
                .replace("\t", "\\t")
                .replace("\n", "\\n");
    }

    private static String unescape(String text) {
        StringBuilder out = new StringBuilder();
        for (int at = 0; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '\\' && at + 1 < text.length()) {
                at++;
                switch (text.charAt(at)) {
                    case 's' -> out.append(' ');
                    case 't' -> out.append('\t');
                    case 'n' -> out.append('\n');
                    case 'e' -> {}
                    default -> out.append(text.charAt(at));
                }
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    /** As one would type it. */
    @Override
    public String toString() {
        List<String> words = new ArrayList<>();
        for (String argument : arguments) {
            words.add(
                    argument.matches("[A-Za-z0-9@%+=:,./_-]+")
                            ? argument
                            : "'" + argument.replace("'", "'\\''") + "'");
        }
        return String.join(" ", words);
    }
}
