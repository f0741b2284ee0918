# SPDX-License-Identifier: Apache-2.0
"""A fake Kubernetes API server that can be told to misbehave. It holds
ConfigMaps, Leases and Pods in memory, answers what the library asks of a real
one in the same words (test_like_kubernetes.py asks both), over HTTP/2 and
HTTP/1.1 with TLS, and breaks any chosen request in any chosen way. It runs in a
thread of the test and serves candidates of any language. Start at
server.Server; the faults are in faults.py."""
