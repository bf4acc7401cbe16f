/**
 * TOML to the validated records of {@code cli.config}, with every error at once and where it
 * stands. Start reading at {@link io.jnat.cli.config.toml.ConfigReader}; a reader for each kind of
 * table asks a {@code Section} for its keys. Only this package imports tomlj. May import {@code
 * cli.config}, {@code nat.rule} and {@code wireguard}.
 */
@NullMarked
package io.jnat.cli.config.toml;

import org.jspecify.annotations.NullMarked;
