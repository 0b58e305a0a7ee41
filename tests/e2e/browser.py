"""Chromium without a window, driven over its debugging pipe: JSON with a 0 byte behind each message."""

import json
import os
import shutil
import subprocess

from broker import wait_until

WAIT_S = 30
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--no-proxy-server", "--remote-debugging-pipe",
)  # fmt: skip


def there_is_one():
    return shutil.which("chromium") is not None


class Browser:
    """One page at a time; what its scripts throw and log as errors is kept in `complaints`."""

    def __init__(self, directory):
        for_it, self.writing = os.pipe()
        self.reading, from_it = os.pipe()
        command = ["bash", "-c", f'exec "$@" 3<&{for_it} 4>&{from_it}', "-", "chromium", *FLAGS]
        with (directory / "chromium.log").open("wb") as log:
            self.process = subprocess.Popen(
                [*command, f"--user-data-dir={directory / 'chromium'}", "about:blank"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(for_it, from_it),
            )  # fmt: skip
        os.close(for_it)
        os.close(from_it)
        self.left, self.number, self.session, self.complaints = b"", 0, {}, []
        page = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = {"sessionId": self.ask("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]}
        for domain in ("Page", "Runtime", "Log"):
            self.ask(f"{domain}.enable")

    def read(self):
        while b"\0" not in self.left:
            more = os.read(self.reading, 1 << 20)
            assert more, "the browser ended"
            self.left += more
        message, self.left = self.left.split(b"\0", 1)
        return json.loads(message)

    def ask(self, method, **params):
        self.number += 1
        request = {"id": self.number, "method": method, "params": params, **self.session}
        os.write(self.writing, json.dumps(request).encode() + b"\0")
        while (message := self.read()).get("id") != self.number:
            if message.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.complaints.append(message["params"])
        assert "error" not in message, message
        return message["result"]

    def run(self, script):
        """The value of a script's expression; a promise is waited for."""
        done = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def open(self, url):
        self.ask("Page.navigate", url=url)
        self.until(f"location.href === {json.dumps(url)} && document.readyState === 'complete'")

    def until(self, condition):
        return wait_until(lambda: self.run(condition), condition, WAIT_S, lambda: self.run("document.body.innerText"))

    def text(self):
        """What can be seen of the page."""
        return self.run("document.body.innerText")

    def click(self, name):
        """The button that says `name`."""
        found = f"[...document.querySelectorAll('button')].find(one => one.textContent === {json.dumps(name)})"
        assert self.run(f"{found}?.checkVisibility({{ checkVisibilityCSS: true }})"), f"no button '{name}'"
        self.run(f"{found}.click()")

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.writing)
        os.close(self.reading)
