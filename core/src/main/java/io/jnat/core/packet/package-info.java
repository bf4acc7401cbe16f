/**
 * Memory that packets lie in, and the descriptors that travel with them: start with {@link
 * io.jnat.core.packet.Burst}. May import nothing of jnat but {@code core.stat}.
 */
@NullMarked
package io.jnat.core.packet;

import org.jspecify.annotations.NullMarked;
