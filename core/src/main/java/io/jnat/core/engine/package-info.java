/**
 * The packet engine: {@link io.jnat.core.engine.Forwarder} shows the way of a packet and is the
 * place to start reading; the interfaces beside it are what the steps are plugged into by {@code
 * cli.engine}. May import all of {@code core}.
 */
@NullMarked
package io.jnat.core.engine;

import org.jspecify.annotations.NullMarked;
