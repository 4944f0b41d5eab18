"""An HTTP origin that misbehaves on demand.

    origin = FaultOrigin({"/live/stream.m3u8": text, "/live/0.ts": data})
    origin.fault(r"/live/0\\.ts", answer_status(503), times=2)
    origin.start(); ...; origin.stop()

Without a matching fault it serves files as a good origin does: ranges, If-Range, ETag, keep-alive.
Files are bytes, or functions that return bytes. `requests` has all requests in their order.

A fault is a function (handler, body) -> None that writes the whole answer; `body` is the file's, or
None. Threads: one for each connection; all methods may be called from anywhere.
"""

import gzip
import hashlib
import http.server
import re
import socket
import threading
import time


class Request:
    def __init__(self, method, path, headers):
        self.method = method
        self.path = path
        self.headers = headers
        self.range = headers.get("Range")


class FaultOrigin:
    def __init__(self, files=None, address="127.0.0.1"):
        self.files = dict(files or {})
        self.headers = {}         # path -> further header fields of its good answers
        self.requests = []
        self._faults = []
        self._lock = threading.Lock()
        self._server = _Server((address, 0), self)

    def start(self):
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        self._server.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self):
        return self._server.server_address[1]

    @property
    def authority(self):
        return f"{self._server.server_address[0]}:{self.port}"

    @property
    def origin(self):
        return f"http://{self.authority}"

    def fault(self, path, behaviour, times=None):
        """Requests whose path matches the expression `path` get `behaviour`, the first `times`."""
        with self._lock:
            self._faults.append([re.compile(path), behaviour, times])

    def clear_faults(self):
        with self._lock:
            self._faults.clear()

    def requested(self, path):
        """The requests whose path (with query) matches the expression."""
        expression = re.compile(path)
        return [r for r in list(self.requests) if expression.fullmatch(r.path)]

    def file(self, path):
        body = self.files.get(path)
        return body() if callable(body) else body

    def behaviour_for(self, path):
        with self._lock:
            for fault in self._faults:
                if fault[0].fullmatch(path) and (fault[2] is None or fault[2] > 0):
                    if fault[2] is not None:
                        fault[2] -= 1
                    return fault[1]
        return answer_well


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address, origin):
        self.origin = origin
        self.stopping = threading.Event()
        super().__init__(address, _Handler)

    def handle_error(self, request, client_address):
        pass  # a client that went away is none


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        origin = self.server.origin
        origin.requests.append(Request(self.command, self.path, self.headers))
        path = self.path.split("?")[0]
        origin.behaviour_for(self.path)(self, origin.file(path))

    do_HEAD = do_OPTIONS = do_GET

    def log_message(self, *_):
        pass

    # ---- for faults ----

    @property
    def further(self):
        return self.server.origin.headers.get(self.path.split("?")[0], {})

    def head(self, status, length=None, **fields):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), str(value))
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def range_of(self, size):
        """[begin, end) of the Range header; None without one; an empty one if unsatisfiable."""
        match = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if not match or (not match[1] and not match[2]):
            return None
        if not match[1]:
            return max(0, size - int(match[2])), size
        begin = int(match[1])
        end = min(size, int(match[2]) + 1) if match[2] else size
        return (begin, end) if begin < end else (0, 0)

    def sleep(self, seconds):
        self.server.stopping.wait(seconds)


def content_type(path):
    path = path.split("?")[0]
    for suffix, kind in ((".m3u8", "application/vnd.apple.mpegurl"), (".ts", "video/mp2t"),
                         (".mp4", "video/mp4"), (".m4s", "video/iso.segment")):
        if path.endswith(suffix):
            return kind
    return "application/octet-stream"


def etag(body):
    return '"' + hashlib.sha256(body).hexdigest()[:16] + '"'


# ---- behaviours ----


def answer_well(handler, body):
    if body is None:
        return answer_status(404)(handler, body)
    fields = {"Content_Type": content_type(handler.path), "ETag": etag(body),
              "Accept_Ranges": "bytes"}
    fields.update({name.replace("-", "_"): value for name, value in handler.further.items()})
    part = handler.range_of(len(body))
    if handler.headers.get("If-Range") not in (None, etag(body)):
        part = None
    if part == (0, 0):
        return handler.head(416, 0, Content_Range=f"bytes */{len(body)}")
    if part:
        body, whole = body[part[0]:part[1]], len(body)
        handler.head(206, len(body), Content_Range=f"bytes {part[0]}-{part[1] - 1}/{whole}",
                     **fields)
    else:
        handler.head(200, len(body), **fields)
    if handler.command != "HEAD":
        handler.wfile.write(body)
    return None


def answer_status(status, text="", **fields):
    def behave(handler, _):
        handler.head(status, len(text), **fields)
        handler.wfile.write(text.encode())
    return behave


def redirect_to(url, status=302):
    return answer_status(status, Location=url)


def ignore_range(handler, body):
    """200 with all of it, whatever was asked for."""
    handler.head(200, len(body), Content_Type=content_type(handler.path), ETag=etag(body))
    handler.wfile.write(body)


