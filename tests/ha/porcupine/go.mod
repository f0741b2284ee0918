// SPDX-License-Identifier: Apache-2.0
//
// The linearizability checker of the suite `ha`, apart from the control plane's module: it is built in seconds.

module leaderlife.dev/tests/porcupine

go 1.26.0

require github.com/anishathalye/porcupine v1.3.1
