# SPDX-License-Identifier: Apache-2.0
"""The end of the interpreter, wherever an election is then: silent, status 0,
and the lock is free."""

import pytest

# id: what is alive at the end
ENDS = {
    "new": "alive = local()",
    "leading": "alive = local().become(HANG)",
    "campaigning": "holder, alive = local().become(HANG), local()\nalive.start()\nuntil(alive, 'standby')",
    "in-a-cycle": "alive = local().become(HANG)\nalive.me = alive\ngc.disable()\ndel alive",
    "in-a-module": "sys.modules['held'] = local().become(HANG)",
    "in-a-with-that-exits": "with local().become(HANG) as alive:\n    sys.exit(0)",
    "background": "alive = leaderlife.become(LOCK, on_lost=print, backend='local')",
    "unasked": "alive = leaderlife.become(LOCK, backend='local')",
    "unasked-and-dropped": "leaderlife.become(LOCK, backend='local')",
    "unasked-in-a-thread": """
thread = threading.Thread(target=lambda: leaderlife.become(LOCK, backend='local'))
thread.start()
thread.join()""",
    "background-in-a-cycle": "alive = leaderlife.become(LOCK, on_lost='raise', backend='local')\n"
    "alive.me = alive\ndel alive",
    "background-and-dropped": "leaderlife.become(LOCK, on_lost='exit', backend='local')",
    "in-a-waiting-daemon": """
holder = local().become(HANG)
threading.Thread(target=lambda: local().become(), daemon=True).start()
time.sleep(0.3)""",
    "used-by-atexit": """
import atexit
alive = local().become(HANG)
atexit.register(lambda: (alive.process(), alive.close()))""",
    "used-by-a-finalizer": """
class Owner:
    def __init__(self):
        self.election = local().become(HANG)

    def __del__(self):
        self.election.close()


alive = Owner()
sys.modules["owner"] = alive""",
    "with-events-unread": "alive = local(log_level='debug').become(HANG)\nrest = alive.events()\nnext(rest)",
}


@pytest.mark.parametrize("code", ENDS.values(), ids=ENDS)
def test_the_end(script, code):
    script.run(code)
    script.run("alive = local().become(5)")
