package io.jnat.wireguard.crypto.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.Instruction;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.instruction.BranchInstruction;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KernelClassTest {
    /** The JVM never compiles a longer method. */
    private static final int HUGE_METHOD_BYTES = 8000;

    @ParameterizedTest
    @EnumSource(VectorWidth.class)
    void everyKernelCanBeCompiled(VectorWidth width) {
        List<MethodModel> methods = parse(width).methods();
        assertEquals(VectorKernels.class.getDeclaredMethods().length + 2, methods.size());
        for (MethodModel method : methods) {
            CodeAttribute code = (CodeAttribute) method.code().orElseThrow();
            assertTrue(
                    code.codeLength() < HUGE_METHOD_BYTES,
                    () -> method.methodName() + " has " + code.codeLength() + " bytes");
        }
    }

    /** Constant time: nothing can branch on data where the only branches close counted loops. */
    @ParameterizedTest
    @EnumSource(VectorWidth.class)
    void kernelsBranchOnlyToCloseTheirLoop(VectorWidth width) {
        for (MethodModel method : parse(width).methods()) {
            List<Instruction> branches =
                    method.code()
                            .orElseThrow()
                            .elementStream()
                            .filter(BranchInstruction.class::isInstance)
                            .map(Instruction.class::cast)
                            .toList();
            assertTrue(branches.size() <= 1, () -> method.methodName() + ": " + branches);
        }
    }

    @ParameterizedTest
    @EnumSource(VectorWidth.class)
    void classIsMadeOnce(VectorWidth width) throws ReflectiveOperationException {
        VectorKernels first = KernelClass.load(width);
        assertSame(first.getClass(), KernelClass.load(width).getClass());
        assertEquals(KernelClass.nameOf(width), first.getClass().getName());
    }

    private static ClassModel parse(VectorWidth width) {
        return ClassFile.of().parse(KernelClass.bytes(width));
    }
}
