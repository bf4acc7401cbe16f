package io.jnat.nat;

import io.jnat.core.stat.DropReason;
import io.jnat.core.wire.Protocol;
import io.jnat.nat.flow.CountedKeys;
import io.jnat.nat.flow.Flow;
import io.jnat.nat.flow.FlowDraft;
import io.jnat.nat.flow.FlowTable;
import io.jnat.nat.flow.FlowTimeouts;
import io.jnat.nat.flow.MappingTable;
import io.jnat.nat.flow.OpeningRates;
import io.jnat.nat.fragment.FragmentTable;
import io.jnat.nat.port.PortRandom;
import io.jnat.nat.rule.RuleSet;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Everything that outlives a rule set: flows, mappings, ports, fragments, counters.
 *
 * <p>Owner: engine thread. Only {@link #configure} allocates.
 */
final class NatState {
    private final FlowTable table;
    private final Mapper mapper;
    private final FlowKeeper keeper;
    private final FragmentTable fragments;
    private final ExternalAddresses externals;
    private final RuleCounters counters = new RuleCounters();
    private int[] ruleNumbers = new int[0];

    /** By the lasting number of the rule. */
    private FlowTimeouts[] timeouts = new FlowTimeouts[0];

    /** Value of {@link Flow#EPOCH} in flows that were judged by the present rules. */
    private int epoch;

    private @Nullable RuleSet rules;
    private Sites sites = Sites.NONE;

    NatState(NatCapacity capacity) {
        PortRandom seeds = new PortRandom(capacity.seed(), ~capacity.seed());
        externals = new ExternalAddresses(new PortRandom(seeds.next(), seeds.next()));
        table = new FlowTable(capacity.flows(), seeds.next(), seeds.next());
        MappingTable mappings = new MappingTable(capacity.mappings(), seeds.next(), seeds.next());
        CountedKeys spokenTo = new CountedKeys(capacity.flows(), seeds.next(), seeds.next());
        mapper = new Mapper(mappings, spokenTo, externals);
        CountedKeys devices = new CountedKeys(capacity.devices(), seeds.next(), seeds.next());
        CountedKeys strangers = new CountedKeys(capacity.flows() / 4, seeds.next(), seeds.next());
        OpeningRates rates = new OpeningRates(seeds.next(), seeds.next());
        keeper = new FlowKeeper(table, mapper, devices, strangers, rates);
        fragments = new FragmentTable(capacity.largestPacketBytes(), seeds.next());
    }

    void configure(RuleSet newRules) {
        rules = newRules;
        epoch ^= Flow.EPOCH;
        sites = Sites.of(newRules);
        ruleNumbers = counters.numbersOf(newRules.names());
        timeouts = new FlowTimeouts[counters.size()];
        Arrays.fill(timeouts, newRules.config().timeouts());
        for (int rule = 0; rule < ruleNumbers.length; rule++) {
            timeouts[ruleNumbers[rule]] = newRules.timeouts(rule);
        }
        keeper.limit(newRules.config().flowsPerDevice(), newRules.config().openingsPerSecond());
        externals.configure(newRules);
    }

    /** Gives a judged draft the rule, or the mapping, that lets it in. */
    void takeRule(FlowDraft draft, Ruling judged) {
        draft.flags = judged.flags | epoch;
        draft.rule = ruleNumber(judged.rule);
        draft.mapping = judged.inboundMapping;
    }

    /**
     * Gives a judged draft its way out and its translation.
     *
     * @param wantedPort external port of a new mapping, if it is free
     * @return why it can't have one; null when it has
     */
    @Nullable DropReason draftTranslation(
            FlowDraft draft, Ruling judged, int wantedPort, long nowNanos) {
        draft.replyLink = judged.outLink;
        draft.replyDomain = judged.outDomain;
        draft.replySource = judged.destination;
        draft.replySourcePort = judged.destinationPort;
        switch (judged.sourceKind) {
            case Ruling.SOURCE_FIXED -> {
                draft.replyDestination = externals.address(judged.external);
                draft.replyDestinationPort = judged.fixedPort;
                if (hasPorts(draft.protocol)) {
                    draft.mapping = mapper.rememberForwarded(draft);
                }
            }
            case Ruling.SOURCE_MAPPED -> {
                if (judged.external < 0) {
                    return DropReason.NOT_READY;
                }
                draft.replyDestination = externals.address(judged.external);
                if (hasPorts(draft.protocol)) {
                    return map(draft, judged, wantedPort, nowNanos);
                }
            }
            case Ruling.SOURCE_REMEMBERED -> {
                if (hasPorts(draft.protocol)) {
                    draft.mapping = mapper.remember(draft);
                }
            }
            default -> {}
        }
        return null;
    }

    private @Nullable DropReason map(
            FlowDraft draft, Ruling judged, int wantedPort, long nowNanos) {
        int mapping = mapper.map(draft, judged.external, judged.translation, wantedPort, nowNanos);
        if (mapping == 0) {
            return DropReason.NO_FREE_PORT;
        }
        draft.mapping = mapping;
        draft.replyDestination = mapper.externalAddress(mapping);
        draft.replyDestinationPort = mapper.externalPort(mapping);
        if (draft.protocol == Protocol.ICMP) {
            draft.replySourcePort = draft.replyDestinationPort;
        }
        return null;
    }

    /** Whether a protocol has ports or query identifiers, which can be translated. */
    static boolean hasPorts(int protocol) {
        return protocol == Protocol.TCP || protocol == Protocol.UDP || protocol == Protocol.ICMP;
    }

    /** The lasting number of a rule of the current set. */
    int ruleNumber(int rule) {
        return ruleNumbers[rule];
    }

    FlowTable table() {
        return table;
    }

    Mapper mapper() {
        return mapper;
    }

    FlowKeeper keeper() {
        return keeper;
    }

    FragmentTable fragments() {
        return fragments;
    }

    ExternalAddresses externals() {
        return externals;
    }

    RuleCounters counters() {
        return counters;
    }

    int epoch() {
        return epoch;
    }

    /** Idle limits of flows of a rule, by its lasting number. */
    FlowTimeouts timeouts(int ruleNumber) {
        return timeouts[ruleNumber];
    }

    /** What stands for the domains of the present rules in a file. */
    Sites sites() {
        return sites;
    }

    @Nullable RuleSet rules() {
        return rules;
    }

    void release() {
        table.close();
        mapper.close();
        fragments.close();
    }
}
