package io.jnat.wireguard.crypto.vector;

import static java.lang.constant.ConstantDescs.CD_Class;
import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.List;
import java.util.function.Consumer;

/**
 * Writes the body of one kernel, in words of vectors: {@code d.set(d.xor(a).rotatedLeft(16))}
 * becomes the bytecode that javac would make of the same line written with the Vector API.
 *
 * <p>Everything is unrolled and lives in local variables: no arrays of vectors, no vectors passed
 * or returned, no branch but the loop's own. That is the shape that C2 turns into plain registers.
 */
final class KernelCode {
    private static final String API = "jdk.incubator.vector.";
    private static final ClassDesc VECTOR = ClassDesc.of(API + "Vector");
    private static final ClassDesc SPECIES = ClassDesc.of(API + "VectorSpecies");
    private static final ClassDesc OPERATORS = ClassDesc.of(API + "VectorOperators");
    private static final ClassDesc BINARY = OPERATORS.nested("Binary");
    private static final ClassDesc SHUFFLE = ClassDesc.of(API + "VectorShuffle");
    private static final ClassDesc MASK = ClassDesc.of(API + "VectorMask");
    private static final ClassDesc SEGMENT = ClassDesc.of("java.lang.foreign.MemorySegment");
    private static final ClassDesc BYTE_ORDER = ClassDesc.of("java.nio.ByteOrder");
    private static final ClassDesc MEMORY = ClassDesc.of("io.jnat.core.packet.Memory");

    /** What a lane holds. */
    @SuppressWarnings("ImmutableEnumChecker") // a ClassDesc never changes, but does not say so
    enum Lane {
        INT("IntVector", CD_int),
        LONG("LongVector", CD_long);

        private final ClassDesc vector;
        private final ClassDesc element;

        Lane(String vector, ClassDesc element) {
            this.vector = ClassDesc.of(API + vector);
            this.element = element;
        }
    }

    private final CodeBuilder code;
    private final VectorWidth width;
    private final KernelConstants constants;

    KernelCode(CodeBuilder code, VectorWidth width, KernelConstants constants) {
        this.code = code;
        this.width = width;
        this.constants = constants;
    }

    VectorWidth width() {
        return width;
    }

    // Where vectors come from.

    /** All lanes hold {@code value}. */
    Vector all(int value) {
        return new Vector(
                Lane.INT,
                () -> {
                    pushSpecies(Lane.INT);
                    code.loadConstant(value);
                    invokeBroadcast();
                });
    }

    /** All lanes hold element {@code index} of an int array. */
    Vector all(Parameter array, int index) {
        return new Vector(
                Lane.INT,
                () -> {
                    pushSpecies(Lane.INT);
                    code.aload(array.slot).loadConstant(index).iaload();
                    invokeBroadcast();
                });
    }

    private void invokeBroadcast() {
        ClassDesc vector = Lane.INT.vector;
        code.invokestatic(
                vector, "broadcast", MethodTypeDesc.of(vector, SPECIES, Lane.INT.element));
    }

    /** One vector from an array, beginning at element {@code start + constant}. */
    Vector load(Lane lane, Parameter array, Parameter start, int constant) {
        return load(lane, array, () -> code.iload(start.slot).loadConstant(constant).iadd());
    }

    /** One vector from an array, beginning at element {@code index}. */
    Vector load(Lane lane, Parameter array, int index) {
        return load(lane, array, () -> code.loadConstant(index));
    }

    private Vector load(Lane lane, Parameter array, Runnable index) {
        return new Vector(
                lane,
                () -> {
                    pushSpecies(lane);
                    code.aload(array.slot);
                    index.run();
                    code.invokestatic(
                            lane.vector,
                            "fromArray",
                            MethodTypeDesc.of(
                                    lane.vector, SPECIES, lane.element.arrayType(), CD_int));
                });
    }

    /** One vector of longs from native memory, at the sum of two addresses. */
    Vector loadMemory(Parameter base, Parameter offset) {
        return new Vector(
                Lane.LONG,
                () -> {
                    pushSpecies(Lane.LONG);
                    pushMemory();
                    code.lload(base.slot).lload(offset.slot).ladd();
                    pushByteOrder();
                    code.invokestatic(
                            Lane.LONG.vector,
                            "fromMemorySegment",
                            MethodTypeDesc.of(
                                    Lane.LONG.vector, SPECIES, SEGMENT, CD_long, BYTE_ORDER));
                });
    }

