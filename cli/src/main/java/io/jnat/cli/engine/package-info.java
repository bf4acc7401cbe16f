/**
 * An engine with its devices and its tunnel as a process runs it: what a relay, a router and {@code
 * jnat wg} have in common. Start reading at {@link io.jnat.cli.engine.EngineAssembly}; {@link
 * io.jnat.cli.engine.WarmUp} makes it fast once it runs. May import everything below {@code cli}.
 */
@NullMarked
package io.jnat.cli.engine;

import org.jspecify.annotations.NullMarked;
