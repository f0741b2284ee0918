# SPDX-License-Identifier: Apache-2.0
"""The drawings in docs/figures, as SVG that GitHub and the site show alike."""

import html
import textwrap

STYLE = """
    .paper { fill: #ffffff; stroke: #c9ced6 }
    text { font: 14px system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #1b1f24 }
    .head { font-weight: 600 } .small { font-size: 12.5px; fill: #404853 }
    .box { fill: #eef2f7; stroke: #5b6675 } .leads { fill: #cdeed5; stroke: #1d7a36 }
    .ends { fill: #fbe3c0; stroke: #94610a } .two { fill: #f9cfcb; stroke: #b3261e }
    .life { stroke: #8a94a3; stroke-dasharray: 4 4 } .arrow { stroke: #1b1f24; fill: none; marker-end: url(#tip) }
"""


class Picture:
    def __init__(self, title, width, height):
        self.title, self.width, self.height, self.parts, self.words = title, width, height, [], []

    def text(self, x, y, words, class_="", anchor="start", columns=200):
        self.words.append(words)
        for number, line in enumerate(textwrap.wrap(words, columns)):
            named = f' class="{class_}"' if class_ else ""
            at = f' text-anchor="{anchor}"' if anchor != "start" else ""
            self.parts.append(f'  <text x="{x}" y="{y + 18 * number}"{at}{named}>'
                              f'{html.escape(line, quote=False)}</text>')

    def box(self, x, y, width, height, class_, words="", columns=40):
        self.parts.append(f'  <rect x="{x}" y="{y}" width="{width}" height="{height}" rx="6" class="{class_}"/>')
        if words:
            lines = textwrap.wrap(words, columns)
            top = y + height / 2 + 5 - 9 * (len(lines) - 1)
            self.text(x + width // 2, round(top), words, anchor="middle", columns=columns)

    def line(self, x1, y1, x2, y2, class_="arrow"):
        self.parts.append(f'  <path d="M {x1} {y1} L {x2} {y2}" class="{class_}"/>')

    def svg(self):
        what = [f"    {line}" for words in self.words for line in textwrap.wrap(html.escape(words) + ".", 110)]
        return "\n".join([
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}"',
            f'    height="{self.height}" role="img" aria-labelledby="title what">',
            f'  <title id="title">{html.escape(self.title)}</title>', '  <desc id="what">', *what, "  </desc>",
            f"  <style>{STYLE}  </style>", "  <defs>",
            '    <marker id="tip" markerWidth="9" markerHeight="8" refX="8" refY="4" orient="auto">',
            '      <path d="M 0 0 L 9 4 L 0 8 z" fill="#1b1f24"/>', "    </marker>", "  </defs>",
            f'  <rect class="paper" x="0.5" y="0.5" width="{self.width - 1}" height="{self.height - 1}" rx="8"/>',
            *self.parts, "</svg>", ""])


def hand_over():
    """Who says what to whom when the leader's pod ends."""
    made = Picture("A hand-over on Kubernetes, as a sequence", 820, 560)
    places = {"leader": 120, "server": 410, "standby": 700}
    names = {"leader": "leader's pod A", "server": "API server", "standby": "standby's pod B"}
    for name, x in places.items():
        made.box(x - 85, 16, 170, 34, "leads" if name == "leader" else "box", names[name])
        made.line(x, 50, x, 540, "life")
    steps = [("standby", "server", "watches the lock, pod A and pod B"),
             ("leader", "server", "works, and watches the same"),
             ("server", "leader", "pod A is deleted: SIGTERM"),
             ("leader", "server", "stops its work, empties the record"),
             ("leader", "server", "deletes the lock (or: its pod ends)"),
             ("server", "standby", "watch: the lock is gone"),
             ("standby", "server", "writes itself into the record"), ("standby", "server", "creates the lock: 201"),
             ("standby", "server", "reads its own pod: alive (beside it)")]
    for number, (who, whom, what) in enumerate(steps):
        y = 94 + 44 * number
        left, right = sorted((places[who], places[whom]))
        made.line(places[who], y, places[whom], y)
        made.text((left + right) // 2, y - 7, f"{number + 1}. {what}", "small", "middle")
    made.box(places["standby"] - 85, 492, 170, 34, "leads", "B leads, new token")
    made.box(places["leader"] - 85, 492, 170, 34, "ends", "A has ended")
    return made.svg()


def foreground():
    """Foreground deletion of the leader's pod: the lock goes at once, the pod has its grace period."""
    made = Picture("Foreground deletion of the leader's pod, with operator-lib and with leaderlife", 820, 420)
    x0, x1, x2, x3 = 190, 330, 440, 660
    for x, what in ((x1, "deleted in the foreground"), (x3, "pod A has ended")):
        made.line(x, 34, x, 400, "life")
        made.text(x, 26, what, "small", "middle")
    for top, name, next_from in ((52, "operator-lib", x2), (236, "leaderlife", x3 + 6)):
        made.text(16, top + 18, name, "head")
        for number, who in enumerate(("lock", "pod A works", "pod B works")):
            made.text(30, top + 50 + 40 * number, who, "small")
        made.box(x0, top + 32, x1 - x0, 28, "box", "owned by A")
        made.box(next_from, top + 32, 800 - next_from, 28, "box", "owned by B")
        made.box(x0, top + 72, x3 - x0, 28, "leads", "leads, and has its grace period")
        made.box(next_from, top + 112, 800 - next_from, 28, "two" if next_from < x3 else "leads",
                 "leads beside A" if next_from < x3 else "leads")
        if next_from > x3:
            made.text(x1 + 12, top + 51, "no lock; the record still names A", "small")
            made.text(x1 + 12, top + 131, "B waits for the end of A", "small")
    return made.svg()


def candidates():
    """Where candidates wait for each other."""
    made = Picture("Where candidates wait", 820, 330)
    made.text(16, 30, "On Kubernetes: two steps", "head")
    for number, (name, works) in enumerate((("pod A", True), ("pod B", False))):
        x = 16 + 300 * number
        made.box(x, 44, 280, 128, "box")
        made.text(x + 12, 66, name, "head")
        made.box(x + 12, 78, 256, 34, "leads" if works else "box",
                 "process 1: has the seat, leads" if works else "process 1: has the seat, stands by")
        made.box(x + 12, 124, 256, 34, "ends", "process 2: queued for the seat")
    made.box(640, 56, 160, 44, "leads", "ConfigMap (lock): owned by A", columns=20)
    made.box(640, 116, 160, 44, "box", "Lease (record): holder A", columns=20)
    made.text(16, 192, "The seat is a lock of the kernel in the pod's network namespace.", "small")
    made.text(410, 192, "Pods wait for the end of the pod that owns the ConfigMap.", "small")
    made.text(16, 232, "On one machine: one step", "head")
    made.box(16, 246, 240, 34, "leads", "process 1: has the lock, leads")
    made.box(276, 246, 240, 34, "box", "process 2: stands by")
    made.box(536, 246, 264, 34, "box", "process 3: stands by")
    made.text(16, 304, "The lock is the kernel's: of one user, in one network namespace.", "small")
    made.text(410, 304, "It is free when its process dies.", "small")
    return made.svg()


PICTURES = {"docs/figures/hand-over.svg": hand_over, "docs/figures/foreground.svg": foreground,
            "docs/figures/candidates.svg": candidates}
