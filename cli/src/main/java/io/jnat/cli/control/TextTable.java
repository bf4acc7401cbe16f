package io.jnat.cli.control;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** Prints rows in aligned columns, two spaces apart; without rows it prints nothing. */
public final class TextTable {
    private final List<List<String>> rows = new ArrayList<>();
    private final int[] widths;
    private boolean begun;

    /** A table with a heading. */
    public TextTable(String... heading) {
        rows.add(List.of(heading));
        widths = new int[heading.length];
    }

    /** Adds a row; as many cells as the heading has. */
    public void row(Object... cells) {
        List<String> row = new ArrayList<>();
        for (Object cell : cells) {
            row.add(String.valueOf(cell));
        }
        rows.add(row);
    }

    /** Whether no row was added. */
    public boolean isEmpty() {
        return rows.size() == (begun ? 0 : 1);
    }

    /** Prints heading and rows; when called again, the rows since then under the same heading. */
    public void print(PrintWriter out) {
        if (isEmpty()) {
            return;
        }
        int columns = widths.length;
        for (List<String> row : rows) {
            for (int column = 0; column < columns; column++) {
                widths[column] = Math.max(widths[column], row.get(column).length());
            }
        }
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < columns; column++) {
                String cell = row.get(column);
                line.append(cell);
                if (column < columns - 1) {
                    line.append(" ".repeat(widths[column] - cell.length() + 2));
                }
            }
            out.println(line);
        }
        rows.clear();
        begun = true;
    }
}
