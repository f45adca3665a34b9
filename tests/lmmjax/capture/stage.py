"""A tiny session of two people, as fast to make and to reconstruct as can be."""

from lmmjax.capture.synthetic import make_session
from lmmjax.data import primitives

FPS = 30.0


def write(folder, seconds=2.0, people=2, seed=0, **options):
    """Write a session of walkers side by side; returns the footage."""
    motions = [
        primitives.sample("walk", seed, fps=FPS, index=n)[: round(seconds * FPS)]
        for n in range(people)
    ]
    motions = [m.replace(subject=f"P{n}") for n, m in enumerate(motions)]
    return make_session(
        folder, motions, cameras=4, fps=FPS, gap_m=2.0, seed=seed, **options
    )
