package io.jnat.cli.e2e;

import io.jnat.cli.lab.TunnelEnd;
import java.io.IOException;
import java.nio.file.Files;

/** Devices that are not captured are left to the router's kernel, all but what they answer. */
final class MasqueradeByKernelIT extends MasqueradeContract {

    @Override
    TunnelEnd newRouter() throws IOException {
        String text = Files.readString(files.router());
        Files.writeString(files.router(), text.replace("others = \"wan\"", "others = \"kernel\""));
        return super.newRouter();
    }
}
