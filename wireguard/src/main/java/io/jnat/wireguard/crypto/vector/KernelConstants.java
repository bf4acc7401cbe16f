package io.jnat.wireguard.crypto.vector;

import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;
import static java.lang.constant.ConstantDescs.CLASS_INIT_NAME;

import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The constant vectors, shuffles and masks of a kernel class: each is a static final field, which
 * C2 takes for a constant, and is computed by a method of {@link Permutations} in the class
 * initialiser. A constant exists from its first use on.
 */
final class KernelConstants {
    private static final ClassDesc PERMUTATIONS =
            ClassDesc.of(KernelConstants.class.getPackageName() + ".Permutations");

    /** How the class initialiser computes it; {@code flag} is -1 where the method has none. */
    private record Constant(String method, ClassDesc type, int argument, int flag) {
        private String field() {
            return method + "_" + argument + (flag < 0 ? "" : "_" + flag);
        }
    }

    private final ClassDesc owner;
    private final int bits;
    private final Map<String, Constant> constants = new LinkedHashMap<>();

    KernelConstants(ClassDesc owner, int bits) {
        this.owner = owner;
        this.bits = bits;
    }

    /** Pushes what {@code Permutations.method(bits, argument)} returns. */
    void push(CodeBuilder code, String method, ClassDesc type, int argument) {
        push(code, new Constant(method, type, argument, -1));
    }

    /** Pushes what {@code Permutations.method(bits, argument, flag)} returns. */
    void push(CodeBuilder code, String method, ClassDesc type, int argument, boolean flag) {
        push(code, new Constant(method, type, argument, flag ? 1 : 0));
    }

    private void push(CodeBuilder code, Constant constant) {
        constants.put(constant.field(), constant);
        code.getstatic(owner, constant.field(), constant.type());
    }

    /** Adds the fields and the class initialiser; after the last kernel. */
    void declare(ClassBuilder type) {
        for (Constant constant : constants.values()) {
            type.withField(
                    constant.field(),
                    constant.type(),
                    ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC | ClassFile.ACC_FINAL);
        }
        type.withMethodBody(
                CLASS_INIT_NAME,
                MethodTypeDesc.of(CD_void),
                ClassFile.ACC_STATIC,
                code -> {
                    constants.values().forEach(constant -> initialise(code, constant));
                    code.return_();
                });
    }

    private void initialise(CodeBuilder code, Constant constant) {
        code.loadConstant(bits).loadConstant(constant.argument());
        MethodTypeDesc shape = MethodTypeDesc.of(constant.type(), CD_int, CD_int);
        if (constant.flag() >= 0) {
            code.loadConstant(constant.flag());
            shape = MethodTypeDesc.of(constant.type(), CD_int, CD_int, CD_boolean);
        }
        code.invokestatic(PERMUTATIONS, constant.method(), shape);
        code.putstatic(owner, constant.field(), constant.type());
    }
}
