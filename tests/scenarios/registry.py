# SPDX-License-Identifier: Apache-2.0
"""Names of steps and what plays them."""

_STEPS = {}


def step(name, backend=None):
    """Registers a step; one with a backend is known only there."""
    def register(function):
        assert name not in _STEPS, f"two steps are named {name}"
        _STEPS[name] = (function, backend)
        return function
    return register


def step_named(name, backend):
    function, only = _STEPS.get(name, (None, None))
    if function is None:
        raise KeyError(f"no step '{name}'; there are {', '.join(sorted(_STEPS))}")
    if only not in (None, backend):
        raise KeyError(f"step '{name}' is for {only} only")
    return function
