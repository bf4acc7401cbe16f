/**
 * The configuration: TOML to validated records, with every error at once. Start reading at {@link
 * io.jnat.cli.config.ConfigReader}. May import {@code core}, {@code nat} and {@code wireguard}.
 */
@NullMarked
package io.jnat.cli.config;

import org.jspecify.annotations.NullMarked;
