"""nginx as the CDN: its configuration, its start, and its own count of what it delivered.

Runs in the foreground as a single process (a worker would outlive a master that is killed) with
every file below one folder, so that it wants no rights and leaves nothing behind. `Cdn.traffic()`
reads the access log: the bytes are those of response bodies.
"""

import os
import re
import shutil
import socket

from demo import net
from demo.processes import Failed, Process, wait_until

_CONFIGURATION = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 1024; }}
http {{
  client_body_temp_path {folder}/temp/body;
  proxy_temp_path {folder}/temp/proxy;
  fastcgi_temp_path {folder}/temp/fastcgi;
  uwsgi_temp_path {folder}/temp/uwsgi;
  scgi_temp_path {folder}/temp/scgi;
  types {{
    application/vnd.apple.mpegurl m3u8;
    video/mp2t ts;
    video/mp4 mp4;
    video/iso.segment m4s;
    audio/aac aac;
    text/vtt vtt;
  }}
  default_type application/octet-stream;
  log_format traffic escape=json
      '$msec\t$request_method\t$request_uri\t$status\t$body_bytes_sent\t$http_range\t$remote_addr';
  access_log {folder}/access.log traffic;
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 75s;
  keepalive_requests 100000;
  reset_timedout_connection on;
  server_tokens off;
{extra}
  server {{
    listen {address}:{port} backlog=511;
    root {root};
    add_header Access-Control-Allow-Origin *;
    location ~ \\.m3u8$ {{
      add_header Access-Control-Allow-Origin *;
      add_header Cache-Control "max-age=1";
    }}
    location ~ \\.(ts|m4s|mp4|aac|vtt)$ {{
      add_header Access-Control-Allow-Origin *;
      add_header Cache-Control "public, max-age=3600";
    }}
  }}
}}
"""
_GZIP = "  gzip on; gzip_min_length 1; gzip_types application/vnd.apple.mpegurl;"
_SEGMENT = re.compile(r"\.(ts|m4s|mp4|aac)(\?|$)")


class Traffic:
    """What the CDN's log adds up to. Subtract two to get what lies between."""

    def __init__(self, segment_bytes=0, segment_requests=0, other_bytes=0, other_requests=0,
                 errors=0):
        self.segment_bytes = segment_bytes
        self.segment_requests = segment_requests
        self.other_bytes = other_bytes
        self.other_requests = other_requests
        self.errors = errors

    def __sub__(self, other):
        return Traffic(self.segment_bytes - other.segment_bytes,
                       self.segment_requests - other.segment_requests,
                       self.other_bytes - other.other_bytes,
                       self.other_requests - other.other_requests, self.errors - other.errors)


class Cdn:
    """nginx serving `root`. `folder` must exist; `address` is its own within `namespace`."""

    def __init__(self, folder, root, address="127.0.0.1", namespace=None, gzip=False):
        self.folder = folder
        self.address = address
        self._root = root
        self._namespace = namespace
        self._extra = _GZIP if gzip else ""
        self._log_offset = 0
        self._traffic = Traffic()
        self._process = None
        self.port = 0

    @property
    def origin(self):
        return f"http://{self.address}:{self.port}"

    def start(self):
        path = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
        nginx = shutil.which("nginx", path=path)
        if not nginx:
            raise Failed("nginx is not installed (Debian: nginx-light)")
        # Another program can take the free port before nginx does: then once more.
        for attempt in range(5):
            self._start_once(nginx)
            try:
                wait_until(self._answers, 5.0, "nginx", self._process)
                return
            except Failed:
                self.stop()
                if attempt == 4:
                    raise

    def stop(self):
        if self._process:
            self._process.stop()
            self._process = None

    def require_running(self):
        self._process.require_running()

    def traffic(self):
        """Everything so far. Cheap: reads only what was written since the last call."""
        with open(os.path.join(self.folder, "access.log"), encoding="utf-8") as log:
            log.seek(self._log_offset)
            while line := log.readline():
                if not line.endswith("\n"):
                    break
                self._log_offset += len(line.encode())
                self._count(line)
        return self._traffic - Traffic()

    def requests(self):
        """All requests as (method, uri, status, body bytes, Range header), for tests."""
        with open(os.path.join(self.folder, "access.log"), encoding="utf-8") as log:
            lines = [line.rstrip("\n").split("\t") for line in log if line.endswith("\n")]
        return [(f[1], f[2], int(f[3]), int(f[4]), f[5]) for f in lines]

    def _count(self, line):
        _, _, uri, status, size, *_ = line.split("\t")
        if _SEGMENT.search(uri):
            self._traffic.segment_bytes += int(size)
            self._traffic.segment_requests += 1
        else:
            self._traffic.other_bytes += int(size)
            self._traffic.other_requests += 1
        if int(status) >= 400:
            self._traffic.errors += 1

    def _start_once(self, nginx):
        self.port = self._free_port()
        os.makedirs(os.path.join(self.folder, "temp"), exist_ok=True)
        path = os.path.join(self.folder, "nginx.conf")
        with open(path, "w", encoding="ascii") as conf:
            conf.write(_CONFIGURATION.format(folder=self.folder, root=self._root,
                                             address=self.address, port=self.port,
                                             extra=self._extra))
        open(os.path.join(self.folder, "access.log"), "ab").close()
        self._process = Process(
            "nginx", [nginx, "-p", self.folder, "-e", os.path.join(self.folder, "error.log"),
                      "-c", path], os.path.join(self.folder, "error.log"), self._namespace)

    def _free_port(self):
        with net.entered(self._namespace), socket.socket() as probe:
            probe.bind((self.address, 0))
            return probe.getsockname()[1]

    def _answers(self):
        try:
            net.connect(self._namespace, self.address, self.port, 1.0).close()
            return True
        except OSError:
            return False
