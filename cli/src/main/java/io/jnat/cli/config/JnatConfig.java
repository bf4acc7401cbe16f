package io.jnat.cli.config;

import java.util.List;

/** A validated configuration. */
public sealed interface JnatConfig permits RelayConfig, RouterConfig {

    /** What both roles have. */
    InstanceConfig instance();

    /** The interface that faces the internet or the carrier. */
    String wan();

    /** The devices that have a name. */
    List<DeviceConfig> devices();
}
