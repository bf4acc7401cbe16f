package io.jnat.wireguard.crypto.vector;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_void;
import static java.lang.constant.ConstantDescs.INIT_NAME;

import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Writes the class that implements {@link VectorKernels} for one width, and loads it. Java has no
 * macros, and a vector must stay in a local variable to stay in a register; so a kernel as source
 * text would be hundreds of almost equal lines, twice.
 */
final class KernelClass {
    private final ClassDesc name;
    private final VectorWidth width;
    private final KernelConstants constants;

    private KernelClass(VectorWidth width) {
        this.width = width;
        this.name = ClassDesc.of(nameOf(width));
        this.constants = new KernelConstants(name, width.bits());
    }

    /** The class's name; JVM options name it. */
    static String nameOf(VectorWidth width) {
        return KernelClass.class.getPackageName() + ".Kernels" + width.bits();
    }

    /**
     * The kernels of that width; the class is made at the first call.
     *
     * @throws ReflectiveOperationException when it cannot be loaded
     * @throws LinkageError when the JVM runs without the module of the Vector API
     */
    static VectorKernels load(VectorWidth width) throws ReflectiveOperationException {
        synchronized (KernelClass.class) {
            Class<?> type;
            try {
                type = Class.forName(nameOf(width));
            } catch (ClassNotFoundException first) {
                type = MethodHandles.lookup().defineClass(new KernelClass(width).bytes());
            }
            return (VectorKernels) type.getDeclaredConstructor().newInstance();
        }
    }

    /** The class file. */
    static byte[] bytes(VectorWidth width) {
        return new KernelClass(width).bytes();
    }

    private byte[] bytes() {
        return ClassFile.of().build(name, this::write);
    }

    private void write(ClassBuilder type) {
        type.withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER | ClassFile.ACC_SYNTHETIC);
        type.withInterfaceSymbols(VectorKernels.class.describeConstable().orElseThrow());
        type.withMethodBody(
                INIT_NAME,
                MethodTypeDesc.of(CD_void),
                0,
                code ->
                        code.aload(0)
                                .invokespecial(CD_Object, INIT_NAME, MethodTypeDesc.of(CD_void))
                                .return_());
        kernel(type, "rounds", code -> ChaChaKernels.rounds(code, 1));
        kernel(type, "roundsOfTwo", code -> ChaChaKernels.rounds(code, 2));
        kernel(type, "finish", ChaChaKernels::finish);
        kernel(type, "keystreamOfFour", ChaChaKernels::keystreamOfFour);
        kernel(type, "seal", code -> PolyKernels.crypt(code, true));
        kernel(type, "open", code -> PolyKernels.crypt(code, false));
        kernel(type, "multipliers", PolyKernels::multipliers);
        kernel(type, "multiply", PolyKernels::multiply);
        constants.declare(type);
    }

    private void kernel(ClassBuilder type, String method, Consumer<KernelCode> body) {
        type.withMethodBody(
                method,
                shapeOf(method),
                ClassFile.ACC_PUBLIC | ClassFile.ACC_FINAL,
                code -> {
                    body.accept(new KernelCode(code, width, constants));
                    code.return_();
                });
    }

    private static MethodTypeDesc shapeOf(String method) {
        Method declared =
                Arrays.stream(VectorKernels.class.getDeclaredMethods())
                        .filter(candidate -> candidate.getName().equals(method))
                        .findFirst()
                        .orElseThrow();
        return MethodTypeDesc.of(
                CD_void,
                Arrays.stream(declared.getParameterTypes())
                        .map(parameter -> parameter.describeConstable().orElseThrow())
                        .toList());
    }
}
