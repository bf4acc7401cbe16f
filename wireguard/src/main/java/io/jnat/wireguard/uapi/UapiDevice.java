package io.jnat.wireguard.uapi;

/**
 * The device behind the protocol. Called by the thread of a connection; several may come at once.
 */
public interface UapiDevice {
    /** What it looks like now. */
    DeviceSnapshot snapshot() throws UapiException;

    /**
     * Makes a change, whole or not at all, and returns when it is in force.
     *
     * @throws UapiException when it is refused; then nothing has changed
     */
    void apply(DeviceChange change) throws UapiException;
}
