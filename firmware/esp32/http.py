# As much HTTP as a meter needs: one POST, one answer.
import socket
import time

# Less than a watchdog's time together: one step on the network, and the answer.
STEP_S, LONGEST_S = 5, 15
LARGEST_ANSWER = 20000


def post(url, body, headers, tls):
    """(status, body) of the answer; ``tls(socket, host)`` makes a connection safe. Raises OSError."""
    scheme, rest = url.split("://", 1)
    secure = scheme == "https"
    host, path = (rest.split("/", 1) + [""])[:2]
    name, port = (host.split(":") + [443 if secure else 80])[:2]
    link = socket.socket()
    try:
        link.settimeout(STEP_S)
        link.connect(socket.getaddrinfo(name, int(port))[0][-1])
        if secure:
            link = tls(link, name)
        # 1.0: the answer ends where the connection does.
        lines = ["POST /%s HTTP/1.0" % path, "Host: " + host, "Content-Length: %d" % len(body)]
        lines += ["%s: %s" % header for header in headers.items()]
        link.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
        head, answer = _all(link).split(b"\r\n\r\n", 1)
        return int(head.split()[1]), answer
    except (IndexError, ValueError):
        raise OSError("no HTTP answer")
    finally:
        link.close()


def _all(link):
    """Byte by byte: a read of more waits for each of them as long as for the first."""
    began = time.ticks_ms()
    said = bytearray()
    while len(said) < LARGEST_ANSWER:
        byte = link.read(1)
        if not byte:
            return bytes(said)
        said += byte
        if time.ticks_diff(time.ticks_ms(), began) > LONGEST_S * 1000:
            raise OSError("the answer takes too long")
    raise OSError("the answer is too long")
