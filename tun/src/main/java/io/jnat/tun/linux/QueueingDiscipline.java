package io.jnat.tun.linux;

import io.jnat.core.packet.Memory;
import java.io.IOException;

/**
 * What the kernel puts in front of a device. A TUN device has its own rings behind and never makes
 * its discipline wait, so that one does nothing; but by default there is one for each of the 256
 * queues that a device may have, 12 KB (pfifo_fast) to 70 KB (fq_codel) each.
 */
final class QueueingDiscipline {
    private static final int RTM_NEWQDISC = 36;
    private static final int TCA_KIND = 1;
    private static final int TC_H_ROOT = -1;
    private static final String NOQUEUE = "noqueue";
    private static final int MESSAGE_BYTES = 48;

    private QueueingDiscipline() {}

    /**
     * Takes the discipline away, before the device is brought up. Where the kernel does not want
     * to, its default comes.
     *
     * <pre>
     *   struct tcmsg    16 family, padding   20 interface   24 handle   28 parent   32 info
     *   struct rtattr   36 length (2)   38 TCA_KIND (2)   40 name, zero-terminated
     * </pre>
     *
     * @param interfaceIndex in the calling thread's network namespace
     */
    static void none(Kernel kernel, int interfaceIndex) throws IOException {
        NetlinkRequest.send(
                kernel,
                RTM_NEWQDISC,
                NetlinkRequest.REQUEST | NetlinkRequest.CREATE | NetlinkRequest.REPLACE,
                interfaceIndex,
                MESSAGE_BYTES,
                scratch -> {
                    Memory.putIntLittleEndian(scratch.address() + 28, TC_H_ROOT);
                    Memory.putShortLittleEndian(scratch.address() + 36, 4 + NOQUEUE.length() + 1);
                    Memory.putShortLittleEndian(scratch.address() + 38, TCA_KIND);
                    scratch.string(40, NOQUEUE);
                });
    }
}
