"""A character that is driven in a real page."""

import base64
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import time
import urllib.request

import cv2
import jax
import numpy as np
import pytest

from experiments import driving
from kinematics import formats
from kinematics.formats import bvh
from lmmjax.generation.character import prompt_of
from lmmjax.model import initialize, unit_statistics
from lmmjax.training.checkpoint import Checkpoints
from lmmjax.training.state import OptimizerConfig, create_state, optimizer
from tests.experiments import binary
from tests.lmmjax import tiny

pytest.importorskip("viser", reason="the viewer is an optional extra")

REPOSITORY = pathlib.Path(__file__).parents[2]
# In software, so that a machine without a screen draws the same.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--lang=en-US",
    "--window-size=1000,700",
    "--remote-debugging-port=0",
)
PATIENCE_SECONDS = 120.0


@pytest.fixture(scope="module")
def browser():
    """A Chromium: that of $CHROMIUM, one on the PATH, or one of npm's."""
    found = os.environ.get("CHROMIUM")
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = found or next(filter(None, map(shutil.which, names)), None)
    return found or _of_npm()


def _of_npm():
    """@sparticuz/chromium, fetched once into a folder that git does not see."""
    folder = REPOSITORY / ".cache" / "chromium"
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("needs $CHROMIUM, a chromium on the PATH, or node and npm")
    if not (folder / "node_modules" / "@sparticuz" / "chromium").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        package = "@sparticuz/chromium@147.0.0"
        command = ["npm", "install", "--prefix", str(folder), package]
        try:
            done = subprocess.run(command, capture_output=True, timeout=180)
        except subprocess.TimeoutExpired:
            pytest.skip("a browser: the npm registry does not answer")
        if done.returncode:
            pytest.skip(f"a browser: npm failed, {done.stderr[-300:]!r}")
    script = (
        "import('@sparticuz/chromium').then(m => m.default.executablePath())"
        ".then(path => console.log(path))"
    )
    done = subprocess.run(
        ["node", "-e", script], cwd=folder, capture_output=True, text=True, timeout=120
    )
    if done.returncode:
        pytest.skip(f"a browser: it does not unpack, {done.stderr[-300:]!r}")
    return done.stdout.strip()


class Page:
    """A page of a browser, spoken to in the protocol of its developer tools."""

    def __init__(self, socket):
        self._socket, self._count, self.complaints = socket, 0, []
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        """Result of a method; what the page complains of meanwhile is kept."""
        self._count += 1
        call = {"id": self._count, "method": method, "params": params}
        self._socket.send(json.dumps(call))
        while True:
            message = json.loads(self._socket.recv(timeout=PATIENCE_SECONDS))
            if message.get("id") == self._count:
                assert "error" not in message, message
                return message["result"]
            self._listen(message)

    def _listen(self, message):
        method, params = message.get("method"), message.get("params", {})
        entry = params.get("entry", {})
        if (
            method == "Runtime.exceptionThrown"
            or (method == "Runtime.consoleAPICalled" and params["type"] == "error")
            or (method == "Log.entryAdded" and entry["level"] == "error")
        ):
            self.complaints.append(message)

    def value(self, expression):
        """The value of an expression of JavaScript."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return found["result"].get("value")

    def click(self, label):
        """Press a button as a mouse does."""
        found = self.value(
            "(() => { const b = [...document.querySelectorAll('button')].find("
            f"b => b.innerText.trim() == {json.dumps(label)}); if (!b) return null; "
            "b.scrollIntoView({block: 'center'}); const r = b.getBoundingClientRect();"
            "return [r.x + r.width / 2, r.y + r.height / 2] })()"
        )
        assert found, f"no button {label!r}"
        x, y = found
        for kind in ("mousePressed", "mouseReleased"):
            self.call(
                "Input.dispatchMouseEvent",
                type=kind,
                x=x,
                y=y,
                button="left",
                clickCount=1,
            )

    def picture(self):
        """What is seen, [H, W, 3], red first."""
        data = base64.b64decode(self.call("Page.captureScreenshot")["data"])
        return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


@contextlib.contextmanager
def opened(browser, address, folder):
    """A page in a browser of its own."""
    from websockets.sync.client import connect

    process = subprocess.Popen(
        [browser, *FLAGS, f"--user-data-dir={folder}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Of the locale C it makes a language that its own scripts do not know.
        start_new_session=True,
        env=os.environ | {"LANG": "en_US.UTF-8", "LC_ALL": "en_US.UTF-8"},
    )
    try:
        port = wait(lambda: _port(folder, process))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
            targets = json.load(answer)
        target = next(t for t in targets if t["type"] == "page")
        with connect(target["webSocketDebuggerUrl"], max_size=None) as socket:
            page = Page(socket)
            page.call("Page.navigate", url=address)
            yield page
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _port(folder, process):
    assert process.poll() is None, "the browser does not start"
    path = folder / "DevToolsActivePort"
    # It may be there before anything is in it.
    words = path.read_text().split() if path.exists() else []
    return words[0] if words else None


def wait(found, why="the browser"):
    """The first true value of a function that is asked again and again."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.1)
    raise AssertionError(f"timed out: {why}")


