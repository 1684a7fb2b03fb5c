"""A server that notes each request and answers it: what a client says, byte for byte."""

import contextlib
import http.client
import http.server
import json
import threading
import urllib.parse

_SECONDS_TO_WAIT = 20
_HOP_BY_HOP = ("connection", "transfer-encoding", "content-length", "keep-alive")


class Request:
    """One request as it came."""

    def __init__(self, method, target, headers, body):
        address = urllib.parse.urlsplit(target)
        self.method = method
        self.target = target
        self.path = urllib.parse.unquote(address.path)
        self.query = urllib.parse.parse_qsl(address.query, keep_blank_values=True)
        self.headers = headers  # {name in lower case: value}
        self.body = body


class Recorder:
    """Listens on a port of its own. `answer` gets each request and returns (status, {header: value}, body)."""

    def __init__(self, answer):
        self._answer = answer
        self._requests = []
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                recorder._handle(self)

            do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self):
        """The requests since the last call."""
        taken, self._requests = self._requests, []
        return taken

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def _handle(self, handler):
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        request = Request(handler.command, handler.path, headers, body)
        self._requests.append(request)
        status, headers, content = self._answer(request)
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        with contextlib.suppress(ConnectionError):  # Who has enough of a stream goes.
            handler.wfile.write(content)


def json_answer(status, content):
    text = json.dumps(content, separators=(",", ":")) + "\n"
    return status, {"Content-Type": "application/json"}, text.encode()


def pass_on_to(url):
    """An `answer` that asks the service at `url` ("http://127.0.0.1:8083")."""
    service = urllib.parse.urlsplit(url)

    def answer(request):
        connection = http.client.HTTPConnection(service.hostname, service.port, timeout=_SECONDS_TO_WAIT)
        connection.request(request.method, request.target, request.body,
                           {name: value for name, value in request.headers.items() if name not in _HOP_BY_HOP})
        answered = connection.getresponse()
        content = answered.read()
        connection.close()
        headers = {name: value for name, value in answered.getheaders() if name.lower() not in _HOP_BY_HOP}
        return answered.status, headers, content

    return answer
