package io.jnat.wireguard.crypto.vector;

/**
 * What encrypts packets now, and why; for the status report and the log.
 *
 * @param name the cipher in use: {@code scalar}, {@code JDK}, {@code vector256} or {@code
 *     vector512}
 * @param reason a sentence for people
 * @param settled whether it stays so
 */
public record CipherStatus(String name, String reason, boolean settled) {
    @Override
    public String toString() {
        return name + " (" + reason + ")";
    }
}
