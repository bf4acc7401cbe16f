package io.jnat.cli;

import java.lang.reflect.Proxy;

/**
 * SIGHUP, which asks a daemon to read its configuration again; by itself it would end the JVM.
 *
 * <p>{@code sun.misc.Signal} is the JDK's only way to a signal, kept until there is another (JEP
 * 260). It is reached by name because the compiler's warning about it can't be silenced.
 */
final class Hangup {
    private Hangup() {}

    /**
     * Runs the action, on a thread of its own, at each SIGHUP from now on.
     *
     * @throws IllegalStateException when this JDK has no such way
     */
    static void handle(Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object onSignal =
                    Proxy.newProxyInstance(
                            Hangup.class.getClassLoader(),
                            new Class<?>[] {handler},
                            (proxy, method, arguments) -> {
                                action.run();
                                return null;
                            });
            Object hangup = signal.getConstructor(String.class).newInstance("HUP");
            signal.getMethod("handle", signal, handler).invoke(null, hangup, onSignal);
        } catch (ReflectiveOperationException missing) {
            throw new IllegalStateException("this JDK can't handle SIGHUP", missing);
        }
    }
}
