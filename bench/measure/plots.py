# SPDX-License-Identifier: Apache-2.0
"""The plots of docs/figures, from the figures, as SVG that is the same for the same figures."""

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.hashsalt": "leaderlife", "svg.fonttype": "none", "font.size": 9,
                            "axes.spines.top": False, "axes.spines.right": False})
from matplotlib import pyplot  # noqa: E402


def _save(figure, axes, folder, name):
    axes.grid(True, alpha=0.3)
    figure.tight_layout()
    path = folder / f"{name}.svg"
    figure.savefig(path, metadata={"Date": None})
    path.write_text("".join(line.rstrip() + "\n" for line in path.read_text(encoding="utf-8").splitlines()),
                    encoding="utf-8")
    pyplot.close(figure)


def takeover(rows, folder):
    """How many of the hand-overs were done after how long, of all that were measured with one standby."""
    figure, axes = pyplot.subplots(figsize=(8, 4.5))
    for row in rows:
        if row["standbys"] == 1 and row["event"] in ("leader dead", "leader resigned"):
            values = sorted(row["values"])
            shares = [(at + 1) / len(values) for at in range(len(values))]
            axes.step(values, shares, where="post", label=f"{row['subject']}: {row['event']}",
                      linestyle="-" if row["who"] == "ours" else "--" if row["who"] == "peer" else ":")
    axes.set_xscale("log")
    axes.set(xlabel="ms until the next one leads", ylabel="share of the hand-overs", ylim=(0, 1.02),
             title="Hand-over")
    axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    _save(figure, axes, folder, "takeover")


def _bars(folder, name, who, series, label, **words):
    """A group of bars for each of `who`. series: {what: a value for each of them}."""
    figure, axes = pyplot.subplots(figsize=(8, 0.5 * len(who) + 1.2))
    height = 0.8 / len(series)
    for number, (what, values) in enumerate(series.items()):
        shift = height * ((len(series) - 1) / 2 - number)
        places = [len(who) - 1 - at + shift for at in range(len(who))]  # the first is on top
        axes.bar_label(axes.barh(places, values, height, label=what), fmt=label, padding=3, fontsize=7)
    axes.set_yticks(range(len(who)), who[::-1])
    axes.set(**words)
    axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1.06, 0.5))
    _save(figure, axes, folder, name)


def standing(rows, folder, name, number, label, **words):
    """That number of leader and standby of each."""
    rows = [row for row in rows if not row.get("table")]
    of_role = {role: {row["subject"]: row["numbers"][number] for row in rows if row["role"] == role}
               for role in ("leader", "standby")}
    who = list(of_role["leader"])
    _bars(folder, name, who, {role: [values[each] for each in who] for role, values in of_role.items()}, label, **words)


def herd(rows, folder):
    """What each event costs."""
    _bars(folder, "herd", [row["subject"] for row in rows],
          {number: [row["numbers"][number] for row in rows] for number in ("requests", "writes", "conflicts")}, "%.0f",
          xlabel="of all together", title=f"{rows[0]['standbys']} standbys of one lock")


def draw(found, folder):
    """Of the parts that there are."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = found["parts"]
    if parts.get("handover"):
        takeover(parts["handover"], folder)
    if parts.get("standing"):
        standing(parts["standing"], folder, "requests", "requests/h", "{:,.0f}", xscale="symlog",
                 xlabel="requests an hour", title="What each asks of the API server while nothing happens")
        standing(parts["standing"], folder, "memory", "private MB", "{:.1f}", xlabel="MB that no other process has",
                 title="Memory of each process")
    if parts.get("herd"):
        herd(parts["herd"], folder)
