package io.jnat.wireguard.crypto.vector;

import io.jnat.wireguard.crypto.vector.KernelCode.Lane;
import io.jnat.wireguard.crypto.vector.KernelCode.Parameter;
import io.jnat.wireguard.crypto.vector.KernelCode.Variable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes the kernels of ChaCha20 (RFC 8439, section 2.3); {@link VectorKernels} says what each
 * does.
 */
final class ChaChaKernels {
    /** The first four words of the state: "expand 32-byte k". */
    static final int[] CONSTANTS = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};

    private static final int DOUBLE_ROUNDS = 10;

    /** RFC 8439, section 2.1: {@code x += y; z ^= x; z <<<= bits}, with a, b, c, d as 0 to 3. */
    private record Step(int x, int y, int z, int bits) {}

    private static final List<Step> QUARTER_ROUND =
            List.of(
                    new Step(0, 1, 3, 16),
                    new Step(2, 3, 1, 12),
                    new Step(0, 1, 3, 8),
                    new Step(2, 3, 1, 7));

    private ChaChaKernels() {}

    /** {@link VectorKernels#rounds}, for so many groups of W blocks. */
    static void rounds(KernelCode code, int groups) {
        Parameter rounded = code.parameter(0);
        List<Variable[]> states = new ArrayList<>();
        for (int group = 0; group < groups; group++) {
            states.add(initialState(code, group));
        }
        code.repeat(
                DOUBLE_ROUNDS,
                states.stream().flatMap(Arrays::stream).toList(),
                () -> {
                    for (Variable[] state : states) {
                        doubleRound(state);
                    }
                });
        int vector = 0;
        for (Variable[] state : states) {
            for (Variable word : state) {
                code.store(word, rounded, code.width().ints() * vector++);
            }
        }
    }

    private static Variable[] initialState(KernelCode code, int group) {
        Variable[] state = new Variable[16];
        for (int word = 0; word < state.length; word++) {
            state[word] = code.let(initialWord(code, 1, word, group));
        }
        return state;
    }

    /** One word of the initial state of a group's blocks; the key is the parameter {@code key}. */
    private static KernelCode.Vector initialWord(KernelCode code, int key, int word, int group) {
        Parameter at = code.parameter(key + 4);
        int first = code.width().ints() * group;
        return switch (word) {
            case 0, 1, 2, 3 -> code.all(CONSTANTS[word]);
            case 12 -> code.load(Lane.INT, code.parameter(key + 1), at, first);
            case 13 -> code.all(0);
            case 14 -> code.load(Lane.INT, code.parameter(key + 2), at, first);
            case 15 -> code.load(Lane.INT, code.parameter(key + 3), at, first);
            default -> code.all(code.parameter(key), word - 4);
        };
    }

    /** Down the columns of the 4 by 4 state, then down its diagonals. */
    private static void doubleRound(Variable[] state) {
        for (int turn = 0; turn < 2; turn++) {
            for (Step step : QUARTER_ROUND) {
                for (int column = 0; column < 4; column++) {
                    Variable[] quarter = new Variable[4];
                    for (int row = 0; row < 4; row++) {
                        quarter[row] = state[4 * row + (column + turn * row) % 4];
                    }
                    apply(step, quarter);
                }
            }
        }
    }

    private static void apply(Step step, Variable[] quarter) {
        Variable x = quarter[step.x()];
        Variable z = quarter[step.z()];
        x.set(x.plus(quarter[step.y()]));
        z.set(z.xor(x).rotatedLeft(step.bits()));
    }

    /** {@link VectorKernels#finish}. */
    static void finish(KernelCode code) {
        int lanes = code.width().ints();
        Parameter rounded = code.parameter(0);
        Parameter from = code.parameter(1);
        Variable[] words = new Variable[16];
        for (int word = 0; word < words.length; word++) {
            words[word] =
                    code.let(
                            code.load(Lane.INT, rounded, from, lanes * word)
                                    .plus(initialWord(code, 3, word, 0)));
        }
        // A square of lanes holds as many words as it holds blocks: 16 or 8.
        for (int first = 0; first < words.length; first += lanes) {
            Variable[] square = Arrays.copyOfRange(words, first, first + lanes);
            transpose(code, square);
            for (int block = 0; block < lanes; block++) {
                code.storeMemory(square[block], code.parameter(2), 64 * block + 4 * first);
            }
        }
    }

    /** Exchanges vector and lane numbers of a square; see {@link Permutations}. */
    static void transpose(KernelCode code, Variable[] square) {
        for (int step = 0; 1 << step < square.length; step++) {
            transposeBit(code, square, step, step);
        }
    }

    /**
     * Exchanges bit {@code laneBit} of the lane number with bit {@code vectorBit} of the vector
     * number.
     */
    private static void transposeBit(
            KernelCode code, Variable[] vectors, int vectorBit, int laneBit) {
        int other = 1 << vectorBit;
        for (int index = 0; index < vectors.length; index++) {
            if ((index & other) == 0) {
                Variable low = vectors[index];
                Variable high = vectors[index | other];
                vectors[index] = code.let(low.butterfly(high, laneBit, false));
                vectors[index | other] = code.let(low.butterfly(high, laneBit, true));
            }
        }
    }

    /** {@link VectorKernels#keystreamOfFour}. */
    static void keystreamOfFour(KernelCode code) {
        int blocksInRow = code.width().ints() / 4;
        List<Variable[]> initial = new ArrayList<>();
        List<Variable[]> states = new ArrayList<>();
        for (int first = 0; first < 4; first += blocksInRow) {
            initial.add(initialRows(code, first));
            states.add(initialRows(code, first));
        }
        code.repeat(
                DOUBLE_ROUNDS,
                states.stream().flatMap(Arrays::stream).toList(),
                () -> {
                    columnRound(states);
                    states.forEach(rows -> shear(rows, 1));
                    columnRound(states);
                    states.forEach(rows -> shear(rows, 3));
                });
        for (int group = 0; group < states.size(); group++) {
            Variable[] rows = states.get(group);
            for (int row = 0; row < 4; row++) {
                rows[row].set(rows[row].plus(initial.get(group)[row]));
            }
            storeRows(code, rows, 64 * blocksInRow * group);
        }
    }

    /** Rows a, b, c and d of as many blocks as fit. */
    private static Variable[] initialRows(KernelCode code, int firstCounter) {
        Parameter state = code.parameter(0);
        Variable key = code.let(code.load(Lane.INT, state, 0));
        Variable rest = code.let(code.load(Lane.INT, state, 8));
        return new Variable[] {
            code.let(rest.rowRepeated(4)),
            code.let(key.rowRepeated(0)),
            code.let(key.rowRepeated(4)),
            code.let(rest.rowRepeated(0).plus(code.rowCounters(firstCounter)))
        };
    }

    private static void columnRound(List<Variable[]> states) {
        for (Step step : QUARTER_ROUND) {
            states.forEach(rows -> apply(step, rows));
        }
    }

    /** Turns rows b, c and d so that diagonals stand as columns; 3 after 1 turns them back. */
    private static void shear(Variable[] rows, int lanes) {
        rows[1].set(rows[1].rowsRotated(lanes));
        rows[2].set(rows[2].rowsRotated(2));
        rows[3].set(rows[3].rowsRotated(4 - lanes));
    }

    /** From vectors of equal rows to vectors of one block's rows, by the same butterflies. */
    private static void storeRows(KernelCode code, Variable[] rows, int at) {
        int blocks = code.width().ints() / 4;
        for (int bit = 0; 1 << bit < blocks; bit++) {
            transposeBit(code, rows, bit, bit + 2);
        }
        // Vector v now holds, of block v % blocks, the rows from v / blocks * blocks on.
        for (int vector = 0; vector < rows.length; vector++) {
            int block = vector % blocks;
            int firstRow = vector / blocks * blocks;
            code.storeMemory(rows[vector], code.parameter(1), at + 64 * block + 16 * firstRow);
        }
    }
}
