package io.jnat.wireguard.crypto.vector;

import io.jnat.wireguard.crypto.Poly1305;
import io.jnat.wireguard.crypto.vector.KernelCode.Lane;
import io.jnat.wireguard.crypto.vector.KernelCode.Parameter;
import io.jnat.wireguard.crypto.vector.KernelCode.Variable;
import io.jnat.wireguard.crypto.vector.KernelCode.Vector;
import java.util.List;

/**
 * Writes the kernels that carry a burst from keystream to Poly1305 (RFC 8439, section 2.5); {@link
 * VectorKernels} says what each does.
 */
final class PolyKernels {
    private static final long LOW_32 = 0xffff_ffffL;

    private PolyKernels() {}

    /** {@link VectorKernels#seal} and {@link VectorKernels#open}. */
    static void crypt(KernelCode code, boolean seal) {
        int packets = code.width().longs();
        Parameter stage = code.parameter(2);
        Parameter offset = code.parameter(3);
        Parameter[] text = new Parameter[packets];
        Parameter[] keystream = new Parameter[packets];
        for (int packet = 0; packet < packets; packet++) {
            text[packet] = code.letAddress(code.parameter(0), packet);
            keystream[packet] = code.letAddress(code.parameter(1), packet);
        }
        code.repeat(
                code.parameter(4),
                code.width().stagedChunk(),
                List.of(),
                chunk -> {
                    Variable[] ciphertext = new Variable[packets];
                    for (int packet = 0; packet < packets; packet++) {
                        Variable before = code.let(code.loadMemory(text[packet], offset));
                        Variable after =
                                code.let(before.xor(code.loadMemory(keystream[packet], offset)));
                        code.storeMemory(after, text[packet], offset);
                        ciphertext[packet] = seal ? after : before;
                    }
                    ChaChaKernels.transpose(code, ciphertext);
                    stage(code, ciphertext, stage, chunk);
                    code.advance(offset, code.width().bytes());
                });
    }

    /**
     * Vector 2·i holds the low halves of block i of all packets, vector 2·i + 1 the high halves.
     */
    private static void stage(
            KernelCode code, Variable[] halves, Parameter stage, Parameter chunk) {
        for (int half = 0; half < halves.length; half++) {
            int place = half / 2 * code.width().stagedBlock() + half % 2 * code.width().longs();
            code.store(halves[half], stage, chunk, place);
        }
    }

    /** {@link VectorKernels#multipliers}. */
    static void multipliers(KernelCode code) {
        Parameter r = code.parameter(2);
        Variable low = code.let(code.load(Lane.LONG, code.parameter(0), 0).and(Poly1305.CLAMP_LOW));
        Variable high =
                code.let(code.load(Lane.LONG, code.parameter(1), 0).and(Poly1305.CLAMP_HIGH));
        Vector[] limbs = {
            low.and(LOW_32), low.shiftedRight(32), high.and(LOW_32), high.shiftedRight(32)
        };
        int packets = code.width().longs();
        for (int limb = 0; limb < limbs.length; limb++) {
            Variable kept = code.let(limbs[limb]);
            code.store(kept, r, packets * limb);
            if (limb > 0) {
                code.store(kept.plus(kept.shiftedRight(2)), r, packets * (3 + limb));
            }
        }
    }

    /**
     * {@link VectorKernels#multiply}.
     *
     * <p>h has 32-bit limbs h0 to h3 and what lies above them, h4; r is clamped, so that its limbs
     * are below 2^28 and r1, r2, r3 are multiples of 4. As 2^130 = 5 modulo p, a product at 2^128
     * and above comes back as s = 5·r/4 four limbs below. Each sum of products stays below 2^63:
     *
     * <pre>
     * d0 = h0·r0 + h1·s3 + h2·s2 + h3·s1         + low half of the block, low limb
     * d1 = h0·r1 + h1·r0 + h2·s3 + h3·s2 + h4·s1 + ...
     * d2 = h0·r2 + h1·r1 + h2·r0 + h3·s3 + h4·s2
     * d3 = h0·r3 + h1·r2 + h2·r1 + h3·r0 + h4·s3
     * d4 =                                 h4·r0 + the bit 2^128
     * </pre>
     *
     * <p>All of d4 but its low two bits goes round to d0 at once, times 5; then one pass of carries
     * makes limbs again: below 2^32, and h4 below 2^31. The masks before the products tell C2 that
     * 32 by 32 bits are enough (one VPMULUDQ instead of a slow VPMULLQ).
     */
    static void multiply(KernelCode code) {
        int packets = code.width().longs();
        Parameter state = code.parameter(0);
        Parameter stage = code.parameter(2);
        Variable[] h = new Variable[5];
        for (int limb = 0; limb < h.length; limb++) {
            h[limb] = code.let(code.load(Lane.LONG, state, packets * limb));
        }
        Variable[] r = new Variable[4];
        Variable[] s = new Variable[4];
        for (int limb = 0; limb < r.length; limb++) {
            r[limb] = multiplier(code, limb);
            s[limb] = limb == 0 ? r[0] : multiplier(code, 3 + limb);
        }
        code.repeat(
                code.parameter(3),
                code.width().stagedBlock(),
                List.of(h),
                block -> {
                    Variable low = code.let(code.load(Lane.LONG, stage, block, 0));
                    Variable high = code.let(code.load(Lane.LONG, stage, block, packets));
                    Vector top = code.load(Lane.LONG, stage, block, 2 * packets);
                    Vector[] limbs = {
                        low.and(LOW_32),
                        low.shiftedRight(32),
                        high.and(LOW_32),
                        high.shiftedRight(32)
                    };
                    step(code, h, r, s, limbs, top);
                });
        for (int limb = 0; limb < h.length; limb++) {
            code.store(h[limb], state, packets * limb);
        }
    }

    private static Variable multiplier(KernelCode code, int vector) {
        int place = code.width().longs() * vector;
        return code.let(code.load(Lane.LONG, code.parameter(1), place).and(LOW_32));
    }

    private static void step(
            KernelCode code, Variable[] h, Variable[] r, Variable[] s, Vector[] limbs, Vector top) {
        Variable[] x = new Variable[5];
        for (int limb = 0; limb < x.length; limb++) {
            x[limb] = code.let(h[limb].and(LOW_32));
        }
        Variable d4 = code.let(x[4].times(r[0]).plus(top));
        Variable[] d = new Variable[4];
        for (int limb = 0; limb < d.length; limb++) {
            Vector sum = limbs[limb];
            for (int i = 0; i < 4; i++) {
                sum = sum.plus(x[i].times(i <= limb ? r[limb - i] : s[4 + limb - i]));
            }
            // 5·(d4 / 4) is d4 / 4 and d4 without its low two bits
            Vector round = limb == 0 ? d4.shiftedRight(2).plus(d4.and(~3L)) : x[4].times(s[limb]);
            d[limb] = code.let(sum.plus(round));
        }
        for (int limb = 0; limb < d.length; limb++) {
            Vector carry = d[limb].shiftedRight(32);
            if (limb < 3) {
                d[limb + 1].set(d[limb + 1].plus(carry));
            } else {
                h[4].set(d4.and(3).plus(carry));
            }
            h[limb].set(d[limb]);
        }
    }
}
