"""Functions over batches that bring their own derivative, in both directions.

JAX lets a function define how tangents go forward (``custom_jvp``, whose transpose
JAX derives) or how cotangents come back (``custom_vjp``, which then has no forward
mode). For a walk over a tree both directions are known in closed form, and neither
needs more than the inputs. An `Operation` takes both. It also keeps a batch a
batch: under ``vmap`` the new axis joins the leading ones instead of spoiling the
memory layout of the function, and a program may be chosen by platform.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

Arrays = Sequence[jax.Array]


class Rules(NamedTuple):
    """The three programs of an operation.

    Arrays have the same number of leading batch axes, each of the common size or 1.

    Attributes:
      apply: (static, arrays) to outputs.
      push: (static, arrays, tangents) to tangents of the outputs. A tangent that is
        zero is None.
      pull: (static, arrays, cotangents, wanted) to cotangents of the arrays at the
        indices ``wanted``, each of the shape of its array.
      shapes: (static, batch) to shapes of the outputs.
    """

    apply: Callable[..., Arrays]
    push: Callable[..., Arrays]
    pull: Callable[..., Arrays]
    shapes: Callable[[Any, tuple[int, ...]], list[tuple[int, ...]]]


class Operation:
    """A differentiable function of arrays with leading batch axes.

    Args:
      name: what it is called in programs.
      ranks: how many axes each array has besides those of the batch.
      default: programs of any platform.
      **platforms: programs of some platforms, such as ``cpu=...``.
    """

    def __init__(
        self, name: str, ranks: Sequence[int], default: Rules, **platforms: Rules
    ):
        self.ranks = tuple(ranks)
        self._rules: dict[Any, Rules] = {None: default, **platforms}
        self._apply = self._primitive(name, _apply, self._outputs)
        self._push = self._primitive(f"{name}_push", _push, self._outputs)
        self._pull = self._primitive(f"{name}_pull", _pull, self._cotangents)
        ad.primitive_jvps[self._apply] = self._apply_jvp
        ad.primitive_transposes[self._push] = self._push_transpose
        ad.primitive_transposes[self._pull] = self._pull_transpose

    def __call__(self, static: Any, *arrays: jax.Array | np.ndarray) -> Arrays:
        """The outputs, each with the common batch in front.

        Args:
          static: hashable description that the programs are specialised to.
          *arrays: any leading axes, which broadcast against each other.
        """
        arrays = tuple(jnp.asarray(x) for x in arrays)
        dtype = jnp.result_type(*arrays)
        most = max(x.ndim - r for x, r in zip(arrays, self.ranks, strict=True))
        return self._apply.bind(
            *(
                jnp.expand_dims(x.astype(dtype), range(most - (x.ndim - rank)))
                for x, rank in zip(arrays, self.ranks, strict=True)
            ),
            static=static,
        )

    def _primitive(self, name, function, shapes) -> Primitive:
        """A primitive of several results, compiled per platform."""
        primitive = Primitive(name)
        primitive.multiple_results = True

        def program(rules):
            return lambda *arrays, **how: list(function(rules, *arrays, **how))

        default = program(self._rules[None])
        eager = jax.jit(primitive.bind, static_argnames=("static", "active"))
        primitive.def_impl(eager)
        primitive.def_abstract_eval(shapes)
        for platform, rules in self._rules.items():
            lowering = mlir.lower_fun(program(rules), multiple_results=True)
            mlir.register_lowering(primitive, lowering, platform=platform)
        batching.primitive_batchers[primitive] = self._batcher(primitive)
        # A derivative of a derivative differentiates the program as it is written.
        ad.primitive_jvps[primitive] = lambda primals, tangents, **how: jax.jvp(
            lambda *arrays: default(*arrays, **how),
            tuple(primals),
            tuple(ad.instantiate_zeros(t) for t in tangents),
        )
        return primitive

    def _outputs(self, *arrays, static, active=()):
        ranks = [*self.ranks, *(self.ranks[i] for i in active)]
        leads = [x.shape[: x.ndim - r] for x, r in zip(arrays, ranks, strict=True)]
        batch = jnp.broadcast_shapes(*leads)
        return [
            arrays[0].update(shape=shape, weak_type=False)
            for shape in self._rules[None].shapes(static, batch)
        ]

    def _cotangents(self, *arrays, static, active):
        del static
        return [arrays[i].update(weak_type=False) for i in active]

    def _batcher(self, primitive):
        def rule(arrays, axes, **how):
            size = next(
                x.shape[a] for x, a in zip(arrays, axes, strict=True) if a is not None
            )
            # A cotangent is one per member of the new axis, also where its array
            # is shared by all of them; so are the tangents that it stands for.
            own = how.get("active", ()) if primitive is self._pull else ()
            moved = []
            for i, (x, a) in enumerate(zip(arrays, axes, strict=True)):
                if a is not None:
                    x = jnp.moveaxis(x, a, 0)
                elif i in own:
                    x = jnp.broadcast_to(x, (size, *x.shape))
                else:
                    x = x[None]
                moved.append(x)
            outs = primitive.bind(*moved, **how)
            return outs, [0] * len(outs)

        return rule

    def _apply_jvp(self, primals, tangents, *, static):
        outs = self._apply.bind(*primals, static=static)
        active = tuple(i for i, t in enumerate(tangents) if type(t) is not ad.Zero)
        given = [tangents[i] for i in active]
        return outs, self._push.bind(*primals, *given, static=static, active=active)

    def _push_transpose(self, cotangents, *operands, static, active):
        count = len(self.ranks)
        primals, linear = operands[:count], operands[count:]
        given = [ad.instantiate_zeros(c) for c in cotangents]
        back = self._pull.bind(*primals, *given, static=static, active=active)
        assert all(ad.is_undefined_primal(x) for x in linear)
        return [None] * count + list(back)

    def _pull_transpose(self, cotangents, *operands, static, active):
        count = len(self.ranks)
        given = [ad.instantiate_zeros(c) for c in cotangents]
        back = self._push.bind(*operands[:count], *given, static=static, active=active)
        return [None] * count + list(back)


def _apply(rules, *arrays, static):
    return rules.apply(static, arrays)


def _push(rules, *operands, static, active):
    count = len(operands) - len(active)
    tangents = [None] * count
    for i, tangent in zip(active, operands[count:], strict=True):
        tangents[i] = tangent
    return rules.push(static, operands[:count], tangents)


def _pull(rules, *operands, static, active):
    outputs = len(rules.shapes(static, ()))
    arrays, cotangents = operands[:-outputs], operands[-outputs:]
    return rules.pull(static, arrays, cotangents, active)
