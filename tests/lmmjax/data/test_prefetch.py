"""Laws of working ahead: the same items, the same errors, no thread left over."""

import itertools
import threading
import time

import pytest

from lmmjax.data.prefetch import prefetch


def threads():
    return [t for t in threading.enumerate() if t.name == "prefetch" and t.is_alive()]


def wait_for(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    return condition()


@pytest.mark.parametrize("size", [1, 2, 50])
def test_items_come_in_order_and_the_thread_ends_with_them(size):
    assert list(prefetch(range(20), size)) == list(range(20))
    assert not threads()


def test_an_error_is_raised_where_the_item_would_have_come():
    def source():
        yield 1
        yield 2
        raise ValueError("third")

    stream = prefetch(source())
    assert [next(stream), next(stream)] == [1, 2]
    with pytest.raises(ValueError, match="third"):
        next(stream)
    assert not threads()


def test_so_many_items_are_made_ahead_and_no_more():
    made = []

    def source():
        for n in itertools.count():
            made.append(n)
            yield n

    stream = prefetch(source(), size=3)
    assert next(stream) == 0
    # One was taken, three wait, one is in hand.
    assert wait_for(lambda: len(made) == 5)
    time.sleep(0.05)
    assert len(made) == 5
    stream.close()


def test_closing_an_endless_stream_ends_its_thread():
    stream = prefetch(itertools.count())
    next(stream)
    assert len(threads()) == 1
    stream.close()
    assert not threads()


def test_leaving_a_loop_ends_the_thread():
    for item in prefetch(itertools.count()):
        if item == 3:
            break
    assert wait_for(lambda: not threads())


def test_a_stream_that_is_never_read_starts_nothing():
    stream = prefetch(itertools.count())
    assert not threads()
    stream.close()
