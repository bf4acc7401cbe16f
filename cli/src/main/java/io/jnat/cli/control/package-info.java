/** The control socket: JSON lines between commands and the running process. */
@NullMarked
package io.jnat.cli.control;

import org.jspecify.annotations.NullMarked;
