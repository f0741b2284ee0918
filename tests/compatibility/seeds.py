# SPDX-License-Identifier: Apache-2.0
"""Kubeconfigs by hand: at least one for each field, each form and each thing
that is refused on intended. The rows of docs/compatibility.md name what a seed
shows."""

import base64
import os
from typing import NamedTuple

from .yaml import Map, Raw, tree

V1 = "client.authentication.k8s.io/v1"
BETA = V1 + "beta1"


class Seed(NamedTuple):
    name: str
    files: dict  # name: a tree, a text or bytes; the first is the one that is asked for, or all are
    shows: tuple = ()
    ask: dict = {}  # list: the names; context; server


def encoded(path):
    with open(path, "rb") as file:
        return base64.b64encode(file.read()).decode()


def config(cluster=None, user=None, context=None, **top):
    """A whole file; None takes the field away."""
    def merged(usual, given):
        return {key: value for key, value in {**usual, **(given or {})}.items() if value is not None}
    return {
        "apiVersion": "v1", "kind": "Config", "preferences": {},
        "clusters": [{"name": "c", "cluster": merged({"server": "https://api.example:6443",
                                                      "certificate-authority": "ca.crt"}, cluster)}],
        "users": [{"name": "u", "user": {"token": "t0ken"} if user is None else user}],
        "contexts": [{"name": "x", "context": merged({"cluster": "c", "user": "u", "namespace": "team"}, context)}],
        "current-context": "x", **top}


def plugin(**given):
    made = {"apiVersion": V1, "command": "get-token", "interactiveMode": "Never", **given}
    return {"exec": {key: value for key, value in made.items() if value != "absent"}}


TEXT = """apiVersion: v1
kind: Config
clusters:
- name: c
  cluster: {server: "https://api.example:6443"}
users:
- name: u
  user: {token: t0ken}
contexts:
- name: x
  context: {cluster: c, user: u}
current-context: x
"""

SERVERS = {
    "server": ("https://h", "https://h:8443", "https://10.0.0.1:6443", "https://h.example:06443", "https://h:"),
    "server in capitals": ("HTTPS://H.Example", "Https://H:443"),
    "server by IPv6": ("https://[::1]:6443", "https://[FD00::1]", "https://[::ffff:10.0.0.1]:1",
                       "https://[fe80::1%25eth0]:6443"),
    "server with a last dot": ("https://h.example.:6443", "https://h."),
    "server with a path": ("https://h/k8s/clusters/c-1/", "https://h//", "https://h/a//b/../c%41%2Fd e",
                           "https://h:1/é\"\\"),
    "server with a query": ("https://h?x=1", "https://h/p?x=1&y", "https://h/?"),
    "server with underscores": ("https://my_host:1",),
    "": ("https://h:0", "https://h:65536", "https://h:x", "https://[::1", "https://[::1]x", "https://[h]",
         "https://[10.0.0.1]",
         "https://::1:6443", "https:h:6443", " https://h", "https://h ", "https://h\t", "ftp://h", "https://h/%zz",
         "://h", "https",
         "https://%68", "https://[fe80::1%eth0]", "https://[::1%25]", "//h", "https://", "https:///x", ""),
    "!http": ("http://h:8080", "h:6443", "h", "HTTP://h", "localhost:8080", "10.0.0.1:6443"),
    "!userinfo": ("https://user:pass@h", "https://user@h:1", "https://@h"),
    "!fragment": ("https://h#f", "https://h/p#f"),
    "!host": ("https://a,b:1", "https://h*", "https://bücher.example", "https://%C3%BC"),
    "!nul-path": ("https://h/%00",),
    "!no-host": ("https://:6443",),
}

PROXIES = {
    "proxy-url": ("http://p:3128", "https://p", "socks5://p:1080", "http://me:secret@p:1", "HTTP://p",
                  "http://[::1]:1"),
    "": ("ftp://p", "p:3128", "socks4://p", "http://[::1", "http://p:x", "://", ""),
    "!proxy-form": ("http://p/\"x", "http:p", "http://", "http://a,b", "socks5:///x"),
}

