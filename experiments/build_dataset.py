r"""From sessions of several cameras to a dataset that models train on.

    python -m experiments.build_dataset --sessions=<folder> --data_dir=runs/datasets
    python -m experiments.train --data_dir=<folder> \
        --set data.prepared_dir=runs/datasets

Each session is reconstructed once (see experiments.triangulate) and cut into clips with
labels and movement phases. A build that was stopped goes on with the sessions that are
missing. report.html, beside the dataset, says how good each session is. With
--beam_runner the sessions are done by Apache Beam (pip install 'lmmjax[beam]'):

    --beam_runner=DirectRunner --beam_options=--direct_num_workers=4
    --beam_runner=FlinkRunner --beam_options=--flink_master=host:8081
"""

from pathlib import Path

from experiments import program  # first: it sets up the compilation cache

from absl import flags  # isort: skip

from lmmjax.data import prepare

_SESSIONS = flags.DEFINE_string(
    "sessions", None, "A session, or a folder of some.", required=True
)
_DATA = flags.DEFINE_string("data_dir", "runs/datasets", "Where datasets are kept.")
_RATE = flags.DEFINE_float("rate_hz", 30.0, "Frames per second of the clips.", 1.0)
_SPLIT = flags.DEFINE_enum(
    "split_by", "session", ["session", "subject"], "What is held out whole."
)
_TEST = flags.DEFINE_list("test", [], "Sessions or subjects held out for the test.")
_VALIDATION = flags.DEFINE_float(
    "validation_share", 0.1, "Share of the rest to validate on.", 0.0, 0.9
)
_RUNNER = flags.DEFINE_string("beam_runner", "", "Runner of Apache Beam; none for one.")
_OPTIONS = flags.DEFINE_multi_string(
    "beam_options", [], "Option of the runner; may be repeated."
)


def main() -> None:
    """Build, then say what there is."""
    data_dir = Path(_DATA.value)
    dataset = prepare.triangulation(
        _SESSIONS.value,
        data_dir,
        rate_hz=_RATE.value,
        split_by=_SPLIT.value,
        test=_TEST.value,
        validation_share=_VALIDATION.value,
        beam_runner=_RUNNER.value,
        beam_options=_OPTIONS.value,
    )
    for line in dataset.summary:
        print(line)
    print(f"look at {prepare.report_of(dataset, data_dir)}")
    print(
        f"next: python -m experiments.train --data_dir={_SESSIONS.value} "
        f"--set data.prepared_dir={data_dir}"
    )


if __name__ == "__main__":
    program.run(main)
