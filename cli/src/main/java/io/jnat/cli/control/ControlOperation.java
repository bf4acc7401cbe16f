package io.jnat.cli.control;

import java.util.Map;

/** One thing that the running process can be asked. */
@FunctionalInterface
public interface ControlOperation {
    /**
     * Does it.
     *
     * @param request the request's fields, {@code op} included
     * @return a record, list or map that is written as JSON
     * @throws InterruptedException when the process is stopping
     */
    Object run(Map<String, Object> request) throws InterruptedException;
}
