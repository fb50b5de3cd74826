"""A visitor of Superset in the standard library: logs in as a browser does, then asks."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import Any


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]
    url: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Visitor:
    def __init__(self, address: str) -> None:
        self.address = address
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.csrf = ""

    def ask(self, path: str, body: Any = None, method: str | None = None, form: bool = False) -> Answer:
        headers = {"Referer": self.address, "X-CSRFToken": self.csrf}
        data = None
        if body is not None:
            data = (urllib.parse.urlencode(body) if form else json.dumps(body)).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded" if form else "application/json"
        request = urllib.request.Request(self.address + path, data=data, headers=headers, method=method)
        try:
            with self.opener.open(request, timeout=60) as response:
                return Answer(response.status, response.read(), dict(response.headers), response.url)
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read(), dict(error.headers), error.url)

    def enter(self, login: str, password: str) -> "Visitor":
        page = self.ask("/login/").body.decode()
        token = re.search(r'id="csrf_token"[^>]*value="([^"]+)"|csrf_token&#34;: &#34;([^&]+)&#34;', page)
        assert token, "no csrf token on the login page"
        self.csrf = token[1] or token[2]
        self.ask("/login/", {"username": login, "password": password, "csrf_token": self.csrf}, form=True)
        self.csrf = self.ask("/api/v1/security/csrf_token/").json.get("result", "")
        return self

    def me(self) -> str | None:
        answer = self.ask("/api/v1/me/")
        return answer.json["result"]["username"] if answer.status == 200 else None

    def figures(self, dataset: int, columns: list[Any], metrics: list[Any] | None = None, **more: Any) -> Answer:
        query = {"columns": columns, "metrics": metrics or [], "row_limit": 100, **more}
        form_data = {"slice_id": 0}
        asked = {
            "datasource": {"id": dataset, "type": "table"},
            "queries": [query],
            "form_data": form_data,
            "result_format": "json",
            "result_type": "full",
        }
        return self.ask("/api/v1/chart/data", asked)

    def rows(
        self, dataset: int, columns: list[Any], metrics: list[Any] | None = None, **more: Any
    ) -> list[dict[str, Any]]:
        answer = self.figures(dataset, columns, metrics, **more)
        assert answer.status == 200, answer.body[:600]
        return answer.json["result"][0]["data"]
