"""A packet station: sends what scapy can build and shows what the wire brought, one JSON line a request.

Runs inside a network namespace, on its eth0. Requests: {"do": "send", "what": EXPRESSION} with a packet or a list of
them; {"do": "see", "that": EXPRESSION over p, "as": EXPRESSION over p, "within": SECONDS} waits for a packet and gives
back an expression of it; {"do": "forget"}. Answers: {"ok": true, "value": …} or {"ok": false, "value": why}.
"""

import json
import select
import socket
import sys
import time

from scapy.layers.inet import ICMP, IP, TCP, UDP, fragment  # used by the expressions
from scapy.layers.inet import IPOption_NOP, IPOption_RR  # noqa: F401
from scapy.packet import Raw  # noqa: F401
from scapy.utils import checksum

ETH_P_IP = 0x0800
KEPT = 4000


def pseudo(ip, protocol, length):
    return ip[12:20] + bytes([0, protocol]) + length.to_bytes(2, "big")


def sound(packet):
    """Whether every checksum is right, in the packet and, where it is an ICMP error, in what it quotes."""
    return _sound(bytes(packet), False)


def _sound(raw, quoted):
    header = (raw[0] & 15) * 4
    total = int.from_bytes(raw[2:4], "big")
    if checksum(raw[:header]) != 0:
        return False
    flags = int.from_bytes(raw[6:8], "big")
    if flags & 0x3FFF or (quoted and len(raw) < total):
        return True  # not the whole of it: nothing to compare with
    upper = raw[header:total]
    protocol = raw[9]
    if protocol == 17:
        return upper[6:8] == b"\0\0" or checksum(pseudo(raw, 17, len(upper)) + upper) == 0
    if protocol == 6:
        return checksum(pseudo(raw, 6, len(upper)) + upper) == 0
    if protocol == 136:
        return checksum(pseudo(raw, 136, len(upper)) + upper[:int.from_bytes(upper[4:6], "big")]) == 0
    if protocol == 1:
        error = upper[0] in (3, 4, 5, 11, 12)
        return checksum(upper) == 0 and (not error or _sound(upper[8:], True))
    return True


def quote(packet):
    """What an ICMP error quotes, as a packet of its own."""
    return IP(bytes(packet[ICMP])[8:])


def error(of, src, dst, type, code, rest=0, bytes_quoted=None):
    """An ICMP error that quotes a packet that arrived here, or as much of it as is wanted."""
    quoted = bytes(of)[:bytes_quoted]
    upper = bytes([type, code, 0, 0]) + rest.to_bytes(4, "big") + quoted
    upper = upper[:2] + checksum(upper).to_bytes(2, "big") + upper[4:]
    return IP(src=src, dst=dst, proto=1) / Raw(upper)


def udplite(src, dst, sport, dport, payload):
    """A UDP-Lite datagram (RFC 3828) whose checksum covers its header only."""
    header = sport.to_bytes(2, "big") + dport.to_bytes(2, "big") + b"\0\x08\0\0"
    ip = bytes(IP(src=src, dst=dst, proto=136) / Raw(header + payload))
    total = checksum(pseudo(ip, 136, len(header + payload)) + header)
    return IP(src=src, dst=dst, proto=136) / Raw(header[:6] + total.to_bytes(2, "big") + payload)


class Station:
    def __init__(self, hardware):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_IP))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.socket.bind(("eth0", ETH_P_IP))
        self.gateway = bytes.fromhex(hardware.replace(":", ""))
        self.own = self.socket.getsockname()[4]
        self.seen = []
        self.names = dict(globals())

    def send(self, what):
        packets = eval(what, self.names)
        for packet in packets if isinstance(packets, list) else [packets]:
            self.socket.send(self.gateway + self.own + ETH_P_IP.to_bytes(2, "big") + bytes(packet))

    def see(self, that, shown, within):
        condition = compile(that, "that", "eval")
        deadline = time.monotonic() + within
        looked = 0
        while True:
            while looked < len(self.seen):
                p = self.seen[looked]
                if self._holds(condition, p):
                    self.names["last"] = p
                    return eval(shown, self.names, {"p": p})
                looked += 1
            left = deadline - time.monotonic()
            if left <= 0:
                raise LookupError("not seen; seen: " + "; ".join(s.summary() for s in self.seen[-20:]))
            if select.select([self.socket], [], [], left)[0]:
                frame = self.socket.recv(65600)
                packet = IP(frame[14:])
                # What fills a short frame up is not of the packet.
                self.seen.append(IP(frame[14:14 + packet.len]))
                if len(self.seen) > KEPT:
                    del self.seen[0]
                    looked -= 1

    def _holds(self, condition, p):
        try:
            return eval(condition, self.names, {"p": p})
        except IndexError:
            return False  # it has not the layer that was asked for

    def forget(self):
        self.seen.clear()
        while select.select([self.socket], [], [], 0)[0]:
            self.socket.recv(65600)


def serve():
    station = Station(sys.argv[1])
    print(json.dumps({"ok": True, "value": "ready"}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            value = None
            if request["do"] == "send":
                station.send(request["what"])
            elif request["do"] == "see":
                value = station.see(request["that"], request["as"], request["within"])
            else:
                station.forget()
            answer = {"ok": True, "value": value}
        except LookupError as missing:
            answer = {"ok": False, "value": str(missing)}
        except Exception as wrong:  # a wrong expression is told to the test that wrote it
            answer = {"ok": False, "value": type(wrong).__name__ + ": " + str(wrong), "wrong": True}
        print(json.dumps(answer), flush=True)


serve()
