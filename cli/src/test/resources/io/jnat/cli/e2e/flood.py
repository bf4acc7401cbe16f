"""Floods a namespace's eth0 with prepared frames, 1024 a system call, so that the generator costs little.

flood.py GATEWAY_HARDWARE_ADDRESS KIND PACKETS_PER_SECOND SECONDS LEAST SOURCE DESTINATION PORT
  spoofed  UDP to DESTINATION:PORT from sources that never come again
  scan     a SYN to each port of DESTINATION, over and over
  opening  UDP from SOURCE to destinations that never come again
Takes longer, at most four times as long, where the machine is too slow for LEAST packets in that time.
Prints how many packets were sent. Runs inside a network namespace of a test, never elsewhere.
"""

import ctypes
import socket
import struct
import sys
import time

FRAMES = 65536
STRIDE = 64
BATCH = 1024
ETH_P_IP = 0x0800
SOL_PACKET, PACKET_QDISC_BYPASS = 263, 20

gateway, kind, rate, seconds, least, source, destination, port = sys.argv[1:9]
rate, seconds, least, port = int(rate), float(seconds), int(least), int(port)


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def frame(number):
    src, dst = socket.inet_aton(source), socket.inet_aton(destination)
    strange = bytes([45, 0, number >> 8, number & 255])
    mixed = 1024 + (number * 40503 & 0x7FFF)
    if kind == "spoofed":
        src = strange
        upper = struct.pack("!HHHH18x", mixed, port, 26, 0)
    elif kind == "opening":
        dst = strange
        upper = struct.pack("!HHHH18x", mixed, 9, 26, 0)
    else:
        head = struct.pack("!HHIIBBHHH", 40000, number, number, 0, 0x50, 2, 64240, 0, 0)
        upper = head[:16] + struct.pack("!H", checksum(src + dst + b"\0\x06\0\x14" + head)) + head[18:] + bytes(6)
    length = 40 if kind == "scan" else 46
    # The identification holds what makes up for the changing byte of the address: see turn().
    ip = struct.pack("!BBHHHBBH", 0x45, 0, length, 255, 0, 64, 6 if kind == "scan" else 17, 0) + src + dst
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    return (ethernet + ip + upper).ljust(STRIDE, b"\0")


sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
sender.bind(("eth0", ETH_P_IP))
sender.setsockopt(SOL_PACKET, PACKET_QDISC_BYPASS, 1)
ethernet = bytes.fromhex(gateway.replace(":", "")) + sender.getsockname()[4] + struct.pack("!H", ETH_P_IP)
memory = bytearray(b"".join(frame(number) for number in range(FRAMES)))
base = ctypes.addressof(ctypes.c_char.from_buffer(memory))
vectors = ctypes.create_string_buffer(
    b"".join(struct.pack("=QQ", base + n * STRIDE, 60) for n in range(FRAMES)), 16 * FRAMES)
vector = ctypes.addressof(vectors)
messages = ctypes.create_string_buffer(
    b"".join(struct.pack("=QIIQQQQIIII", 0, 0, 0, vector + 16 * n, 1, 0, 0, 0, 0, 0, 0) for n in range(FRAMES)),
    64 * FRAMES)
message = ctypes.addressof(messages)
sendmmsg = ctypes.CDLL(None, use_errno=True).sendmmsg
sendmmsg.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int]

# Second byte of the address that changes, and the low byte of the identification: both low or both high
# bytes of their words, one up, the other down, so that the header's checksum stays.
address = 14 + (16 if kind == "opening" else 12) + 1


def turn(times):
    """Other addresses for all frames: the next 65,536 flows."""
    if kind != "scan":
        value = times & 255
        memory[address::STRIDE] = bytes([value]) * FRAMES
        memory[14 + 5::STRIDE] = bytes([255 - value]) * FRAMES


begun = time.monotonic()
sent = at = turns = 0
while True:
    passed = time.monotonic() - begun
    if passed >= (seconds if sent >= least else 4 * seconds):
        break
    due = int(rate * passed) - sent
    if due < 64:
        time.sleep(0.001)
        continue
    took = sendmmsg(sender.fileno(), message + 64 * at, min(due, BATCH, FRAMES - at), 0)
    if took <= 0:
        time.sleep(0.0005)
        continue
    sent += took
    at += took
    if at == FRAMES:
        at = 0
        turns += 1
        turn(turns)
print(sent)
