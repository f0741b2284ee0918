# SPDX-License-Identifier: Apache-2.0
"""A call that runs beside the test, such as one that a proxy holds back."""

import threading


class Background(threading.Thread):
    """Calls at once, in a thread; result() gives its value or raises its error."""

    def __init__(self, call):
        super().__init__(daemon=True)
        self._call, self._value, self._error = call, None, None
        self.start()

    def run(self):
        try:
            self._value = self._call()
        except Exception as error:  # handed to result()
            self._error = error

    def result(self, timeout=10.0):
        self.join(timeout)
        if self.is_alive():
            raise TimeoutError(f"the call has not ended after {timeout:g} s")
        if self._error:
            raise self._error
        return self._value
