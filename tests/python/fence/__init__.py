# SPDX-License-Identifier: Apache-2.0
"""leaderlife.fence on real stores: each refuses the writes of leaders of the past."""