@pytest.fixture
def session():
    """A session of somebody tiny, who has two things to do."""
    model = tiny.fresh_model()
    prompts = {
        name: prompt_of(model, tiny.motion(seed))
        for seed, name in enumerate(("walk", "run"))
    }
    return driving.Session(model, prompts)


@contextlib.contextmanager
def running(session):
    """The port of a session that plays in a thread of its own."""
    ports, errors = [], []

    def run():
        try:
            session.run(opened=ports.append)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield wait(lambda: ports and ports[0], "the server")
    finally:
        session.player.stop()
        thread.join(30)
    assert not errors
    assert not thread.is_alive()


def _frames_told(text):
    """How many frames a page says that it was shown."""
    return int(re.search(r"late \d+ of (\d+) frames", text).group(1))


def body_colored(picture):
    """Share of pixels that are as blue as bones are."""
    red, _, blue = np.moveaxis(picture.astype(int), -1, 0)
    return np.mean(blue - red > 40)


def test_a_push_in_the_page_pushes_the_character(session, browser, tmp_path):
    heard, push = [], session.push

    def listening(*order):
        heard.append((order, session.player.actor.recent.root_position[-1].copy()))
        push(*order)

    session.push = listening
    with (
        running(session) as port,
        opened(browser, f"http://127.0.0.1:{port}", tmp_path / "profile") as page,
    ):
        text = "document.body.innerText"
        wait(lambda: "push left" in (page.value(text) or ""), "the panel")
        wait(lambda: body_colored(page.picture()) > 1e-3, "the body on the canvas")
        shown = session.player.pulse().shown
        page.click("push left")
        ((direction, speed), before) = wait(lambda: heard and heard[0], "the push")
        assert (direction, speed) == ("left", 1.0)
        wait(lambda: session.player.pulse().reaction > 0, "a frame that it changed")
        after = session.player.actor.recent.root_position[-1]
        assert np.linalg.norm(after - before) > 0.05
        assert session.player.pulse().shown > shown
        # What the server tells arrives, so the page is connected.
        wait(lambda: _frames_told(page.value(text)) > shown, "what the page tells")
        assert page.complaints == []


def test_a_session_obeys_its_orders(session):
    with running(session):
        session.player.pause(False)
        session.reach("Head", session.place_of("Head"), 0.5)
        wait(lambda: session.player.actor.goal is not None)
        session.release()
        wait(lambda: session.player.actor.goal is None)
        session.temperature(0.9)
        wait(lambda: session.player.actor.stream.temperature == 0.9)
        session.prompt("nothing of the kind")
        session.prompt("run")
        wait(lambda: len(session.player.actor.script.joints) > 20)
        frame = session.player.actor.frame
        session.reset()
        wait(lambda: session.player.actor.frame < frame)
        assert session.player.actor.stream.temperature == 0.9


def test_ctrl_c_stops_everything(session):
    before = threading.active_count()
    interrupt = threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT])
    with pytest.raises(KeyboardInterrupt):
        session.run(opened=lambda _: interrupt.start())
    assert session.player.pulse().shown > 0
    assert threading.active_count() <= before


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run, and a file of what its body does."""
    folder = tmp_path_factory.mktemp("run")
    path = folder / "clip.bvh"
    bvh.write(path, tiny.motion(0))
    # Hinges that lie askew in the axes of a BVH file come back as balls.
    body = formats.read(path).skeleton
    statistics = unit_statistics(body, tiny.CONFIG)
    model = initialize(jax.random.key(0), body, statistics, tiny.CONFIG, tiny.FPS)
    checkpoints = Checkpoints(folder)
    state = create_state(model, optimizer(OptimizerConfig(), 10), 0)
    checkpoints.save(state, model, {})
    checkpoints.close()
    return folder


def test_it_says_where_it_is_and_ends_by_itself(run):
    prompt = run / "clip.bvh"
    result = binary.run(
        "play", f"--workdir={run}", f"--prompt={prompt}", "--port=0", "--seconds=1"
    )
    assert (result.code, result.err) == (0, "")
    assert "open http://127.0.0.1:" in result.out
    assert "frames shown" in result.out.splitlines()[-1]
    shown = int(result.out.splitlines()[-1].split()[0])
    assert 0 < shown <= 31


def test_help_says_what_it_is_for():
    result = binary.run("play", "--help")
    assert (result.code, result.err) == (0, "")
    assert "python -m experiments.play" in result.out.split("flags:")[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seconds=0"], "--seconds must be above 0"),
        (["--seconds=nan"], "--seconds must be above 0"),
        (["--port=70000"], "--port=70000"),
        (["--workdir=gone"], "gone: no checkpoint here"),
        (["--pretrained=gone"], "gone"),
        (["walk"], "'walk' is not understood"),
    ],
)
def test_a_mistake_is_one_sentence(arguments, message):
    result = binary.run("play", *arguments)
    assert result.code == 1
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert message in result.err


def test_a_body_that_primitives_do_not_fit_needs_a_prompt(run):
    result = binary.run("play", f"--workdir={run}", "--seconds=1")
    assert result.code == 1
    assert "--prompt=<file>" in result.err
