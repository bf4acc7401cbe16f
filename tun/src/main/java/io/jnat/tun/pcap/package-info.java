/**
 * Captures: pcapng taps and replay through pcap4j, which only this package imports. May import
 * {@code core} and {@code tun}.
 */
@NullMarked
package io.jnat.tun.pcap;

import org.jspecify.annotations.NullMarked;
