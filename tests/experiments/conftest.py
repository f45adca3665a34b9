import jax
import pytest


@pytest.fixture(autouse=True)
def elsewhere(tmp_path_factory, monkeypatch):
    """Binaries run in a folder of their own and share the tests' compile cache."""
    monkeypatch.chdir(tmp_path_factory.mktemp("here"))
    cache = jax.config.jax_compilation_cache_dir
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", cache)
