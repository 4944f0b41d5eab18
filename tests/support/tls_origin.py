"""nginx as an origin that speaks HTTP/2 over TLS, under a certificate of an authority of its own.

`requests()` tells of each request the protocol and the connection that it came by.
"""

import os
import shutil
import socket
import subprocess

from demo.processes import Process, wait_until

_CONFIGURATION = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
http {{
  client_body_temp_path {folder}/temp/body;
  proxy_temp_path {folder}/temp/proxy;
  fastcgi_temp_path {folder}/temp/fastcgi;
  uwsgi_temp_path {folder}/temp/uwsgi;
  scgi_temp_path {folder}/temp/scgi;
  types {{ application/vnd.apple.mpegurl m3u8; video/mp2t ts; }}
  log_format by_connection '$request_uri\t$status\t$server_protocol\t$connection\t$http_range';
  access_log {folder}/access.log by_connection;
  server {{
    listen 127.0.0.1:{port} ssl{http2};
    ssl_certificate {folder}/origin.pem;
    ssl_certificate_key {folder}/origin.key;
    root {root};
  }}
}}
"""


class Request:
    """One line of the log."""

    def __init__(self, line):
        self.uri, status, self.protocol, connection, self.range = line.split("\t")
        self.status, self.connection = int(status), int(connection)


class TlsOrigin:
    """Serves `root` as https://127.0.0.1:PORT. `authority` is the file to be trusted for it."""

    def __init__(self, folder, root, http2=True):
        self._folder = folder
        self._root = root
        self._http2 = " http2" if http2 else ""
        self._process = None
        self.authority = os.path.join(folder, "authority.pem")
        self.port = 0

    @property
    def origin(self):
        return f"https://127.0.0.1:{self.port}"

    def start(self):
        self._make_certificates()
        os.makedirs(os.path.join(self._folder, "temp"))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        path = os.path.join(self._folder, "nginx.conf")
        with open(path, "w", encoding="ascii") as conf:
            conf.write(_CONFIGURATION.format(folder=self._folder, root=self._root, port=self.port,
                                             http2=self._http2))
        nginx = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
        log = os.path.join(self._folder, "error.log")
        self._process = Process("nginx", [nginx, "-p", self._folder, "-e", log, "-c", path], log)
        wait_until(self._answers, 5, "nginx", self._process)
        return self

    def stop(self):
        self._process.stop()

    def requests(self):
        with open(os.path.join(self._folder, "access.log"), encoding="utf-8") as log:
            return [Request(line.rstrip("\n")) for line in log if line.endswith("\n")]

    def _answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def _make_certificates(self):
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                      "-nodes", "-days", "2", "-subj", "/CN=Test authority",
                      "-keyout", "authority.key", "-out", "authority.pem")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-subj", "/CN=127.0.0.1", "-keyout", "origin.key", "-out", "origin.csr")
        with open(os.path.join(self._folder, "names"), "w", encoding="ascii") as names:
            names.write("subjectAltName=IP:127.0.0.1\n")
        self._openssl("x509", "-req", "-in", "origin.csr", "-CA", "authority.pem",
                      "-CAkey", "authority.key", "-CAcreateserial", "-days", "2",
                      "-extfile", "names", "-out", "origin.pem")

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self._folder, check=True, timeout=30,
                       capture_output=True)
