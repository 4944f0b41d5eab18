"""A player's HTTP connection: kept alive, redirects followed, interruptible from another thread."""

import http.client
import socket
import ssl
import threading
import urllib.parse

REDIRECTS_MAX = 5


class Interrupted(Exception):
    """interrupt() was called."""


class BadStatus(Exception):
    """The answer was not a success; `status` is what it was."""

    def __init__(self, status):
        super().__init__(f"HTTP status {status}")
        self.status = status


class Fetcher:
    """One request at a time. `timeout` bounds each wait for bytes, in seconds.

    Threads: get() by one thread; interrupt() by any.
    """

    def __init__(self, user_agent, timeout=10.0):
        self._user_agent = user_agent
        self._timeout = timeout
        self._connections = {}
        self._current = None
        self._interrupts = 0
        self._lock = threading.Lock()

    def get(self, url, byte_range=None):
        """The body and the URL that it finally came from.

        Raises BadStatus, Interrupted, or OSError / http.client.HTTPException for what the network
        does (an answer that ends early is one).
        """
        with self._lock:
            begin = self._interrupts
        for _ in range(REDIRECTS_MAX + 1):
            try:
                response, body = self._exchange(url, byte_range)
            except Exception:
                self._forget(url)
                if self._interrupts != begin:
                    raise Interrupted() from None
                raise
            if response.status in (301, 302, 303, 307, 308) and response.getheader("Location"):
                url = urllib.parse.urljoin(url, response.getheader("Location"))
                continue
            if response.status not in (200, 206):
                raise BadStatus(response.status)
            return body, url
        raise BadStatus(310)

    def interrupt(self):
        """The get() in progress, if any, raises Interrupted."""
        with self._lock:
            self._interrupts += 1
            connection = self._current
        if connection is not None and connection.sock is not None:
            try:
                connection.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _exchange(self, url, byte_range):
        parts = urllib.parse.urlsplit(url)
        target = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
        headers = {"User-Agent": self._user_agent, "Accept": "*/*"}
        if byte_range:
            headers["Range"] = f"bytes={byte_range[0]}-{byte_range[0] + byte_range[1] - 1}"
        fresh = (parts.scheme, parts.netloc) not in self._connections
        connection = self._connection(parts)
        with self._lock:
            self._current = connection
        try:
            try:
                connection.request("GET", target, headers=headers)
                response = connection.getresponse()
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                if fresh:
                    raise
                connection.close()  # kept alive for too long: once more
                connection.request("GET", target, headers=headers)
                response = connection.getresponse()
            return response, response.read()
        finally:
            with self._lock:
                self._current = None

    def _connection(self, parts):
        key = (parts.scheme, parts.netloc)
        if key not in self._connections:
            if parts.scheme == "https":
                self._connections[key] = http.client.HTTPSConnection(
                    parts.netloc, timeout=self._timeout, context=ssl.create_default_context())
            else:
                self._connections[key] = http.client.HTTPConnection(parts.netloc,
                                                                    timeout=self._timeout)
        return self._connections[key]

    def _forget(self, url):
        parts = urllib.parse.urlsplit(url)
        connection = self._connections.pop((parts.scheme, parts.netloc), None)
        if connection:
            connection.close()
