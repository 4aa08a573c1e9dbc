# As much HTTP as a meter needs: one POST, one answer.
import socket


def post(url, body, headers, tls):
    """(status, body) of the answer; ``tls(socket, host)`` makes a connection safe. Raises OSError."""
    scheme, rest = url.split("://", 1)
    secure = scheme == "https"
    host, path = (rest.split("/", 1) + [""])[:2]
    name, port = (host.split(":") + [443 if secure else 80])[:2]
    link = socket.socket()
    try:
        link.settimeout(10)
        link.connect(socket.getaddrinfo(name, int(port))[0][-1])
        if secure:
            link = tls(link, name)
        # 1.0: the answer ends where the connection does.
        lines = ["POST /%s HTTP/1.0" % path, "Host: " + host, "Content-Length: %d" % len(body)]
        lines += ["%s: %s" % header for header in headers.items()]
        link.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
        status = int(link.readline().split()[1])
        while link.readline() not in (b"\r\n", b""):
            pass
        return status, link.read()
    except (IndexError, ValueError):
        raise OSError("no HTTP answer")
    finally:
        link.close()