NAMES = {
    "tls-server-name": ("kubernetes", "api.example"),
    "tls-server-name in capitals": ("Kubernetes.Default",),
    "tls-server-name as an IP address": ("10.0.0.1", "::1", "[::1]", "FD00::1"),
    "tls-server-name with underscores": ("my_name",),
    "tls-server-name with a last dot": ("kubernetes.",),
    "": ("",),
    "!name": ("a b", "*.example", "a:b", "büro", "https://h", "a..b", "."),
}


def _servers():
    for shows, servers in SERVERS.items():
        for server in servers:
            yield Seed(f"server {server}", {"f": config({"server": server})}, (shows,))
    for shows, urls in PROXIES.items():
        for url in urls:
            yield Seed(f"proxy {url}", {"f": config({"proxy-url": url})}, (shows,))
    for shows, names in NAMES.items():
        for name in names:
            yield Seed(f"name {name}", {"f": config({"tls-server-name": name})}, (shows,))
    yield Seed("option server", {"f": config({"proxy-url": "http://p:1", "tls-server-name": "n"})}, ("option server",),
               {"server": "https://other:1/p"})
    yield Seed("option server alone", {"f": config({"server": None})}, ("option server",), {"server": "https://other"})
    yield Seed("option server, absent cluster", {"f": config(context={"cluster": "d"})}, ("!no-cluster",),
               {"server": "https://other"})
    yield Seed("http with a user that is refused",
               {"f": config({"server": "http://h"}, plugin(interactiveMode="Always"))}, ("!http-user",))
    yield Seed("disable-compression", {"f": config({"disable-compression": True})}, ("disable-compression",))
    yield Seed("insecure", {"f": config({"insecure-skip-tls-verify": True, "certificate-authority": None})},
               ("!insecure",))
    yield Seed("insecure with a CA", {"f": config({"insecure-skip-tls-verify": True})})
    yield Seed("not insecure", {"f": config({"insecure-skip-tls-verify": False})}, ("insecure-skip-tls-verify: false",))


