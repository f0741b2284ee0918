# SPDX-License-Identifier: Apache-2.0
"""What script/bench runs: programs that are measured, what is done to them, and what becomes of the figures."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))  # the control plane that all is measured on