def gzipped(handler, body):
    packed = gzip.compress(body)
    handler.head(200, len(packed), Content_Type=content_type(handler.path),
                 Content_Encoding="gzip")
    handler.wfile.write(packed)


def chunked(handler, body):
    """All of it, without saying how long it is."""
    handler.head(200, None, Content_Type=content_type(handler.path), Transfer_Encoding="chunked")
    for begin in range(0, len(body), 10_000):
        part = body[begin:begin + 10_000]
        handler.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
    handler.wfile.write(b"0\r\n\r\n")


def unmeasured(handler, body):
    """HTTP/1.0's way: neither length nor chunks; the end of the connection is the end."""
    handler.close_connection = True
    handler.head(200, None, Content_Type=content_type(handler.path), Connection="close")
    handler.wfile.write(body)


def slowly(bytes_per_second):
    """As asked for, but at this rate."""
    def behave(handler, body):
        part = handler.range_of(len(body))
        begin, end = part or (0, len(body))
        if part:
            handler.head(206, end - begin, Content_Range=f"bytes {begin}-{end - 1}/{len(body)}",
                         ETag=etag(body))
        else:
            handler.head(200, end - begin, ETag=etag(body))
        step = max(1, bytes_per_second // 20)
        while begin < end and not handler.server.stopping.is_set():
            handler.wfile.write(body[begin:min(begin + step, end)])
            begin += step
            handler.sleep(0.05)
    return behave


def after(seconds, behaviour=answer_well):
    """`behaviour`, but its first byte only after so long."""
    def behave(handler, body):
        handler.sleep(seconds)
        behaviour(handler, body)
    return behave


def hang(handler, _):
    """Not a single byte."""
    handler.close_connection = True
    handler.sleep(120)


def truncate(keep):
    """The right head, then only `keep` bytes, then the end of the connection."""
    def behave(handler, body):
        part = handler.range_of(len(body))
        begin, end = part or (0, len(body))
        handler.close_connection = True
        if part:
            handler.head(206, end - begin, Content_Range=f"bytes {begin}-{end - 1}/{len(body)}",
                         ETag=etag(body))
        else:
            handler.head(200, end - begin, ETag=etag(body))
        handler.wfile.write(body[begin:min(end, begin + keep)])
    return behave


def stall_after(keep):
    """The right head and `keep` bytes; then nothing, with the connection open."""
    def behave(handler, body):
        part = handler.range_of(len(body))
        begin, end = part or (0, len(body))
        handler.close_connection = True
        if part:
            handler.head(206, end - begin, Content_Range=f"bytes {begin}-{end - 1}/{len(body)}")
        else:
            handler.head(200, end - begin)
        handler.wfile.write(body[begin:min(end, begin + keep)])
        handler.wfile.flush()
        handler.sleep(120)
    return behave


def lie_about_total(difference):
    """Content-Range names a total that is off by so much; the bytes are right."""
    def behave(handler, body):
        part = handler.range_of(len(body))
        if not part:
            return answer_well(handler, body)
        begin, end = part
        handler.head(206, end - begin, ETag=etag(body),
                     Content_Range=f"bytes {begin}-{end - 1}/{len(body) + difference}")
        handler.wfile.write(body[begin:end])
        return None
    return behave


def wrong_range(shift):
    """206 for a range other than the one asked for, and honest about it."""
    def behave(handler, body):
        part = handler.range_of(len(body))
        if not part:
            return answer_well(handler, body)
        begin = min(part[0] + shift, len(body) - 1)
        end = min(part[1] + shift, len(body))
        handler.head(206, end - begin, ETag=etag(body),
                     Content_Range=f"bytes {begin}-{end - 1}/{len(body)}")
        handler.wfile.write(body[begin:end])
        return None
    return behave


def longer_than_said(surplus):
    """More bytes than Content-Length says, and the end of the connection."""
    def behave(handler, body):
        part = handler.range_of(len(body)) or (0, len(body))
        handler.close_connection = True
        handler.head(206 if handler.headers.get("Range") else 200, part[1] - part[0],
                     Content_Range=f"bytes {part[0]}-{part[1] - 1}/{len(body)}")
        handler.wfile.write(body[part[0]:part[1]] + b"x" * surplus)
    return behave


def endless(line):
    """`line`, again and again, until the other side has enough (or 200 MB went out)."""
    def behave(handler, _):
        handler.close_connection = True
        handler.head(200, None, Content_Type=content_type(handler.path), Connection="close")
        handler.wfile.write(b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n")
        block = line * (65_536 // len(line) + 1)
        begin = time.monotonic()
        sent = 0
        while sent < 200_000_000 and time.monotonic() - begin < 30:
            handler.wfile.write(block)
            sent += len(block)
    return behave


def garbage(handler, _):
    """No HTTP at all."""
    handler.close_connection = True
    handler.wfile.write(bytes(range(256)) * 16)


def reset(handler, _):
    """The connection is reset without an answer."""
    handler.close_connection = True
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    handler.connection.close()
