"""Chromium without a window, driven over its debugging pipe: JSON with a 0 byte behind each message."""

import base64
import json
import os
import shutil
import subprocess
import tempfile

from broker import ROOT, wait_until

WAIT_S = 30
AXE = ROOT / "tests/.cache/node/node_modules/axe-core/axe.min.js"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--no-proxy-server", "--remote-debugging-pipe",
)  # fmt: skip

# What a key types, and the number that the page is told, for those that are no letter.
KEYS = {
    "Enter": ("\r", 13), "Tab": ("", 9), "Escape": ("", 27), " ": (" ", 32), "ArrowDown": ("", 40), "ArrowUp": ("", 38),
}  # fmt: skip
SHIFT, CONTROL = 8, 2


def there_is_one():
    return shutil.which("chromium") is not None


class Navigated(AssertionError):
    """The page went away under the question."""


class Pipe:
    """The process, and what goes to and comes from it; what scripts throw and log as errors is kept by their session."""

    def __init__(self, directory):
        # What it leaves in a TMPDIR goes with it; its sockets there need a short path.
        self.scratch = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        for_it, self.writing = os.pipe()
        self.reading, from_it = os.pipe()
        command = ["bash", "-c", f'exec "$@" 3<&{for_it} 4>&{from_it}', "-", "chromium", *FLAGS]
        with (directory / "chromium.log").open("wb") as log:
            self.process = subprocess.Popen(
                [*command, f"--user-data-dir={directory / 'chromium'}", "about:blank"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(for_it, from_it),
                env={**os.environ, "TMPDIR": self.scratch.name},
            )  # fmt: skip
        os.close(for_it)
        os.close(from_it)
        self.left, self.number, self.complaints = b"", 0, {}

    def read(self):
        while b"\0" not in self.left:
            more = os.read(self.reading, 1 << 20)
            assert more, "the browser ended"
            self.left += more
        message, self.left = self.left.split(b"\0", 1)
        return json.loads(message)

    def send(self, session, method, params):
        self.number += 1
        request = {"id": self.number, "method": method, "params": params, **session}
        os.write(self.writing, json.dumps(request).encode() + b"\0")
        return self.number

    def ask(self, session, method, params):
        """Waits for the answer; meanwhile a page that asks whether one really wants to leave it is told so."""
        number = self.send(session, method, params)
        while (message := self.read()).get("id") != number:
            if message.get("method") == "Page.javascriptDialogOpening":
                self.send({"sessionId": message["sessionId"]}, "Page.handleJavaScriptDialog", {"accept": True})
            if message.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.complaints.setdefault(message["sessionId"], []).append(message["params"])
        if "error" in message:
            raise (Navigated if "navigated" in message["error"]["message"] else AssertionError)(message)
        return message["result"]

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.writing)
        os.close(self.reading)
        self.scratch.cleanup()


class Page:
    """One tab. What its scripts throw and log as errors is kept in `complaints`."""

    def __init__(self, pipe):
        self.pipe = pipe
        self.target = pipe.ask({}, "Target.createTarget", {"url": "about:blank"})["targetId"]
        attached = pipe.ask({}, "Target.attachToTarget", {"targetId": self.target, "flatten": True})
        self.session = {"sessionId": attached["sessionId"]}
        self.complaints = pipe.complaints.setdefault(attached["sessionId"], [])
        for domain in ("Page", "Runtime", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method, **params):
        return self.pipe.ask(self.session, method, params)

    def front(self):
        """As a person who turns to this tab."""
        self.ask("Page.bringToFront")

    def run(self, script):
        """The value of a script's expression; a promise is waited for."""
        done = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def open(self, url):
        self.ask("Page.navigate", url=url)
        self.until(f"location.href === {json.dumps(url)} && document.readyState === 'complete'")

    def until(self, condition):
        def look():
            try:
                return self.run(condition)
            except Navigated:
                return False

        return wait_until(look, condition, WAIT_S, lambda: self.run("document.body.innerText"))

    def text(self):
        """What can be seen of the page."""
        return self.run("document.body.innerText")

    def click(self, name):
        """The button that says `name`."""
        found = f"[...document.querySelectorAll('button')].find(one => one.textContent === {json.dumps(name)})"
        assert self.run(f"{found}?.checkVisibility({{ checkVisibilityCSS: true }})"), f"no button '{name}'"
        self.run(f"{found}.click()")

    def press(self, key, modifiers=0):
        """One key, as a person would press it."""
        text, code = KEYS.get(key, ("" if modifiers & CONTROL else key, ord(key[0].upper())))
        pressed = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        self.ask("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **pressed)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **pressed)

    def type(self, text):
        """Into what has the focus, as one piece."""
        self.ask("Input.insertText", text=text)

    def fill(self, element_id, text):
        """A field's new content, written as a person would, over what it held."""
        name = json.dumps(element_id)
        self.until(f"document.getElementById({name})?.checkVisibility() && !document.getElementById({name}).disabled")
        self.run(f"document.getElementById({name}).focus(), document.getElementById({name}).select()")
        self.ask("Input.insertText", text=text)
        if not text:
            self.ask("Input.dispatchKeyEvent", type="keyDown", key="Delete", windowsVirtualKeyCode=46)

    def choose(self, element_id, value):
        """An option of a list; it must be there."""
        self.run(
            f"(list => {{ list.value = {json.dumps(value)}; if (list.value !== {json.dumps(value)}) throw list.innerText;"
            " for (const kind of ['input', 'change']) list.dispatchEvent(new Event(kind, { bubbles: true })); })"
            f"(document.getElementById({json.dumps(element_id)}))"
        )

    def size(self, width, height, dark=False):
        """The window's, and which colours its owner prefers."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])

    def photograph(self, path):
        """The whole page, also what one has to scroll to."""
        width, height = self.run("[innerWidth, Math.max(innerHeight, document.documentElement.scrollHeight)]")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        shot = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def barriers(self):
        """What axe-core finds on the page as it is: (rule, what it is about, where) of each."""
        if not self.run("typeof axe === 'object'"):
            self.ask("Runtime.evaluate", expression=AXE.read_text(encoding="utf-8"))
        found = self.run("axe.run().then(found => found.violations)")
        return [(one["id"], one["help"], [node["html"][:200] for node in one["nodes"]]) for one in found]

    def close(self):
        self.pipe.ask({}, "Target.closeTarget", {"targetId": self.target})


class Browser(Page):
    """A process of its own, and its first tab."""

    def __init__(self, directory):
        super().__init__(Pipe(directory))

    def another(self):
        return Page(self.pipe)

    def close(self):
        self.pipe.close()