    /** The row counters from {@link Permutations#rowCounters}. */
    Vector rowCounters(int first) {
        return new Vector(
                Lane.INT, () -> constants.push(code, "rowCounters", Lane.INT.vector, first));
    }

    // Where vectors go to.

    void store(Vector vector, Parameter array, Parameter start, int constant) {
        store(vector, array, () -> code.iload(start.slot).loadConstant(constant).iadd());
    }

    void store(Vector vector, Parameter array, int index) {
        store(vector, array, () -> code.loadConstant(index));
    }

    private void store(Vector vector, Parameter array, Runnable index) {
        vector.push();
        code.aload(array.slot);
        index.run();
        Lane lane = vector.lane;
        code.invokevirtual(
                lane.vector,
                "intoArray",
                MethodTypeDesc.ofDescriptor(
                        "(" + lane.element.arrayType().descriptorString() + "I)V"));
    }

    /** Writes to native memory at {@code base + constant}. */
    void storeMemory(Vector vector, Parameter base, int constant) {
        storeMemory(vector, () -> code.lload(base.slot).loadConstant((long) constant).ladd());
    }

    /** Writes to native memory at the sum of two addresses. */
    void storeMemory(Vector vector, Parameter base, Parameter offset) {
        storeMemory(vector, () -> code.lload(base.slot).lload(offset.slot).ladd());
    }

    private void storeMemory(Vector vector, Runnable address) {
        vector.push();
        pushMemory();
        address.run();
        pushByteOrder();
        code.invokevirtual(
                vector.lane.vector,
                "intoMemorySegment",
                MethodTypeDesc.ofDescriptor(
                        "("
                                + SEGMENT.descriptorString()
                                + "J"
                                + BYTE_ORDER.descriptorString()
                                + ")V"));
    }

    // Variables and loops.

    /** Computes a vector now and keeps it. */
    Variable let(Vector value) {
        Variable variable = new Variable(value.lane, code.allocateLocal(TypeKind.REFERENCE));
        variable.set(value);
        return variable;
    }

    /** A parameter of the kernel, by its place; the receiver does not count. */
    Parameter parameter(int place) {
        return new Parameter(code.parameterSlot(place));
    }

    /** Element {@code index} of an array of addresses, in a variable. */
    Parameter letAddress(Parameter array, int index) {
        int slot = code.allocateLocal(TypeKind.LONG);
        code.aload(array.slot).loadConstant(index).laload().lstore(slot);
        return new Parameter(slot);
    }

    /** Adds to an address. */
    void advance(Parameter address, int bytes) {
        code.lload(address.slot).loadConstant((long) bytes).ladd().lstore(address.slot);
    }

    /**
     * Runs {@code body} {@code times} times.
     *
     * @param carried the variables that the body sets for its next turn
     */
    void repeat(int times, List<Variable> carried, Runnable body) {
        loop(carried, index -> body.run(), 1, () -> code.loadConstant(times));
    }

    /** Runs {@code body} with 0, {@code step}, 2·{@code step}… below {@code end}; at least once. */
    void repeat(Parameter end, int step, List<Variable> carried, Consumer<Parameter> body) {
        loop(carried, body, step, () -> code.iload(end.slot));
    }

    private void loop(List<Variable> carried, Consumer<Parameter> body, int step, Runnable end) {
        int slot = code.allocateLocal(TypeKind.INT);
        code.loadConstant(0).istore(slot);
        Label again = code.newBoundLabel();
        carried.forEach(Variable::narrow);
        body.accept(new Parameter(slot));
        code.iinc(slot, step).iload(slot);
        end.run();
        code.if_icmplt(again);
    }

    // What the rest pushes.

    private void pushSpecies(Lane lane) {
        code.getstatic(lane.vector, "SPECIES_" + width.bits(), SPECIES);
    }

    private void pushMemory() {
        code.invokestatic(MEMORY, "all", MethodTypeDesc.of(SEGMENT));
    }

    private void pushByteOrder() {
        code.getstatic(BYTE_ORDER, "LITTLE_ENDIAN", BYTE_ORDER);
    }

    /** A parameter or a scalar local variable. */
    static final class Parameter {
        private final int slot;

        private Parameter(int slot) {
            this.slot = slot;
        }
    }

    /** A vector yet to be computed, each time it is used; {@link #let} computes it once. */
    class Vector {
        final Lane lane;
        private final Runnable push;

        private Vector(Lane lane, Runnable push) {
            this.lane = lane;
            this.push = push;
        }

        private void push() {
            push.run();
        }

        /** Lane by lane, wrapping. */
        Vector plus(Vector other) {
            return binary("add", other);
        }

