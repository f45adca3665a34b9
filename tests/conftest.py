"""Settings of all tests: two CPU devices, one compile cache, repeatable examples."""

import gc
import os
import pathlib

# Tests compile far more than they compute, so LLVM's optimisation is left out: it
# is read when jax is imported. XLA_FLAGS= (empty) runs them as users run the code.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

import hypothesis
import jax
import pytest

# Memory maps that a process may have: 65,530 unless somebody raised it.
_MANY_MAPS = 20_000

REPOSITORY = pathlib.Path(__file__).parent.parent
SHARED_DATA = REPOSITORY.parent / "shared" / "data"

# Before any computation: the number of devices is fixed when the first one runs.
jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_num_cpu_devices", 2)
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.3)
if not os.environ.get("JAX_COMPILATION_CACHE_DIR"):
    jax.config.update("jax_compilation_cache_dir", str(REPOSITORY / ".cache" / "jax"))

# The first example of a shape compiles, so single examples have no deadline.
hypothesis.settings.register_profile(
    "repeatable",
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.register_profile(
    "search", hypothesis.settings.get_profile("repeatable"), derandomize=False
)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.fixture(autouse=True, scope="module")
def _few_programs():
    """Compiled programs are let go of before their number brings the process down.

    Each takes some memory maps, of which Linux gives a process 65,530: past that, LLVM
    cannot make another and aborts.
    """
    yield
    maps = pathlib.Path("/proc/self/maps")
    if maps.exists() and maps.read_bytes().count(b"\n") > _MANY_MAPS:
        jax.clear_caches()
        gc.collect()


@pytest.fixture(scope="session")
def shared_data() -> pathlib.Path:
    """Folder of captures that are not part of the repository; skips without it."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"needs the captures in {SHARED_DATA}, which are not there")
    return SHARED_DATA
