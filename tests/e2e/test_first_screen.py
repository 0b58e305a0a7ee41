"""The README's first screen, word for word: its first command, and what it says to do in the two pages."""

import json
import re
from pathlib import Path

import browser
import pytest
from broker import ROOT, wait_until
from programs import ENVIRONMENT, Process

README = (ROOT / "README.md").read_text()
STEPS = re.findall(r"(?m)^[1-9]\. In the (chat page|composer) (.+)$", README.split("\n## ")[0])


class Demo(Process):
    command = ()
    environment = {**ENVIRONMENT, "TMPDIR": "/tmp"}


@pytest.fixture
def demo(tmp_path):
    """As `./deploy/demo.sh` runs, which builds first."""
    command = re.search(r"```sh\n(\./deploy/demo\.sh)\s", README)[1]
    running = Demo(tmp_path / "demo.log", ROOT / command)
    running.launch()
    try:
        wait_until(lambda: "\nCtrl-C ends it" in running.text(), "the demo's words", 600, running.tail)
        yield running
        directory, pid = re.search(r"deletes (\S+)\n\(from another terminal: kill (\d+)\)", running.text()).groups()
        running.stop()  # the script; what it started ends with it
        assert not Path(directory).exists() and not Path("/proc", pid).exists()
        assert f"\nstopped; deleted {directory}\nleft: build/" in running.text(), running.tail()
    finally:
        running.discard()


@pytest.fixture
def pages(demo, tmp_path):
    """The two that the demo names, open side by side."""
    chromium = browser.Browser(tmp_path)
    opened = {}
    for name, label in (("chat page", "Chat page"), ("composer", "Composer")):
        opened[name] = chromium.another()
        opened[name].ask("Page.navigate", url=re.search(rf"{label} +(http://\S+)", demo.text())[1])
    opened["composer"].until("location.hash === '#messages'")  # the token has left the address: it is there
    yield opened
    chromium.close()


def press(page, name):
    """A button or a link, by what it says."""
    found = f"[...document.querySelectorAll('button, a')].find(one => one.innerText.trim() === {json.dumps(name)})"
    page.until(f"{found}?.checkVisibility() && !{found}.disabled")
    page.run(f"{found}.click()")


def write(page, text, label):
    """Into the field of that label."""
    found = f"[...document.querySelectorAll('label')].find(one => one.innerText.trim() === {json.dumps(label)})"
    page.until(f"{found}?.control?.checkVisibility()")
    page.fill(page.run(f"{found}.control.id"), text)


def test_the_first_screen_of_the_readme_does_what_it_says(pages):
    assert [name for name, _ in STEPS] == ["chat page", "composer", "chat page"]
    for name, words in STEPS:
        page = pages[name]
        page.front()
        done = 0
        for text, label, button, said in re.findall(r"write `([^`]+)` under \*\*(.+?)\*\*|\*\*(.+?)\*\*|says `([^`]+)`", words):
            if text:
                write(page, text, label)
            elif button:
                press(page, button)
            else:
                page.until(f"document.body.innerText.includes({json.dumps(said)})")
            done += 1
        assert done == words.count("**") // 2 + words.count("says `"), words
    # The buttons go when one was pressed, and what it said is the customer's answer.
    answer = json.dumps("Where is my order?")
    page.until(f"![...document.querySelectorAll('button')].some(one => one.checkVisibility() && one.innerText.trim() === {answer})")
    page.until(f"document.body.innerText.includes({answer})")
    # The composer's link to the conversation leads to what an agent would see.
    composer = pages["composer"]
    composer.front()
    composer.until("document.querySelector('#outcome a') !== null")
    link = composer.run("document.querySelector('#outcome a').href")
    page.ask("Page.navigate", url=link)
    page.until(f"location.pathname.startsWith('/conversations/all/') && document.body?.innerText.includes({answer})")
