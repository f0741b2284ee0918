# SPDX-License-Identifier: Apache-2.0
"""What is done to those who are measured, as the figures call it."""

DEAD = "leader dead"  # its process, and its pod where it has one
STOPPED = "leader dead, collector stopped"
LATE = "leader dead, collector a second late"
RESIGNED = "leader resigned"  # by SIGTERM
RESUMED = "process killed, and started again in its pod"
RESTORED = "lock deleted by hand, until its leader has put it back"
KILLED_HERE = "process killed, on this machine"
FREE = "started, until it leads: the lock is free"
HELD = "started, until it stands by: the lock is held"
DROPPED = "a link drops the connection's packets, and the leader dies"
SILENT = "a peer holds the connection open and says nothing, and the leader dies"
AWAY = "the API server is started again after {} s, and the leader dies"
RETURN = "the API server killed, and started again"
MOST_SOON = "most of one in 2 s"
NO_UPDATE = ", without the right to update a ConfigMap"  # who is measured so
