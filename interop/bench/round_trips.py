"""One octet there and back over TCP, again and again, with blocking sockets.

    round_trips.py serve            answers one client at a time, on port 7
    round_trips.py ADDRESS COUNT    prints each round trip in nanoseconds, as JSON
"""

import json
import socket
import sys
import time

if sys.argv[1] == "serve":
    with socket.create_server(("", 7)) as server:
        print("Listening", flush=True)
        while True:
            connection, _ = server.accept()
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while data := connection.recv(2048):
                    connection.send(data)
else:
    times = []
    with socket.create_connection((sys.argv[1], 7), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(int(sys.argv[2])):
            octet = bytes([number & 255])
            start = time.perf_counter_ns()
            connection.send(octet)
            answer = connection.recv(16)
            times.append(time.perf_counter_ns() - start)
            if answer != octet:
                sys.exit(f"Sent {octet!r}, got {answer!r}")
    print(json.dumps(times))
