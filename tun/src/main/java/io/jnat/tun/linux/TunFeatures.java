package io.jnat.tun.linux;

/**
 * What the kernel granted a TUN device when it was opened.
 *
 * @param vnetHeader whether each packet has a virtio-net header in front
 * @param checksum whether partial checksums come in
 * @param tso whether TCP super-frames come in
 * @param uso whether UDP super-frames come in and may be written
 * @param reason why something of this is off; empty when all is on
 */
record TunFeatures(boolean vnetHeader, boolean checksum, boolean tso, boolean uso, String reason) {
    static final TunFeatures OFF =
            new TunFeatures(false, false, false, false, "turned off by the configuration");
}
