# SPDX-License-Identifier: Apache-2.0
"""The same proxy as Go takes, and client-go with it, from HTTPS_PROXY and
NO_PROXY; or a refusal, and only where Go's choice could not work or is one of
those listed here."""

import json
import os
import random
import re
import subprocess

import pytest

from controlplane.binary import BinaryMissing, binary
from controlplane.fixtures import require

CASES = 100_000 if os.environ.get("LEADERLIFE_FULL") else 2_000

NAMES = ("api.example", "API.Example", "kubernetes.default.svc", "a.b.c.example", "example", "localhost", "LOCALHOST",
         "localhost.", "api.example.", "xn--bcher-kva.example", "notexample", "my-api.eu-1.k8s.example", "a_b.example")
IPV4 = ("10.96.0.1", "127.0.0.1", "127.255.0.9", "192.168.1.20", "1.2.3.4", "0.0.0.0", "10.96.0.01", "172.20.0.1")
IPV6 = ("::1", "fd00::1", "2001:DB8::a", "::ffff:10.96.0.1", "::ffff:127.0.0.1", "::", "fe80::1", "2001:db8:0:0::a")
PORTS = ("", ":443", ":6443", ":8443", ":0443", ":1")
BITS = ("0", "1", "7", "8", "08", "16", "24", "31", "32", "33", "64", "96", "104", "127", "128", "129", "", "x", "-1")
BLANKS = ("", "", "", " ", "\t", "  ")
PROXIES = ("http://proxy.example:3128", "proxy.example:3128", "proxy.example", "HTTP://Proxy.Example",
           "http://10.0.0.9", "https://proxy.example", "https://proxy.example:8443/", "socks5://proxy.example",
           "socks5h://proxy.example:9", "SOCKS5://[fd00::9]", "http://[fd00::9]:3128",
           "http://user:Secr3t@proxy.example:3128", "user:Secr3t@proxy.example",
           "http://user@proxy.example", "http://us%40er:p%3Aa%2Fss%25@proxy.example:1", "http://:Secr3t@proxy.example",
           "http://user:pa:ss@proxy.example", "http://proxy.example:3128/path?query#fragment", "http://proxy.example:",
           "ftp://proxy.example", "socks4://proxy.example", "http://", "://proxy", "http://proxy.example:99999",
           "http://proxy.example:x", "http://proxy.example:0", "http://[fd00::9", "http://user:%zz@proxy.example",
           "//proxy:1", "http:proxy:3128", " http://proxy.example", "http://pro xy", "proxy_1.example:3128",
           "unix:///run/proxy", "*")
SCHEMES = ("http", "https", "socks5", "socks5h")
# Go takes them: hosts that no name service has, and characters that only escapes have elsewhere.
REFUSED_ON_PURPOSE = ("http://büro.example", "http://pro^xy", "http://user:p\u00e4ss@proxy.example",
                      f"http://{'u' * 300}@proxy.example")


def mutated(chance, text):
    """One character more, less or other, sometimes."""
    if chance.random() > 0.1 or not text:
        return text
    at = chance.randrange(len(text))
    odd = chance.choice(("", ".", ":", "*", "[", "]", "/", " ", "x", "-"))
    return text[:at] + odd + text[at + chance.randrange(2):]


def entry(chance, host):
    """Of NO_PROXY; about half of them have to do with the host."""
    bare = host.strip("[]")
    kind = chance.randrange(10)
    if kind == 0:
        made = chance.choice((*IPV4, *IPV6)) + "/" + chance.choice(BITS)
    elif kind == 1:
        made = bare + "/" + chance.choice(BITS)
    elif kind == 2:
        made = chance.choice((*IPV4, *IPV6, *NAMES, *(f"[{ip}]" for ip in IPV6)))
    elif kind == 3:
        made = chance.choice(("*", "", ".", "*.", "*.*", ":", ":443", "[]", "[]:443", "/", "..", "bücher.example",
                              ".bücher.example"))
    elif kind in (4, 5):
        parts = bare.split(".")
        made = chance.choice(("", ".", "*.", "*")) + ".".join(parts[chance.randrange(len(parts)):])
    elif kind == 6:
        made = chance.choice((bare.upper(), bare.lower(), bare + ".", "." + bare, "x" + bare, "x." + bare))
    elif kind == 7:
        made = chance.choice((bare, f"[{bare}]", host))
    else:
        made = chance.choice(("example", ".example", "*.example", "svc", ".svc", ".cluster.local", "10.0.0.0/8",
                              "fd00::/8"))
    if "/" not in made:
        made += chance.choice(("", "", *PORTS))
    return chance.choice(BLANKS) + mutated(chance, made) + chance.choice(BLANKS)


