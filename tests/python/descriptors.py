# SPDX-License-Identifier: Apache-2.0
"""What the tests of closed descriptors share: programs that close what they did not open."""

BEGIN = """

def close_descriptors():
    '''Closes all that this program did not open, as a daemon's library does it.'''
    os.closerange(3, 2048)


def says_closed(error, kind=leaderlife.LostError):
    assert type(error) is kind and error.fatal, repr(error)
    assert "the program has closed" in str(error) and "start the election after that" in str(error), error
    return True


def open_many(pipes=None):
    '''Opens pipes, which get the numbers now; their other ends tell whether something was written.'''
    pipes = [] if pipes is None else pipes
    while len(pipes) < 20:
        pipes.append(os.pipe2(os.O_NONBLOCK))
    return pipes


def are_untouched(pipes):
    for reader, writer in pipes:
        try:
            raise AssertionError(f"read {os.read(reader, 1)}")
        except BlockingIOError:
            pass
        os.write(writer, b"x")
        assert os.read(reader, 9) == b"x"
    return True
"""

OTHER = """
other = local().become(HANG)
print("leads", flush=True)
sys.stdin.readline()
assert other.is_leader
"""


def another_leads(script):
    process = script.start(OTHER)
    assert process.stdout.readline() == "leads\n", script.finish(process)
    return process


def let_go(script, process):
    process.stdin.write("go\n")
    process.stdin.flush()
    return script.finish(process)
