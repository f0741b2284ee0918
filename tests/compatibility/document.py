# SPDX-License-Identifier: Apache-2.0
"""Writes docs/compatibility.md out of what the comparison found."""

import os
import re

from .intended_differences import ACCEPTED, REFUSED

ROOT = os.path.join(os.path.dirname(__file__), "..", "..")
PATH = os.path.join(ROOT, "docs", "compatibility.md")

HEAD = """# Beside client-go

Printed by `tests/compatibility/test_kubeconfigs.py`, which gives the same kubeconfigs to client-go {version} and to
this library: a row says "yes" only if every such file meant the same to both. "No, on purpose" is refused with a text
that says so; nothing is passed over in silence. `LEADERLIFE_WRITE=1 script/test compatibility` writes it anew.
"""

# What no kubeconfig can show alone: the answer is "yes" while the test that shows it is there.
PROXIES = (
    ("`proxy-url` by http", "tests/proxies/test_proxies.py", "test_a_kubeconfig_names_the_proxy"),
    ("`HTTPS_PROXY`, `NO_PROXY`: names, suffixes, CIDR, ports", "tests/compatibility/test_proxy_choice.py",
     "test_as_go"),
    ("http, without a login", "tests/proxies/test_proxies.py", "test_tinyproxy"),
    ("http, with a login", "tests/proxies/test_proxies.py", "test_squid_with_a_login"),
    ("https", "tests/proxies/test_proxies.py", "test_squid_by_tls"),
    ("socks5", "tests/proxies/test_proxies.py", "test_dante"),
)
AUTHENTICATION = (
    ("a token file that is renewed", "tests/unit/test_endpoint.c", "test_files_are_read_anew"),
    ("a client certificate that is renewed", "tests/unit/test_endpoint.c", "test_rotation_by_symlink"),
    ("a client certificate, to the server", "tests/unit/test_http.c", "test_client_certificate"),
    ("`exec`: token", "tests/unit/test_exec_plugin.c", "test_token"),
    ("`exec`: client certificate", "tests/unit/test_exec_plugin.c", "test_certificate"),
    ("`exec`: expiry", "tests/fault/test_plugins.py", "test_expired_credentials_are_not_sent"),
    ("`exec`: run anew after 401", "tests/fault/test_plugins.py", "test_refused_credentials_are_fetched_anew"),
    ("`exec`: `KUBERNETES_EXEC_INFO`", "tests/unit/test_exec_plugin.c", "test_what_it_is_told"),
    ("a pod's service account", "tests/unit/test_endpoint.c", "test_service_account"),
    ("`tls-server-name` and hosts in capitals, as IP addresses, with underscores, with a last dot",
     "tests/unit/test_http_names.c", "test_names"),
)


def is_there(path, name):
    try:
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            text = file.read()
    except FileNotFoundError:
        return False
    return re.search(rf"^(def|static void) {name}\(", text, re.MULTILINE) is not None


def shown(verdicts):
    """What the seeds show, with whether all of them were taken alike."""
    rows = {}
    for verdict in verdicts:
        for name in verdict.case.shows:
            if name and name[0] not in "!+":
                rows[name] = rows.get(name, True) and verdict.accepted and verdict.intended == ""
    return rows


def version():
    with open(os.path.join(ROOT, "tests", "controlplane", "go.mod"), encoding="utf-8") as file:
        return re.search(r"k8s\.io/client-go (v\S+)", file.read())[1]


def _table(head, rows):
    return "\n".join([f"| {' | '.join(head)} |", "|" + "---|" * len(head), *(f"| {' | '.join(row)} |" for row in rows),
                      ""])


def _refused(one):
    return "no" if one.id == "extension" else "no, on purpose"


def _text(intended, verdicts):
    """Of the first seed that meets it, without the paths of this run."""
    text = next((verdict.ours["refused"] for verdict in verdicts if verdict.intended == intended.id
                 and "refused" in verdict.ours), "")
    return re.sub(r"(?<![:/\w])/\S*/", "", re.sub(r"(?<![\w])(\S*/)?\d+-\w+", "FILE", text)).replace("|", "\\|")


def write(verdicts):
    fields = [(name, "yes" if good else "no") for name, good in shown(verdicts).items()]
    refused = [(one.field, _refused(one), one.reason, _text(one, verdicts)) for one in REFUSED]
    accepted = [(one.field, one.reason) for one in ACCEPTED]
    tests = [[(what, "yes" if is_there(path, name) else "no", f"`{path}`, `{name}`" if is_there(path, name) else "")
              for what, path, name in table] for table in (PROXIES, AUTHENTICATION)]
    return "\n".join([
        HEAD.format(version=version()),
        "## Kubeconfigs\n", _table(("Field or form", "As client-go"), fields),
        "Client-go takes these, and this library refuses them:\n",
        _table(("Field or form", "As client-go", "Why", "The refusal says"), refused),
        "Client-go refuses these, and this library takes them at first:\n", _table(("What", "Why"), accepted),
        "## Proxies\n", _table(("What", "As client-go", "Shown by"), tests[0]),
        "## Authentication and TLS\n", _table(("What", "As client-go", "Shown by"), tests[1]).rstrip(), ""])