def _authorities(pki):
    data = encoded(f"{pki}/ca.crt")
    yield Seed("CA by path", {"f": config()}, ("certificate-authority",))
    yield Seed("CA by absolute path", {"f": config({"certificate-authority": f"{pki}/ca.crt"})},
               ("certificate-authority",))
    yield Seed("CA by long path", {"f": config({"certificate-authority": "./nowhere/../sub/../ca.crt"})},
               ("certificate-authority",))
    yield Seed("CA inline", {"f": config({"certificate-authority": None, "certificate-authority-data": data})},
               ("certificate-authority-data",))
    yield Seed("CA in lines", {"f": config({"certificate-authority": None, "certificate-authority-data":
                                           "\n".join(data[i:i + 64] for i in range(0, len(data), 64)) + "\n"})},
               ("certificate-authority-data",))
    yield Seed("system's CA", {"f": config({"certificate-authority": None})}, ("no certificate-authority",))
    yield Seed("CA twice", {"f": config({"certificate-authority-data": data})})
    yield Seed("CA of other PEM", {"f": config({"certificate-authority": "client.key"})})
    for name, wrong in {"unpadded": data.rstrip("=")[:-1], "text": "%%%", "empty": "",
                        "blanks": data[:8] + " " + data[8:], "no PEM": "aGVsbG8=", "a list": [],
                        "a list of bytes": [104], "a map": {}}.items():
        yield Seed(f"CA inline, {name}",
                   {"f": config({"certificate-authority": None, "certificate-authority-data": wrong})})
    bad = base64.b64encode(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").decode()
    yield Seed("CA for TLS to judge", {"f": config({"certificate-authority": None, "certificate-authority-data": bad})},
               ("+tls",))
    for path in ("absent.crt", "sub", "empty"):
        yield Seed(f"CA in {path}", {"f": config({"certificate-authority": path})})


def _users(pki):
    cert, key = encoded(f"{pki}/client.crt"), encoded(f"{pki}/client.key")
    files = {"client-certificate": "client.crt", "client-key": "client.key"}
    inline = {"client-certificate-data": cert, "client-key-data": key}
    yes = {
        "token": ({"token": "abc"}, {"token": "a.b-c_d=="}),
        "tokenFile": ({"tokenFile": "token"}, {"tokenFile": f"{pki}/token"}, {"tokenFile": "sub/../token"}),
        "token beside tokenFile": ({"token": "a", "tokenFile": "token"}, {"token": "a", "tokenFile": "absent"},
                                   {"token": "a", "tokenFile": "empty"}),
        "client-certificate, client-key": (files,),
        "client-certificate-data, client-key-data": (inline,),
        "client certificate beside a token": ({**inline, "token": "t"}, {**files, "tokenFile": "token"}),
        "client-key without certificate": ({"token": "t", "client-key": "absent"},
                                           {"token": "t", "client-key-data": key}),
        "path and data mixed": ({"client-certificate": "client.crt", "client-key-data": key},),
        "exec": (plugin(), plugin(command="./bin/../get"), plugin(command="/abs//get/"), plugin(apiVersion=BETA),
                 plugin(apiVersion=BETA, interactiveMode="absent"), plugin(interactiveMode="IfAvailable")),
        "exec.args": (plugin(args=["a", "", "c d", "1"]), plugin(args=None), plugin(args=["a", None]), plugin(args=[])),
        "exec.env": (plugin(env=[{"name": "A", "value": "b=c"}, {"name": "B", "value": ""}, {"name": "C"},
                                 {"name": "D", "value": None}]),
                     plugin(env=None), plugin(env=[{"name": "A=B", "value": "c"}]),
                     plugin(env=[{"name": "A", "value": "1"}, {"name": "B", "value": "2"},
                                 {"name": "A", "value": "3"}])),
        "exec.installHint": (plugin(installHint="one\ntwo"),),
        "exec.provideClusterInfo": (plugin(provideClusterInfo=True), plugin(provideClusterInfo=False)),
        "exec beside other credentials": ({**plugin(), "token": "t"}, {**plugin(), **inline},
                                          {**plugin(interactiveMode="Always"), "token": "t"}),
        "": (files | inline, {**files, "client-key-data": key}, {"client-certificate": "client.crt"},
             {"tokenFile": "absent"},
             {"tokenFile": "empty"}, {"client-certificate": "absent", "client-key": "client.key"},
             plugin(apiVersion=V1 + "alpha1"), plugin(apiVersion="absent"), plugin(command="absent"),
             plugin(command=""),
             plugin(interactiveMode="absent"), plugin(interactiveMode="Always"), plugin(interactiveMode="never"),
             plugin(env=[{"value": "x"}]), plugin(env=[None]), plugin(env={"A": "b"}), plugin(args="a"),
             plugin(args=[1]),
             {"token": "t", "username": "u"}, {"token": "t", "as-groups": ["g"]}, {"token": "t", "as-uid": "1"},
             {**plugin(), "auth-provider": {"name": "oidc"}}, {"token": "a\u00e9b\n"}),
        "!login": ({"username": "u", "password": "p"}, {"username": "u"}),
        "!impersonation": ({"token": "t", "as": "root"}, {"token": "t", "as": "root", "as-groups": ["g"], "as-uid": "1",
                                                          "as-user-extra": {"k": ["v"]}}),
        "!provider": ({"auth-provider": {"name": "oidc",
                                         "config": {"client-id": "a", "idp-issuer-url": "https://i"}}},),
        "!anonymous": ({}, {"token": ""}, {"client-key": "client.key"}),
        "!token-form": ({"token": "two words"}, {"token": " t"}, {"token": "ü"}),
        "+token-newline": ({"token": "t\n"},),
        "!bytes": ({"token": "t", "client-key-data": [104]},),
        "!pem": ({"client-certificate": "client.crt", "client-key": "client.crt"},
                 {"client-certificate": "empty", "client-key": "client.key"}),
        "+tls": ({"client-certificate": "client.crt", "client-key-data": encoded(f"{pki}/other.key")},),
        "client-certificate, client-key that do not fit": ({"client-certificate": "client.crt",
                                                            "client-key": "other.key"},),
    }
    for shows, users in yes.items():
        for number, user in enumerate(users):
            yield Seed(f"user: {shows} {number}", {"f": config(user=user)}, (shows,))
    extension = [{"name": V1.rpartition("/")[0] + "/exec", "extension": {"a": 1}}]
    yield Seed("plugin's settings", {"f": config({"extensions": extension}, plugin(provideClusterInfo=True))},
               ("!extension",))
    yield Seed("plugin's settings unused", {"f": config({"extensions": extension}, plugin())}, ("extensions",))


def _contexts():
    yield Seed("namespace", {"f": config()}, ("namespace", "current-context", "context.cluster, context.user"))
    yield Seed("no namespace", {"f": config(context={"namespace": None})}, ("namespace",))
    yield Seed("odd namespace", {"f": config(context={"namespace": "A b"})})
    yield Seed("odd name", {"f": config(contexts=[{"name": "ä:/ x", "context": {"cluster": "c", "user": "u"}}],
                                        **{"current-context": "ä:/ x"})}, ("context names of any characters",))
    other = {"name": "y", "context": {"cluster": "c", "user": "u", "namespace": "why"}}
    for name in ("y", "z"):
        yield Seed(f"context {name}", {"f": config(contexts=[config()["contexts"][0], other])},
                   ("option context",) if name == "y" else (), {"context": name})
    yield Seed("no current", {"f": config(**{"current-context": ""})})
    yield Seed("absent current", {"f": config(**{"current-context": "y"})})
    yield Seed("absent cluster", {"f": config(context={"cluster": "d"})})
    yield Seed("no cluster", {"f": config(context={"cluster": None})})
    yield Seed("absent user", {"f": config(context={"user": "v"})}, ("!no-user",))
    yield Seed("no user", {"f": config(context={"user": None})}, ("!no-user",))
    nameless = config(context={"cluster": None, "user": None})
    for section in ("clusters", "users", "contexts"):
        del nameless[section][0]["name"]
    yield Seed("nothing has a name", {"f": {**nameless, "current-context": ""}})
    yield Seed("a cluster without a name alone", {"f": {"clusters": nameless["clusters"], "users": nameless["users"]}},
               ("!no-context",))
    for section in ("clusters", "users", "contexts"):
        yield Seed(f"two {section}", {"f": {**config(), section: config()[section] * 2}})
    yield Seed("extensions", {"f": config(extensions=[{"name": "a", "extension": {"b": [1]}}])}, ("extensions",))
    yield Seed("two extensions",
               {"f": config(extensions=[{"name": "a", "extension": 1}, {"name": "a", "extension": 2}])})
    yield Seed("preferences", {"f": config(preferences={"colors": True})}, ("preferences",))


def _headers():
    for kind in (None, "", "Config"):
        yield Seed(f"kind {kind}", {"f": config(kind=kind)}, ("kind, apiVersion",))
    for version in (None, "", "v1", "/v1"):
        yield Seed(f"version {version}", {"f": config(apiVersion=version)}, ("kind, apiVersion",))
    for wrong in ({"kind": "Pod"}, {"kind": "config"}, {"apiVersion": "v2"}, {"apiVersion": "a/v1"}, {"kind": 1},
                  {"KIND": "Pod"}, {"apiVersion": "a/b/c"}, {"apiVersion": 1}, {"kind": None, "Kind": "List"}):
        yield Seed(f"{wrong}", {"f": config(**wrong)})


def _forms():
    yes = {
        "JSON": '{"clusters":[{"name":"c","cluster":{"server":"https://h"}}],'
                '"users":[{"name":"u","user":{"token":"t"}}],'
                '"contexts":[{"name":"x","context":{"cluster":"c","user":"u"}}],"current-context":"x"}',
        "a key twice: the last counts": TEXT.replace("server:", 'server: "https://first", server:'),
        "anchors and aliases": TEXT.replace("t0ken}", "&t t0ken}") + "also: *t\n",
        "merges": "base: &b {server: 'https://base', tls-server-name: base}\n"
        + TEXT.replace("{server:", "{<<: *b, server:"),
        "merges, overwriting": "base: &b {server: 'https://base'}\n" + TEXT.replace('6443"}', '6443", <<: *b}'),
        "merges of a list": "base: &b {server: 'https://base'}\nmore: &m {server: 'https://more', tls-server-name: m}\n"
                            + TEXT.replace('{server: "https://api.example:6443"}', "{<<: [*b, *m]}"),
        "tags": TEXT.replace("t0ken}", "!!str 123}").replace("name: c\n", "name: !!binary Yw==\n"),
        "several documents: the first counts": TEXT + "---\nclusters: [\n",
        "CR LF": TEXT.replace("\n", "\r\n"),
        "UTF-8 with BOM": b"\xef\xbb\xbf" + TEXT.encode(),
        "UTF-16 with BOM": TEXT.encode("utf-16"),
        "UTF-16, big-endian": b"\xfe\xff" + TEXT.encode("utf-16-be"),
        "markers": "%YAML 1.1\n---\n" + TEXT + "...\n",
        "comments": "# a\n" + TEXT.replace("\n", " # b\n"),
        "unknown fields": TEXT + "Clusters: 1\nmore: {a: [1, .5]}\n",
        "block scalars": TEXT.replace("{token: t0ken}", "\n    token: |-\n      t0ken"),
        "long values": TEXT.replace("t0ken", "t" * 30000),
    }
    for shows, text in yes.items():
        yield Seed(shows, {"f": text}, ("several documents" if shows.startswith("several") else shows.split(",")[0],))
    no = ("", "# nothing\n", "- a\n", "text", "a: b\n  c: d\n e", TEXT.encode("utf-16-le"), b"a: \xff\n", "a: \0\n",
          TEXT + "\t- x\n",
          "a: *x\n" + TEXT, "a: &a [*a]\n" + TEXT, "<<: 1\n" + TEXT, "<<: [1]\n" + TEXT, "? [a]\n: b\n" + TEXT,
          "~: a\n" + TEXT,
          "a: .nan\n" + TEXT, "a: !!int x\n" + TEXT, "a: !!binary '*'\n" + TEXT, "a: !!binary abc\n" + TEXT, "null",
          "{}", TEXT.replace("name: c", "name: 1"),
          TEXT.replace("t0ken", "123"), TEXT.replace("t0ken", "yes"), TEXT.replace("t0ken", "0x1F"),
          TEXT.replace("t0ken", "1_000"),
          TEXT.replace("t0ken", "[t0ken]"), TEXT.replace("t0ken", "089"), TEXT.replace("clusters:", "Clusters:"),
          "contexts: {}\n",
          TEXT + "clusters: null\n", TEXT + "users: {}\n", "!!map {}", "--- !!str x", "a: !!float x", "a: !!null x\n",
          "@", "%", "\ufeff")
    for number, text in enumerate(no):
        yield Seed(f"form {number}", {"f": text})
    texts = ("0o17", "0b11", "0b12", "1e5", "1e999", "+1", "-", "+", ".5", ".", "1.", "0x", "0xG", "1__0", "2020-01-01",
             "12:30:00", "-0x1F",
             "99999999999999999999", "0xFFFFFFFFFFFFFFFFFF", ".inf", "-.INF", "Null", "NaN", "~", "y", "Off", "oN",
             "0.1e-400", "=", "08.5")
    for text in texts:
        yield Seed(f"plain {text}", {"f": TEXT.replace("t0ken", text)})
    yield Seed("deep", {"f": "a: " + "[" * 70 + "]" * 70 + "\n" + TEXT}, ("!bounds",))
    yield Seed("large", {"f": TEXT + "# " + "x" * (1 << 20)}, ("!bounds",))
    yield Seed("odd keys", {"f": TEXT + ".nan: 1\n1: 2\n1.5: 3\nyes: 4\n2020-01-01: 5\n0x10: 6\n"}, ("unknown fields",))
    yield Seed("many keys", {"f": "a: {" + ", ".join(f"k{i}: 1" for i in range(1100)) + "}\n" + TEXT}, ("!bounds",))
    for text in ("%YAML 1.2\n---\n" + TEXT, TEXT.replace("t0ken", "a?b"), TEXT.replace("t0ken", '"a\\/b"'),
                 TEXT + "a: !!float 18446744073709551615\n"):
        yield Seed("YAML 1.2", {"f": text}, ("+yaml",))
    yield Seed("a tag with brackets", {"f": TEXT.replace("t0ken", '!![x "y"')}, ("!yaml",))
    yield Seed("a mark in a value",
               {"f": TEXT.replace("x-", "").replace("name: x", "name: '\ufeffx'").replace("text: x",
                                                                                          "text: '\ufeffx'")},
               ("!mark",))
    yield Seed("joined files", {"f": TEXT + "\ufeffusers: []\n"}, ("!mark",))
    yield Seed("two marks", {"f": "\ufeff\ufeff" + TEXT})
    yield Seed("two wide marks", {"f": ("\ufeff" + TEXT).encode("utf-16")})
    yield Seed("escaped NUL", {"f": TEXT.replace("{cluster: c", '{namespace: "a\\0b", cluster: c')}, ("!no-text",))


def _lists(pki):
    first = {**config({"server": "https://first"}), "users": []}
    second = config({"server": "https://second", "tls-server-name": "n"}, {"tokenFile": "token"}, {"namespace": "two"})
    one, two = "sub/f", "g"
    shows = ("several files in KUBECONFIG",)
    yield Seed("two files", {one: first, two: second}, shows, {"list": [one, two]})
    yield Seed("two files, reversed", {one: first, two: second}, shows, {"list": [two, one]})
    yield Seed("absent and empty files", {one: "", two: second}, shows, {"list": ["absent", one, "", two, two]})
    yield Seed("nothing but absent ones", {}, (), {"list": ["absent", "absent2"]})
    yield Seed("no file at all", {}, (), {"list": [""]})
    yield Seed("a bad file", {one: "a: [", two: second}, (), {"list": [two, one]})
    yield Seed("a folder", {two: second}, (), {"list": ["sub", two]})
    yield Seed("current of the second", {one: {"clusters": [], "current-context": ""}, two: second}, shows,
               {"list": [one, two]})
    yield Seed("two of one name in two files", {one: config({"server": "https://h", "proxy-url": ""}), two: second},
               shows, {"list": [one, two]})
    yield Seed("relative to each file", {one: config(user={"tokenFile": "token"}), two: second}, shows,
               {"list": [one, two]})
    yield Seed("many files", {f"f{i}": "kind: Config\n" for i in range(40)} | {two: second}, ("!bounds",),
               {"list": [two, *(f"f{i}" for i in range(40))]})
    yield Seed("absent file", {}, (), {"path": "absent"})
    yield Seed("a folder alone", {}, (), {"path": "sub"})


def seeds(pki):
    """pki: a folder with ca.crt, client.crt, client.key, other.key, token, empty, and others in sub."""
    pki = os.path.abspath(pki)
    return [*_servers(), *_authorities(pki), *_users(pki), *_contexts(), *_headers(), *_forms(), *_lists(pki)]


__all__ = ["Map", "Raw", "Seed", "seeds", "tree"]
