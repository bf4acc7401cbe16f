package io.jnat.tun.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jnat.core.packet.Memory;
import io.jnat.core.packet.Slab;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class UnusedPagesTest {
    private static final int BYTES = 64 << 20;
    private static final int SMALLEST_PAGE_BYTES = 4096;

    /** What else this JVM may take or give back meanwhile. */
    private static final long NOISE_BYTES = BYTES / 4;

    private static long residentBytes() throws IOException {
        String[] pages = Files.readString(Path.of("/proc/self/statm")).split(" ", -1);
        return Long.parseLong(pages[1]) * NativeKernel.INSTANCE.getpagesize();
    }

    @Test
    void slabTakesMemoryOnlyWhereItIsUsed() throws IOException {
        Linux.takeUnusedPagesBack();
        long before = residentBytes();
        try (Slab slab = Slab.allocate(BYTES)) {
            long unused = residentBytes() - before;
            assertTrue(unused < NOISE_BYTES, () -> unused + " bytes for nothing");
            for (int at = 0; at < BYTES; at += SMALLEST_PAGE_BYTES) {
                assertEquals(0, Memory.getByte(slab.address() + at));
                Memory.putByte(slab.address() + at, 1);
            }
            assertEquals(0, Memory.getByte(slab.address() + BYTES - 1));
            long used = residentBytes() - before;
            assertTrue(used > BYTES - NOISE_BYTES, () -> used + " bytes for all of it");
        }
    }

    /** Pages that slabs share are kept: what lies before and behind is somebody else's. */
    @Test
    void neighboursKeepTheirBytes() {
        Linux.takeUnusedPagesBack();
        List<Slab> slabs = new ArrayList<>();
        for (int bytes = 64; bytes < 8 * SMALLEST_PAGE_BYTES; bytes += 509) {
            Slab slab = Slab.allocate(bytes);
            slabs.add(slab);
            for (int at = 0; at < bytes; at++) {
                Memory.putByte(slab.address() + at, 7);
            }
        }
        for (Slab slab : slabs) {
            for (int at = 0; at < slab.bytes(); at++) {
                assertEquals(7, Memory.getByte(slab.address() + at));
            }
            slab.close();
        }
    }
}
