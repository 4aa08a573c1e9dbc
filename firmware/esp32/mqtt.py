# As much MQTT 3.1.1 as a meter needs: connect, subscribe, publish at QoS 0, receive, ping.
# Delivery is ensured by the co-op's own acknowledgements, so nothing here waits for the broker.
import select
import socket
import struct

CONNECT, CONNACK, PUBLISH, SUBSCRIBE, PINGREQ = 0x10, 0x20, 0x30, 0x82, 0xC0
LARGEST_PACKET = 4096


class Refused(Exception):
    pass


class Client:
    def __init__(self, host, port, client_id, user=None, password=None, keepalive_s=30, tls=None):
        address = socket.getaddrinfo(host, port)[0][-1]
        self.socket = socket.socket()
        self.socket.settimeout(5)
        self.socket.connect(address)
        if tls is not None:
            self.socket = tls(self.socket, host)
        self.poller = select.poll()
        self.poller.register(self.socket, select.POLLIN)
        self._connect(client_id, user, password, keepalive_s)

    def publish(self, topic, payload):
        self._send(PUBLISH, _text(topic) + payload)

    def subscribe(self, topic):
        self._send(SUBSCRIBE, b"\x00\x01" + _text(topic) + b"\x00")

    def ping(self):
        self._send(PINGREQ, b"")

    def receive(self, milliseconds):
        """(topic, payload) of a message that arrives within the time, else None. Raises OSError when the link is gone."""
        if not self.poller.poll(milliseconds):
            return None
        kind = self._read(1)[0]
        length = self._length()
        if length > LARGEST_PACKET:
            raise OSError("packet too large")
        body = self._read(length)
        if kind & 0xF0 != PUBLISH:
            return None
        topic_length = struct.unpack(">H", body[:2])[0]
        start = 2 + topic_length + (2 if kind & 0x06 else 0)
        return body[2 : 2 + topic_length].decode(), body[start:]

    def close(self):
        try:
            self.socket.close()
        except OSError:
            pass

    def _connect(self, client_id, user, password, keepalive_s):
        flags = 0x02 | (0x80 if user else 0) | (0x40 if password else 0)
        body = _text("MQTT") + b"\x04" + bytes([flags]) + struct.pack(">H", keepalive_s) + _text(client_id)
        for secret in (user, password):
            if secret:
                body += _text(secret)
        self._send(CONNECT, body)
        kind = self._read(1)[0]
        answer = self._read(self._length())
        if kind != CONNACK or answer[1] != 0:
            raise Refused("the broker refused the connection: %d" % answer[1])

    def _send(self, kind, body):
        length = len(body)
        header = bytearray([kind])
        while True:
            header.append(length & 0x7F | (0x80 if length > 0x7F else 0))
            length >>= 7
            if not length:
                break
        data = bytes(header) + body
        while data:
            sent = self.socket.write(data)
            data = data[sent:]

    def _length(self):
        length = shift = 0
        while True:
            byte = self._read(1)[0]
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return length

    def _read(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.read(count - len(data))
            if not part:
                raise OSError("the broker closed the connection")
            data += part
        return data


def _text(text):
    raw = text.encode()
    return struct.pack(">H", len(raw)) + raw
