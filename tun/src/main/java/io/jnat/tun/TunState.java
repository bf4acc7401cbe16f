package io.jnat.tun;

/**
 * How a TUN device is at one moment, in whatever network namespace it is by now.
 *
 * @param gone whether it was removed; the rest means nothing then
 * @param up whether it is up
 * @param mtuBytes its MTU; 0 when it can't be found out
 * @param name its present name
 */
public record TunState(boolean gone, boolean up, int mtuBytes, String name) {}
