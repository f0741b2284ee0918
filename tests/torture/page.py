# SPDX-License-Identifier: Apache-2.0
"""The page that the shim and the tests share, as page.h has it."""

import contextlib
import mmap
import os
import struct
from dataclasses import dataclass

_SITE = struct.Struct("=IIQII32s32s")
_HEAD = struct.Struct("=8I256s")
_SITES_MAX = 4096
_SIZE = _HEAD.size + (1 + _SITES_MAX) * _SITE.size
_OF_PLAY = struct.Struct("=8I")  # on, choice, occurrence, exhaustion, struck, left, overflow, unused


@dataclass(frozen=True)
class Site:
    """A place that calls: function, module, offset of the return address; errnos: in how many ways it may fail."""
    function: str
    module: str
    offset: int
    errnos: int = 1
    takes_descriptor: bool = False

    def __str__(self):
        return f"{self.function} from {self.module}+{self.offset:#x}"


@dataclass(frozen=True)
class Strike:
    """One call that fails: the occurrence-th of the site (from 1 on), by the choice-th errno; and so many calls after
    it that make descriptors."""
    site: Site
    occurrence: int
    choice: int = 0
    exhaustion: int = 0

    def __str__(self):
        more = f", and {self.exhaustion} descriptors after it" if self.exhaustion else ""
        return f"call {self.occurrence} of {self.site}, errno {self.choice}{more}"


class Page:
    """A file at path; modules: whose calls count."""

    def __init__(self, path, modules):
        self.path, self._modules = str(path), modules
        with open(self.path, "wb") as file:
            file.truncate(_SIZE)
        with open(self.path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), _SIZE)
        self.begin()
        self.stop()  # who maps it from now on finds the modules

    def close(self):
        self._map.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)

    def begin(self, strike=None):
        """Before a play: counts from zero. strike: what is to fail; None: nothing, it is only counted."""
        self._map[_HEAD.size:] = bytes(_SIZE - _HEAD.size)
        names = "".join(name + ":" for name in self._modules).encode()
        if strike is not None:
            site = strike.site
            _SITE.pack_into(self._map, _HEAD.size, 2, 0, site.offset, 0, 0, site.function.encode(),
                            site.module.encode())
        _HEAD.pack_into(self._map, 0, 1, strike.choice if strike else 0, strike.occurrence if strike else 0,
                        strike.exhaustion if strike else 0, 0, 0, 0, 0, names)

    def stop(self):
        """From here on nothing is counted, and nothing fails."""
        self._map[:4] = bytes(4)

    @property
    def struck(self):
        """So many calls have failed."""
        return _OF_PLAY.unpack_from(self._map)[4]

    def calls(self):
        """{Site: calls} since begin()."""
        assert not _OF_PLAY.unpack_from(self._map)[6], "more places than the page has room for"
        found = {}
        for number in range(_SITES_MAX):
            state, calls, offset, errnos, takes, function, module = _SITE.unpack_from(
                self._map, _HEAD.size + (1 + number) * _SITE.size)
            if state == 2 and calls:
                site = Site(function.rstrip(b"\0").decode(), module.rstrip(b"\0").decode(), offset, errnos, bool(takes))
                found[site] = calls
        return found
