/**
 * Steers packets into and out of the TUN devices with {@code ip} and {@code nft}, and undoes it.
 * Start reading at {@link io.jnat.cli.steering.Steering}; {@code RelayPlan} and {@code RouterPlan}
 * say what is changed and in which order. May import {@code cli.config}.
 */
@NullMarked
package io.jnat.cli.steering;

import org.jspecify.annotations.NullMarked;
