"""As much of the Hugging Face Hub as pushing and fetching a model asks for, on the loopback."""

from __future__ import annotations

import base64
import hashlib
import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote


class FakeHub:
    """The files of one revision of each model, and the requests that were made."""

    def __init__(self):
        self.models = {}
        self.status = None
        self.asked = []
        self.address = None

    def revision(self, name):
        content = repr(sorted(self.models[name].items())).encode()
        return hashlib.sha1(content).hexdigest()

    def answer(self, method, path, body):
        """Return status, headers and content."""
        self.asked.append(f"{method} {path}")
        if self.status:
            return self.status, {}, b"{}"
        parts = [unquote(part) for part in path.split("?")[0].strip("/").split("/")]
        if parts == ["api", "repos", "create"]:
            values = json.loads(body)
            name = (
                f"{values['organization']}/{values['name']}"
                if values.get("organization")
                else values["name"]
            )
            self.models.setdefault(name, {})
            return 200, {}, json.dumps({"url": f"{self.address}/{name}", "name": name}).encode()
        if parts == ["api", "validate-yaml"]:
            return 200, {}, json.dumps({"errors": [], "warnings": []}).encode()
        if parts[:2] == ["api", "models"]:
            return self._api("/".join(parts[2:4]), parts[4:], body)
        if parts[2:3] == ["resolve"]:
            return self._file("/".join(parts[:2]), "/".join(parts[4:]))
        return 404, {}, b"{}"

    def _api(self, name, rest, body):
        if name not in self.models:
            return 404, {"X-Error-Code": "RepoNotFound"}, b"{}"
        if rest[:1] == ["preupload"]:
            wanted = json.loads(body)["files"]
            files = [
                {"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in wanted
            ]
            return 200, {}, json.dumps({"files": files}).encode()
        if rest[:1] == ["commit"]:
            for line in body.decode().splitlines():
                row = json.loads(line)
                if row["key"] == "file":
                    content = base64.b64decode(row["value"]["content"])
                    self.models[name][row["value"]["path"]] = content
            oid = self.revision(name)
            done = {
                "commitUrl": f"{self.address}/{name}/commit/{oid}",
                "commitOid": oid,
                "success": True,
            }
            return 200, {}, json.dumps(done).encode()
        siblings = [{"rfilename": file} for file in self.models[name]]
        info = {"id": name, "sha": self.revision(name), "siblings": siblings, "private": False,
                "tags": [], "downloads": 0, "likes": 0}  # fmt: skip
        if rest[:1] == ["tree"]:
            rows = [
                {"type": "file", "path": f, "size": len(c), "oid": hashlib.sha1(c).hexdigest()}
                for f, c in self.models[name].items()
            ]
            return 200, {}, json.dumps(rows).encode()
        return 200, {}, json.dumps(info).encode()

    def _file(self, name, file):
        if file not in self.models.get(name, {}):
            return 404, {"X-Error-Code": "EntryNotFound"}, b""
        content = self.models[name][file]
        headers = {
            "ETag": f'"{hashlib.sha256(content).hexdigest()}"',
            "X-Repo-Commit": self.revision(name),
        }
        return 200, headers, content


@contextmanager
def fake_hub(monkeypatch, cache):
    """Let huggingface_hub talk to a fake Hub, with a cache and a login of its own."""
    import huggingface_hub.constants as constants

    hub = FakeHub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, content = hub.answer(self.command, self.path, body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_HEAD = do_POST = _do  # noqa: N815

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    address = hub.address = f"http://127.0.0.1:{server.server_port}"
    with monkeypatch.context() as patch:
        patch.setattr(constants, "ENDPOINT", address)
        template = constants.HUGGINGFACE_CO_URL_TEMPLATE
        patch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE",
            address + "/{repo_id}/resolve/{revision}/{filename}",
        )  # fmt: skip
        assert template.endswith("/{repo_id}/resolve/{revision}/{filename}")
        patch.setattr(constants, "HF_HUB_CACHE", str(cache))
        patch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        patch.setenv("HF_TOKEN", "hf_fake")
        patch.setenv("NO_PROXY", "*")
        try:
            yield hub
        finally:
            server.shutdown()
            server.server_close()
