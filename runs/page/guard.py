"""The guard of the page: it accepts requests only from the browser that has the token, and from no other site."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOST = "127.0.0.1"
TOKEN = "token"  # noqa: S105  # the parameter's name
_OWN_SITES = ("same-origin", "none")
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Foreign text: no script, no request to anywhere, an origin of its own. Only our own page may frame it.
FOREIGN_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'self'"
)
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    # Not `no-referrer`: browsers would send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def _secret() -> str:
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The secrets of one start of the page.

    Attributes:
        token: Opens the page; part of the address that is printed.
        once: Opens the page once. It is an argument of the browser, and other users of the machine may see arguments.
        session: The value of the browser's cookie.
        csrf: What every form of ours sends with it.
    """

    token: str = field(default_factory=_secret)
    once: str = field(default_factory=_secret)
    session: str = field(default_factory=_secret)
    csrf: str = field(default_factory=_secret)


class Guard:
    """Lets requests through that come from the operator's own browser, and adds security headers to all responses.

    Args:
        app: The application.
        keys: The secrets.
        port: The port on which the page listens.
    """

    def __init__(self, app: ASGIApp, *, keys: Keys, port: int) -> None:
        self._app = app
        self._keys = keys
        self._is_opened = False
        self._host = f"{HOST}:{port}"
        # Cookies of one host are shared by all its ports.
        self._cookie = f"runs-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("Content-Security-Policy", _PAGE_POLICY)
            await send(message)

        answer = self._refusal(scope) or self._welcome(scope)
        await (answer or self._app)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> Response | None:
        """Return a refusal if the request comes from another site, or uses another name of this machine."""
        headers = Headers(scope=scope)
        if headers.get("host") != self._host:
            return _refused("This page has another address: open the one that 'runs ui' has printed.")
        changes = scope["method"] not in ("GET", "HEAD")
        origin = headers.get("origin")
        if (origin is None and changes) or (origin is not None and origin != f"http://{self._host}"):
            return _refused("Another site has sent this request: it is refused.")
        # A link in another window may lead to a page of ours, but only to a page that has no effect.
        if headers.get("sec-fetch-site", "none") not in _OWN_SITES and (
            changes or headers.get("sec-fetch-mode") != "navigate" or headers.get("sec-fetch-dest") != "document"
        ):
            return _refused("Another site has sent this request: it is refused.")
        return None

    def _welcome(self, scope: Scope) -> Response | None:
        """Return None for the browser that has the cookie; give the cookie to a request that has the token."""
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        token = next((value for name, value in pairs if name == TOKEN), None)
        if token is not None and scope["method"] == "GET" and self._opens(token):
            rest = urlencode([(name, value) for name, value in pairs if name != TOKEN])
            # One slash: two would begin the name of a host.
            path = "/" + scope["path"].lstrip("/\\")
            response = RedirectResponse(path + (f"?{rest}" if rest else ""), status_code=303)
            response.set_cookie(self._cookie, self._keys.session, httponly=True, samesite="strict", path="/")
            return response
        if not _same(self._sent_cookie(scope), self._keys.session):
            return _refused("This browser is not known: open the address that 'runs ui' has printed.")
        return None

    def _opens(self, token: str) -> bool:
        if not self._is_opened and _same(token, self._keys.once):
            self._is_opened = True
            return True
        return _same(token, self._keys.token)

    def _sent_cookie(self, scope: Scope) -> str:
        try:
            cookies = SimpleCookie(Headers(scope=scope).get("cookie", ""))
        except CookieError:
            return ""
        return cookies[self._cookie].value if self._cookie in cookies else ""


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode(), known.encode())


def _refused(reason: str) -> Response:
    return PlainTextResponse(f"{reason}\n", status_code=403)