        /** Lane by lane, the low half of the product. */
        Vector times(Vector other) {
            return binary("mul", other);
        }

        private Vector binary(String method, Vector other) {
            return then(() -> {
                other.push();
                code.invokevirtual(lane.vector, method, MethodTypeDesc.of(lane.vector, VECTOR));
            });
        }

        /** Lane by lane. */
        Vector xor(Vector other) {
            return then(() -> {
                pushOperator("XOR");
                other.push();
                invokeLanewise(VECTOR);
            });
        }

        Vector rotatedLeft(int bits) {
            return shift("ROL", bits);
        }

        /** Filled with zeros. */
        Vector shiftedRight(int bits) {
            return shift("LSHR", bits);
        }

        private Vector shift(String operator, int bits) {
            return then(() -> {
                pushOperator(operator);
                pushElement(bits);
                invokeLanewise(lane.element);
            });
        }

        /** Only the bits of the mask. */
        Vector and(long mask) {
            return then(() -> {
                pushElement(mask);
                code.invokevirtual(
                        lane.vector, "and", MethodTypeDesc.of(lane.vector, lane.element));
            });
        }

        /** Rows of 4 lanes, each rotated left. */
        Vector rowsRotated(int lanes) {
            return rearranged("rotateRow", lanes);
        }

        /** The 4 lanes from {@code first} in each row. */
        Vector rowRepeated(int first) {
            return rearranged("repeatRow", first);
        }

        /** One result of a step of a transposition; see {@link Permutations}. */
        Vector butterfly(Vector other, int step, boolean high) {
            String prefix = lane == Lane.INT ? "int" : "long";
            if (width == VectorWidth.BITS_512) {
                return new Vector(
                        lane,
                        () -> {
                            constants.push(code, prefix + "Butterfly", lane.vector, step, high);
                            push();
                            other.push();
                            code.invokevirtual(
                                    lane.vector,
                                    "selectFrom",
                                    MethodTypeDesc.of(lane.vector, VECTOR, VECTOR));
                        });
            }
            // AVX2 has no permutation of two vectors: one is moved, then both are blended.
            Vector stays = high ? other : this;
            Vector moves = high ? this : other;
            return stays.then(() -> {
                moves.push();
                constants.push(code, prefix + "Exchange", SHUFFLE, step);
                invokeRearrange();
                constants.push(code, prefix + "Lanes", MASK, step, !high);
                code.invokevirtual(
                        lane.vector, "blend", MethodTypeDesc.of(lane.vector, VECTOR, MASK));
            });
        }

        private Vector rearranged(String shuffle, int argument) {
            return then(() -> {
                constants.push(code, shuffle, SHUFFLE, argument);
                invokeRearrange();
            });
        }

        private void invokeRearrange() {
            code.invokevirtual(lane.vector, "rearrange", MethodTypeDesc.of(lane.vector, SHUFFLE));
        }

        private void pushOperator(String name) {
            boolean associative = "XOR".equals(name);
            code.getstatic(OPERATORS, name, associative ? OPERATORS.nested("Associative") : BINARY);
        }

        private void pushElement(long value) {
            if (lane == Lane.INT) {
                code.loadConstant((int) value);
            } else {
                code.loadConstant(value);
            }
        }

        private void invokeLanewise(ClassDesc operand) {
            code.invokevirtual(
                    lane.vector, "lanewise", MethodTypeDesc.of(lane.vector, BINARY, operand));
        }

        private Vector then(Runnable operation) {
            return new Vector(
                    lane,
                    () -> {
                        push();
                        operation.run();
                    });
        }
    }

    /** A vector in a local variable. */
    final class Variable extends Vector {
        private final int slot;

        private Variable(Lane lane, int slot) {
            super(lane, () -> code.aload(slot));
            this.slot = slot;
        }

        /**
         * Says again which class the vector has. Where the turns of a loop meet, C2 knows no more
         * than the variable's declared type, asks the profile of the Vector API's methods for the
         * rest, and makes objects of the vectors if other widths have been there too. A cast to the
         * class, which is not public, leaves nothing to ask.
         */
        private void narrow() {
            constants.push(code, lane == Lane.INT ? "intClass" : "longClass", CD_Class, 0);
            code.aload(slot);
            code.invokevirtual(CD_Class, "cast", MethodTypeDesc.of(CD_Object, CD_Object));
            code.checkcast(lane.vector);
            code.astore(slot);
        }

        /** Computes a vector and keeps it here from now on. */
        void set(Vector value) {
            value.push();
            code.astore(slot);
        }
    }
}
