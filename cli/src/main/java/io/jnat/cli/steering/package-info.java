/**
 * Steers packets into and out of the TUN devices with {@code ip} and {@code nft}, and undoes it.
 */
@NullMarked
package io.jnat.cli.steering;

import org.jspecify.annotations.NullMarked;