def case(chance):
    host = chance.choice((*NAMES, *IPV4, *(f"[{ip}]" for ip in IPV6)))
    server = f"https://{host}{chance.choice(PORTS)}{chance.choice(('', '', '/k8s/clusters/c-1'))}"
    proxy = mutated(chance, chance.choice((*PROXIES[:3], *PROXIES, *REFUSED_ON_PURPOSE)))
    listed = ",".join(entry(chance, host) for _ in range(chance.choice((0, 1, 1, 1, 2, 3, 6))))
    return {"server": server, "https_proxy": proxy, "no_proxy": listed}


def ask(command, cases):
    given = "".join(json.dumps(one) + "\n" for one in cases)
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def is_plain(url):
    """Nothing in it is beyond what every proxy's URL has."""
    login, _, rest = url.rpartition("@")
    within = login.partition("://")[2] or login
    return (url.isascii() and not set(within) & set("/?#") and url.isprintable() and not set(url) & set(' "\\')
            and all(c.isalnum() or c in ".-_:/[]?#" for c in rest) and len(login) < 255)


def is_usable(given, go):
    """Go puts http:// before what it cannot read: "ftp:/x" is then a proxy called "ftp", and "http://x:y" one called
    "http"."""
    scheme, _, rest = go["url"].partition("://")
    host = rest.rpartition(":")[0]
    misread = "://" in given and (not given.lower().startswith(scheme + "://") or host.lower() == scheme)
    return go["usable"] and not misread and scheme in SCHEMES and re.fullmatch(r"[\w.-]+|\[[\w:.%]+\]", host, re.ASCII)


def differs(asked, go, ours):
    """How, or None."""
    idn = "xn--" in asked["server"] and not asked["no_proxy"].isascii()
    if ours["refused"] and idn and "xn--" in ours["text"]:
        return None
    if not go["asked"] or not asked["https_proxy"]:
        return None if ours["url"] is None and not ours["refused"] else "Go goes directly"
    if not is_usable(asked["https_proxy"], go):
        return None if ours["refused"] else "Go has no usable proxy"
    if ours["refused"]:
        return "refused" if is_plain(asked["https_proxy"]) else None
    wanted = re.sub("^socks5:", "socks5h:", go["url"])
    same = (ours["url"] == wanted and (ours["user"] or "") == go["user"] and (ours["password"] or "") == go["password"])
    return None if same else "another proxy"


@pytest.fixture(scope="module")
def answers():
    try:
        go = [binary(), "no-proxy"]
    except BinaryMissing as missing:
        require("compatibility", str(missing))
    ours = os.path.join(os.environ["LEADERLIFE_BUILD"], "tests", "tests", "proxy_choice")
    chance = random.Random(16)
    cases = [case(chance) for _ in range(CASES)]
    return list(zip(cases, ask(go, cases), ask([ours], cases), strict=True))


def test_as_go(answers):
    found = [(how, *one) for one in answers if (how := differs(*one))]
    assert not found, f"{len(found)} of {len(answers)}: " + "\n".join(map(str, found[:10]))


def test_the_cases_are_worth_it(answers):
    """Each way to end is there often."""
    direct = sum(not go["asked"] for _, go, _ in answers)
    through = sum(ours["url"] is not None for _, _, ours in answers)
    refused = sum(ours["refused"] for _, _, ours in answers)
    assert min(direct, through, refused) > len(answers) / 20, (direct, through, refused)


def test_no_refusal_shows_a_login(answers):
    for asked, _, ours in answers:
        for secret in ("us%40er", "p%3A", "Secr3t", "pa:ss"):
            assert secret not in ours["text"], (asked, ours)
