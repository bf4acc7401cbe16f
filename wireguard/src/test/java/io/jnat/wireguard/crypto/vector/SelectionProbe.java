package io.jnat.wireguard.crypto.vector;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Says what this JVM's cipher is and why, as {@code status} does. */
final class SelectionProbe {
    private SelectionProbe() {}

    public static void main(String[] arguments) throws Exception {
        CompletableFuture<CipherStatus> settled = new CompletableFuture<>();
        CipherSelection selection = new CipherSelection(CipherChoice.AUTO, settled::complete);
        String sealedBy = selection.newCipher().name();
        selection.start();
        CipherStatus status = settled.get(10, TimeUnit.SECONDS);
        System.out.println(sealedBy + ", " + status.name() + ": " + status.reason());
    }
}
