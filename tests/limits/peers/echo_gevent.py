#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Echo with gevent: a greenlet for each connection, which reads and writes as if it could block.

Stackful coroutines over an event loop, as in the model `coroutine`, under an interpreter: what the
same shape of program costs in Python. One buffer a connection, no copy. Started by drive.
"""
import os
import socket
import sys

import gevent
from gevent.socket import socket as Socket

FIRST_SOCKET, BUFFER_MOST = 3, 64 << 10


def echo(connection, size, udp):
    buffer = bytearray(size)
    view = memoryview(buffer)
    while True:
        try:
            got = connection.recv_into(buffer)
            if got == 0:
                break
            if udp:
                connection.send(view[:got])
            else:
                connection.sendall(view[:got])
        except OSError:
            if not udp:  # there an error belongs to a datagram, which is lost
                break
    connection.close()


def accept_all(listener, size, tcp):
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return  # it was shut down
        if tcp:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        gevent.spawn(echo, connection, size, False)


def main():
    try:
        transport, sockets = os.environ["ECHO_TRANSPORT"], int(os.environ["ECHO_SOCKETS"])
        size = min(int(os.environ["ECHO_BYTES"]), BUFFER_MOST)
    except (KeyError, ValueError):
        print("echo_gevent: is started by drive, with its sockets", file=sys.stderr)
        sys.exit(2)
    handed = [Socket(fileno=fd) for fd in range(FIRST_SOCKET, FIRST_SOCKET + sockets)]
    if transport == "udp":
        gevent.joinall([gevent.spawn(echo, one, size, True) for one in handed])
    else:
        accept_all(handed[0], size, transport == "tcp")
    gevent.get_hub().join()


if __name__ == "__main__":
    main()
