"""A real browser for tests of pages, driven without any library."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import subprocess
import time
from itertools import count

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--remote-debugging-pipe",
]


class Browser:
    """A headless browser driven over its DevTools pipe: descriptors 3 (in) and 4 (out)."""

    def __init__(self, profile_dir):
        pipe_in, self._to_browser = os.pipe()
        self._from_browser, pipe_out = os.pipe()
        # Moved above 9, so that neither is overwritten when the shell makes the other 3 or 4.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (pipe_in, pipe_out)]
        script = 'exec 3<&"$1" 4>&"$2"; shift 2; exec "$@"'
        flags = [*FLAGS, f"--user-data-dir={profile_dir}"]
        self._process = subprocess.Popen(
            ["bash", "-c", script, "bash", *map(str, ends), BROWSER, *flags],
            pass_fds=ends,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in (pipe_in, pipe_out, *ends):
            os.close(end)
        self._buffer = b""
        self._ids = count(1)
        self.events = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def _send(self, method, session=None, **params):
        message = {"id": next(self._ids), "method": method, "params": params}
        if hasattr(self, "_session"):
            message["sessionId"] = session or self._session
        os.write(self._to_browser, json.dumps(message).encode() + b"\0")
        return message["id"]

    def call(self, method, **params):
        number = self._send(method, **params)
        while True:
            answer = self._read()
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]
            if "method" in answer:
                self.events.append(answer)
            if answer.get("method") == "Page.javascriptDialogOpening":
                self._send("Page.handleJavaScriptDialog", accept=True)

    def _read(self):
        while b"\0" not in self._buffer:
            chunk = os.read(self._from_browser, 1 << 20)
            assert chunk, "the browser closed its pipe"
            self._buffer += chunk
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)

    def evaluate(self, expression, session=None):
        """Return the value of an expression in the page, or in a worker attached as a session."""
        how = {"returnByValue": True, "awaitPromise": True, "session": session}
        result = self.call("Runtime.evaluate", expression=expression, **how)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def open(self, path, width=1200, height=900, dark=False):
        self.events.clear()
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Page.navigate", url=path.as_uri())
        self._wait_for_page()

    def reload(self):
        """As a person does: the page is asked whether it may be left, and the answer is yes."""
        self.events.clear()
        self.evaluate("window.old = true")
        self.call("Page.reload")
        self._wait_for_page()

    def _wait_for_page(self):
        state = "(window.old ? 'old' : '') + document.readyState + location.protocol"
        deadline = time.monotonic() + 30
        while self._state_between_pages(state) != "completefile:":
            assert time.monotonic() < deadline, "the page did not load"
            time.sleep(0.05)

    def _state_between_pages(self, state):
        """While one page makes way for another there is none to ask."""
        try:
            return self.evaluate(state)
        except AssertionError as error:
            if "navigated or closed" not in str(error):
                raise
            return None

    def press(self, key, code, ctrl=False):
        # Space and Enter press a button only with the text that they would type.
        text = {" ": " ", "Enter": "\r"}.get(key)
        for kind in ("keyDown" if text else "rawKeyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                modifiers=2 if ctrl else 0, **({"text": text} if text and kind == "keyDown" else {}),
            )  # fmt: skip

    def click(self, selector):
        """Press the mouse on the middle of the first element that is on the page and visible."""
        x, y = self.evaluate(
            f"""(() => {{
              const found = [...document.querySelectorAll({json.dumps(selector)})];
              const node = found.find((e) => e.checkVisibility());
              node.scrollIntoView({{ block: "center" }});
              const box = node.getBoundingClientRect();
              return [box.x + box.width / 2, box.y + box.height / 2];
            }})()"""
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def screenshot(self, path):
        data = self.call("Page.captureScreenshot", captureBeyondViewport=True, format="png")["data"]
        path.write_bytes(base64.b64decode(data))

    def close(self):
        os.write(self._to_browser, b'{"id": 0, "method": "Browser.close"}\0')
        self._process.wait(timeout=20)
        os.close(self._to_browser)
        os.close(self._from_browser)
