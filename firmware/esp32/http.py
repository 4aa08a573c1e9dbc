# As much HTTP as a meter needs: one POST, one answer.
import socket
import time

LONGEST_S = 15
LARGEST_ANSWER = 20000


def post(url, body, headers, tls):
    """(status, body) of the answer; ``tls(socket, host)`` makes a connection safe. Raises OSError."""
    scheme, rest = url.split("://", 1)
    secure = scheme == "https"
    host, path = (rest.split("/", 1) + [""])[:2]
    name, port = (host.split(":") + [443 if secure else 80])[:2]
    link = socket.socket()
    until = time.time() + LONGEST_S
    try:
        link.settimeout(LONGEST_S)
        link.connect(socket.getaddrinfo(name, int(port))[0][-1])
        if secure:
            link = tls(link, name)
        # 1.0: the answer ends where the connection does.
        lines = ["POST /%s HTTP/1.0" % path, "Host: " + host, "Content-Length: %d" % len(body)]
        lines += ["%s: %s" % header for header in headers.items()]
        link.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
        status = int(link.readline().split()[1])
        while link.readline() not in (b"\r\n", b""):
            _require_time(until)
        answer = b""
        while len(answer) < LARGEST_ANSWER:
            _require_time(until)
            part = link.read(512)
            if not part:
                return status, answer
            answer += part
        raise OSError("the answer is too long")
    except (IndexError, ValueError):
        raise OSError("no HTTP answer")
    finally:
        link.close()


def _require_time(until):
    if time.time() > until:
        raise OSError("the answer takes too long")
