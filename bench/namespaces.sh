# What the scripts beside it share; sourced. They set ns (prefix of their namespaces' names) first.

in_ns() { # NAME COMMAND…
    local name=$1
    shift
    ip netns exec "$ns$name" "$@"
}

signal() { # SIGNAL NAME…: to all processes there
    local signal=$1 name pid
    shift
    for name; do
        for pid in $(ip netns pids "$ns$name" 2>/dev/null); do
            kill "-$signal" "$pid" 2>/dev/null || true
        done
    done
}

wait_for_end() { # NAME…: of all processes there; 10 s
    local i name pids
    for ((i = 0; i < 200; i++)); do
        pids=''
        for name; do
            pids+=$(ip netns pids "$ns$name")
        done
        [[ -n $pids ]] || return 0
        sleep 0.05
    done
}

# Until the device there takes commands; 10 s. wg must not be asked: it removes a socket that refuses it, as one
# does between bind and listen. (jnat renames a socket that listens, ss has the name before.)
wait_for_control_socket() { # NAME DEVICE
    local i
    for ((i = 0; i < 200; i++)); do
        if [[ -S /var/run/wireguard/$2.sock ]] && in_ns "$1" ss -xlH | grep -q 'LISTEN.*/wireguard/'; then
            return 0
        fi
        sleep 0.05
    done
}

# Beside its first packets jnat compiles their way and its cipher, and says when that is done. How long that
# takes is README's figure of its own.
wait_for_cipher() { # LOG…
    local i log
    for log; do
        for ((i = 0; i < 400; i++)); do
            ! grep -q ' cipher: ' "$log" || continue 2
            sleep 0.1
        done
        echo "${0##*/}: jnat has not settled on a cipher within 40 s; measured all the same" >&2
    done
}

make_namespaces() { # NAME…
    local name
    for name; do
        ip netns add "$ns$name"
        ip -n "$ns$name" link set lo up
    done
}

remove_namespaces() { # NAME…: with everything that runs there
    local name
    signal KILL "$@"
    for name; do
        ip netns del "$ns$name" 2>/dev/null || true
    done
}

cable() { # NAME DEVICE ADDRESS NAME DEVICE ADDRESS
    ip link add "$2" netns "$ns$1" type veth peer name "$5" netns "$ns$4"
    ip -n "$ns$1" addr add "$3" dev "$2"
    ip -n "$ns$4" addr add "$6" dev "$5"
    ip -n "$ns$1" link set "$2" up
    ip -n "$ns$4" link set "$5" up
}

need_tools() { # TOOL…
    local tool
    ((EUID == 0)) || die "network namespaces need root: sudo $0"
    for tool; do
        type -P "$tool" >/dev/null || die "$tool is missing (Debian: iproute2 nftables iperf3 iputils-ping wireguard-tools python3 wireguard-go)"
    done
}
