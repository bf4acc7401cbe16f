/**
 * {@code wg-quick} files: read into a configuration, and written for a site. Start reading at
 * {@link io.jnat.cli.wgquick.WgQuickImport} and {@link io.jnat.cli.wgquick.WgQuickExport}. May
 * import {@code cli.config} and {@code wireguard}.
 */
@NullMarked
package io.jnat.cli.wgquick;

import org.jspecify.annotations.NullMarked;
