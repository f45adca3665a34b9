"""Laws of the page: well formed, self-contained, and nobody's name can break it."""

import html.parser
import re

import numpy as np
import pytest

from kinematics.points import Points3D
from lmmjax.capture.quality import Quality
from lmmjax.capture.reconstruct import Take
from lmmjax.capture.report import SessionReport, report_page
from lmmjax.capture.report.timeline import timeline
from lmmjax.capture.synchronize import Clocks

# Names of strangers: markup, quotes, and a byte of a file name that is no text.
CAMERAS = ('cam <script>"1"', "cam & 'two'", "třetí\udcff")
JOINTS = ("left_hip", "left_knee", "left_<b>ankle", "nose")
PEOPLE = ("A & B", '<img src="x">')
NAME = "</title><script>alert(1)</script>"
FPS, COUNT = 30.0, 60
VOID = {"meta", "img", "rect", "br"}


class Checker(html.parser.HTMLParser):
    """Fails unless all that opens is closed in order; collects what is there."""

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.text, self.links = [], [], [], []
        self.ids, self.cells = set(), []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append(tag)
        self.links += [attrs[k] for k in ("href", "src") if k in attrs]
        self.ids |= {attrs["id"]} if "id" in attrs else set()
        assert not any(key.startswith("on") for key in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def take(person, start, known):
    rng = np.random.default_rng(start)
    places = rng.normal(size=(COUNT, len(JOINTS), 3)).astype(np.float32)
    spread = np.tile(1e-6 * np.eye(3, dtype=np.float32), (COUNT, len(JOINTS), 1, 1))
    points = Points3D(JOINTS, places, spread, FPS)
    error = rng.uniform(0, 4, (len(CAMERAS), COUNT, len(JOINTS)))
    # The first camera never shows the nose.
    error[0, :, 3] = np.nan
    return Take(
        person,
        start,
        points,
        points,
        None,
        known,
        error,
        error < 3,
        np.full(len(JOINTS), 0.02),
    )


def entry(name=NAME, people=PEOPLE, **changes):
    quality = Quality(CAMERAS, FPS)
    for n, person in enumerate(people):
        known = np.ones(COUNT, bool)
        known[20 : 20 + 5 * n] = False
        quality.add(take(person, 0, known))
    count = len(CAMERAS)
    clocks = Clocks(
        CAMERAS,
        (FPS,) * count,
        np.array([0, -0.0125, np.nan]),
        np.array([1, 1.00002, np.nan]),
        np.array([0, 0.0003, np.inf]),
        ("reference", "epipolar", "none"),
    )
    pictures = {CAMERAS[0]: np.zeros((27, 48, 3), np.uint8)}
    notes = ("5 < 6 & so on",)
    facts = SessionReport(name, clocks, FPS, 0, COUNT, notes, quality, pictures)
    return SessionReport(**{**vars(facts), **changes})


@pytest.fixture(scope="module")
def page():
    return report_page([entry(clips=3, labels={"<kick>": 2}), entry("plain")])


def test_page_is_well_formed_and_loads_nothing(page):
    seen = Checker(page)
    assert not {"script", "link", "iframe", "object", "base"} & set(seen.tags)
    for link in seen.links:
        assert link.startswith(("#", "data:image/jpeg;base64,"))
    assert re.findall(r"https?:|//|url\(|@import", _without_pictures(page)) == []


def _without_pictures(page):
    return re.sub(r'src="data:[^"]*"', "", page)


def test_links_lead_to_sessions(page):
    seen = Checker(page)
    inside = [link[1:] for link in seen.links if link.startswith("#")]
    assert len(inside) == 2
    assert set(inside) <= seen.ids


@pytest.mark.parametrize("name", [NAME, *PEOPLE, *JOINTS, *CAMERAS[:2], "<kick>"])
def test_every_name_is_there_as_text(page, name):
    assert any(name in text for text in Checker(page).text)


def test_bytes_that_are_no_text_can_be_written(page):
    assert "třetí?" in page
    page.encode("utf-8")


def test_figures_and_clocks_are_there(page):
    text = Checker(page).text
    quality = entry().quality
    for v in range(len(CAMERAS)):
        assert f"{quality.error_px(0.5, 'camera')[v]:.1f} " in text
        assert f"{100 * quality.agreement('camera')[v]:.1f}" in text
    assert "\N{MINUS SIGN}12.50 ± 0.30" in text
    assert "20.0" in text
    assert "5 < 6 & so on" in text
    # What was never seen is a dash and neither 0 nor nan.
    assert "\N{EN DASH}" in text
    assert not any(re.search(r"\b(nan|inf)\b", part) for part in text)


def test_dataset_is_the_sum_of_its_sessions(page):
    text = " ".join(Checker(page).text)
    both = 2 * entry().quality.known_s()
    assert f"movement {both:.1f}\N{NO-BREAK SPACE}s" in text
    assert "clips 3" in text


def test_clips_without_a_label_count_as_such():
    text = " ".join(Checker(report_page([entry(labels={"": 7, "kick": 2})])).text)
    assert "labels 1 2 times given" in text
    assert "none 7" in text


def test_session_without_people_says_so():
    page = report_page([entry(people=(), pictures={}, notes=("nobody was found",))])
    text = Checker(page).text
    assert "Nobody was found in this session." in text
    assert "nobody was found" in text


def test_page_of_nothing():
    assert "no sessions" in " ".join(Checker(report_page([])).text)


def test_gaps_are_where_nothing_is_known():
    bars = timeline(entry().quality, 0, COUNT)
    # The second person is lost from frame 20 to 25 of 60, on a bar of 600.
    assert bars.count('class="gap"') == 1
    assert '<rect class="gap" x="200" y="5" width="50"' in bars
    assert "1 gap, longest 0.2&nbsp;s" in bars


def test_many_gaps_take_no_more_room_than_the_bar():
    quality = Quality(CAMERAS, FPS)
    for start in range(0, 40 * COUNT, COUNT):
        quality.add(take("1", start, np.arange(COUNT) % 2 == 0))
    bars = timeline(quality, 0, 40 * COUNT)
    assert len(quality.gaps("1")) == 40 * COUNT // 2 - 1
    assert bars.count('class="gap"') <= 600
    assert Checker(bars).tags.count("svg") == 1


def test_long_and_early_sessions_have_an_axis():
    quality = entry().quality
    assert ">2:00:00<" in timeline(quality, 0, 3 * 3600 * 30)
    assert "&minus;1 s" in timeline(quality, -45, COUNT)
