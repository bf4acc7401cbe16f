/**
 * Header views over bytes and checksums (RFC 1071, RFC 1624): static, checked once,
 * allocation-free. Imports nothing of jnat.
 */
@NullMarked
package io.jnat.core.wire;

import org.jspecify.annotations.NullMarked;
