"""A server that notes each request and passes it on: what a client says, byte for byte."""

import http.client
import http.server
import threading
import urllib.parse

_SECONDS_TO_WAIT = 20
_HOP_BY_HOP = ("connection", "transfer-encoding", "content-length", "keep-alive")


class Request:
    """One request as it came."""

    def __init__(self, method, target, headers, body):
        self.method = method
        self.target = target
        self.headers = headers  # {name in lower case: value}
        self.body = body


class Recorder:
    """Stands before the service at `target` ("http://127.0.0.1:8083") on a port of its own."""

    def __init__(self, target):
        parts = urllib.parse.urlsplit(target)
        self._host, self._port = parts.hostname, parts.port
        self._requests = []
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                recorder._pass_on(self)

            do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self):
        """The requests since the last call."""
        taken, self._requests = self._requests, []
        return taken

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def _pass_on(self, handler):
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length)
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self._requests.append(Request(handler.command, handler.path, headers, body))
        connection = http.client.HTTPConnection(self._host, self._port, timeout=_SECONDS_TO_WAIT)
        connection.request(handler.command, handler.path, body,
                           {name: value for name, value in headers.items() if name not in _HOP_BY_HOP})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        handler.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP_BY_HOP:
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)
