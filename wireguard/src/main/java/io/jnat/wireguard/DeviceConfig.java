package io.jnat.wireguard;

import io.jnat.wireguard.timer.WireGuardTiming;
import org.jspecify.annotations.Nullable;

/**
 * The device's own settings.
 *
 * @param privateKey null until one is set
 * @param copyDscp whether data shows its inner DSCP outside (voice first)
 * @param stagingBytes memory for packets that wait for a session, all peers together
 * @param timing {@link WireGuardTiming#STANDARD} outside of tests
 */
public record DeviceConfig(
        @Nullable WireGuardKey privateKey,
        boolean copyDscp,
        int stagingBytes,
        WireGuardTiming timing) {
    /** Memory for waiting packets unless something else is wanted. */
    public static final int DEFAULT_STAGING_BYTES = 2 * 1024 * 1024;

    /** The usual settings. */
    public static DeviceConfig standard(WireGuardKey privateKey) {
        return new DeviceConfig(privateKey, false, DEFAULT_STAGING_BYTES, WireGuardTiming.STANDARD);
    }
}
