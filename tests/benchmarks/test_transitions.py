import pytest

from benchmarks import transitions
from experiments.settings import SettingError
from kinematics import priors
from lmmjax.generation import Stream
from lmmjax.generation.scene import placed
from lmmjax.library import Prompt
from tests.lmmjax import tiny


def prompts():
    body = tiny.fresh_model().body
    found = {}
    for seed, name in enumerate(("sway", "roll")):
        motion = tiny.motion(seed, 12).replace(skeleton=body)
        found[name] = Prompt(placed(motion, (0, 0), 0.0).numpy(), name, "here")
    return found


def test_the_table_has_every_pair():
    clips = [tiny.motion(seed, 60) for seed in range(3)]
    prior = priors.fit(clips, 2, tiny.FPS)
    threshold = transitions.usual_of(prior, clips)
    stream = Stream(tiny.lively_model(), commit=3, steps=1, temperature=0.5)
    names = ["sway", "roll"]
    rows, shown = transitions.table(
        stream, prompts(), names, prior, threshold, 0.2, draws=1
    )
    assert rows[0] == "| from, to | sway | roll |"
    assert len(rows) == 4
    assert set(shown) == {f"{a} to {b}" for a in names for b in names}
    for row, name in zip(rows[2:], names, strict=True):
        cells = row.strip("| ").split(" | ")
        assert cells[0] == name
        for cell in cells[1:]:
            mean, worst, seam = map(float, cell.split(", "))
            assert 0 < mean <= worst
            assert seam >= 0


def test_names_are_known_or_told():
    assert transitions.known(prompts(), ["all"]) == ["sway", "roll"]
    assert transitions.known(prompts(), ["roll"]) == ["roll"]
    with pytest.raises(SettingError, match="no primitive 'fly'; there are sway, roll"):
        transitions.known(prompts(), ["fly"])
