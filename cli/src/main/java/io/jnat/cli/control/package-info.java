/**
 * The control socket: JSON lines between commands and the running process. Start reading at {@link
 * io.jnat.cli.control.ControlServer}. Imports nothing of jnat.
 */
@NullMarked
package io.jnat.cli.control;

import org.jspecify.annotations.NullMarked;
