/**
 * Captures, read through pcap4j, which only this package imports: {@link
 * io.jnat.tun.pcap.CaptureFile}. Imports nothing of jnat.
 */
@NullMarked
package io.jnat.tun.pcap;

import org.jspecify.annotations.NullMarked;
