/**
 * The configuration: validated records, their values as text, and what differs between two of them.
 * Start reading at {@link io.jnat.cli.config.JnatConfig}; {@code cli.config.toml} reads it from
 * files. May import {@code core.packet} and {@code nat.rule}.
 */
@NullMarked
package io.jnat.cli.config;

import org.jspecify.annotations.NullMarked;
