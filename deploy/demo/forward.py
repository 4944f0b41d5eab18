"""Makes a port inside a network namespace reachable from outside, at a port of 127.0.0.1."""

import select
import socket
import threading

from demo import net


class Forwarder:
    """Listens on 127.0.0.1 here and connects to `host`:`port` in `namespace`, for as long as the
    process lives or until close(). Threads: one for each connection, all of them daemons."""

    def __init__(self, namespace, host, port):
        self._target = (namespace, host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()

    def _accept(self):
        while True:
            try:
                here, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(here,), daemon=True).start()

    def _carry(self, here):
        with here:
            try:
                with net.connect(*self._target) as there:
                    there.settimeout(None)
                    _relay(here, there)
            except OSError:
                pass


def _relay(one, other):
    partner = {one: other, other: one}
    while True:
        for readable in select.select([one, other], [], [])[0]:
            data = readable.recv(65536)
            if not data:
                return
            partner[readable].sendall(data)
