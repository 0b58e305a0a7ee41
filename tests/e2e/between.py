"""Something that stands between the worker and the stand-in, as a server of its own: it passes on what it gets, and says what it
saw. By TLS where it has a certificate, for clients of its authority alone where that is asked; as a forward proxy, too."""

import http.client
import http.server
import ssl
import threading
import urllib.parse
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Authority:
    """Issues certificates, for files in a directory."""

    def __init__(self, directory):
        self.directory = directory
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an authority of the tests")])
        self.file = self.write("authority.crt", self.certificate(self.name, self.key, is_authority=True))

    def certificate(self, subject, key, is_authority=False):
        now = datetime.now(timezone.utc)
        names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key.public_key())
        made = made.serial_number(x509.random_serial_number())
        made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        made = made.add_extension(x509.BasicConstraints(is_authority, None), critical=True).add_extension(names, False)
        return made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def write(self, name, content):
        path = self.directory / name
        path.touch(mode=0o600)
        path.write_bytes(content)
        return path

    def issue(self, name):
        """The files of a certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return self.write(f"{name}.crt", self.certificate(subject, key)), self.write(f"{name}.key", pem)


class Between(http.server.ThreadingHTTPServer):
    """`seen`: (method, target, headers) of each request; `shown`: the number of the certificate that its client showed, or None;
    `trailers`: answers are sent in pieces, with a header behind them; `keeps`: connections stay open; `together`: none who asks whose
    a key is gets an answer before so many ask, none at all for 0."""

    daemon_threads = True

    def __init__(self, standin_url, authority=None, clients=None, trailers=False, keeps=True, together=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.upstream = urllib.parse.urlsplit(standin_url).netloc
        self.trailers, self.keeps = trailers, keeps
        self.together = together and threading.Barrier(together)
        self.silent, self.closed = together == 0, threading.Event()
        self.seen, self.shown = [], []
        self.url = f"http://localhost:{self.server_port}"
        if authority is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*authority.issue("server"))
            if clients is not None:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(clients.file)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
            self.url = self.url.replace("http:", "https:")
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """Who hangs up is no error of the test's."""

    def close(self):
        self.closed.set()
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def pass_on(self):
        certificate = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
        self.server.shown.append(int(certificate["serialNumber"], 16) if certificate else None)
        self.server.seen.append((self.command, self.path, dict(self.headers)))
        if self.server.silent:
            self.server.closed.wait()
            return
        if self.server.together and self.path == "/api/v1/me":
            self.server.together.wait()
        target = urllib.parse.urlsplit(self.path)
        path = target.path + ("?" + target.query if target.query else "")
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        upstream = http.client.HTTPConnection(self.server.upstream, timeout=30)
        upstream.request(self.command, path, body, {"authorization": self.headers["authorization"], "content-type": "application/json"})
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        self.send_response(answer.status)
        self.send_header("content-type", answer.headers["content-type"])
        if not self.server.keeps:
            self.send_header("connection", "close")
        if self.server.trailers:
            self.send_header("transfer-encoding", "chunked")
            self.send_header("trailer", "x-checksum")
            self.end_headers()
            pieces = [content[at : at + 7] for at in range(0, len(content), 7)]
            chunks = b"".join(b"%x;q=1\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
            self.wfile.write(chunks + b"0\r\nx-checksum: 7\r\ndate: Mon, 01 Jan 2001 00:00:00 GMT\r\n\r\n")
        else:
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = pass_on
