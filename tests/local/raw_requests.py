"""Requests that are written to a socket as they are: what a web page, or another program of the machine, may send."""

import re
import socket

OF_WEB_PAGES = {
    "foreign Host": {"Host": "evil.example"},
    "foreign Host with this port": {"Host": "evil.example:{port}"},
    "name below localhost": {"Host": "evil.localhost:{port}"},
    "name that begins with the address": {"Host": "127.0.0.1.evil.example:{port}"},
    "name after the port": {"Host": "127.0.0.1:{port}.evil.example"},
    "address behind a user": {"Host": "evil@127.0.0.1:{port}"},
    "localhost with a dot": {"Host": "localhost.:{port}"},
    "address of IPv6": {"Host": "[::1]:{port}"},
    "address without a port": {"Host": "127.0.0.1"},
    "empty Host": {"Host": ""},
    "Origin": {"Origin": "http://127.0.0.1:8000"},
    "Origin of a sandboxed page": {"Origin": "null"},
    "own Origin": {"Origin": "http://127.0.0.1:{port}"},
    "Sec-Fetch-Site": {"Sec_Fetch_Site": "cross-site"},
    "Sec-Fetch-Site of an address that somebody typed": {"Sec_Fetch_Site": "none"},
    "Sec-Fetch-Mode": {"Sec_Fetch_Mode": "no-cors"},
}
"""Headers that only a web page sends, by their description. Values may contain the server's port: see `of_port`."""

WEBSOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


def of_port(headers, port):
    return {name: value.format(port=port) for name, value in headers.items()}


def send(port, method, path, body=b"", **headers):
    """Send a request, and return the status and the whole response. An underscore in a header's name is a hyphen."""
    head = {
        "Host": f"127.0.0.1:{port}",
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
    response = exchange(port, "\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    return int(re.match(r"HTTP/1.1 (\d+)", response)[1]), response


def exchange(port, request):
    """Send bytes, and return all that comes back until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65_536), b"")).decode()
