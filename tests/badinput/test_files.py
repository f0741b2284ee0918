# SPDX-License-Identifier: Apache-2.0
"""Files and settings that are missing, unreadable or malformed: the election
ends at once, and says which file, what is wrong with it and what to do."""

import base64
import json
import os

import pytest

from .candidates import read, write

ECONFIG = "LEADERLIFE_ECONFIG"
ENOTSUP = "LEADERLIFE_ENOTSUP"
EXEC_V1 = "client.authentication.k8s.io/v1"

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9))

# id: file, content (None: missing; []: a directory, unreadable even for root),
# and what the text says beside the path.
SERVICE_ACCOUNT = {
    "token-missing": ("token", None, ["No such file", "option token-file"]),
    "token-unreadable": ("token", [], ["Is a directory", "correct the path"]),
    "token-empty": ("token", "\n", ["is empty", "give another file"]),
    "token-of-two-lines": ("token", "one\ntwo", ["does not hold one token", "write the bare token"]),
    "token-binary": ("token", b"a\0b", ["NUL", "give the right file"]),
    "token-huge": ("token", "a" * 100000, ["larger than", "give the right file"]),
    "ca-missing": ("ca.crt", None, ["No such file", "option ca-file"]),
    "ca-unreadable": ("ca.crt", [], ["Is a directory", "correct the path"]),
    "ca-empty": ("ca.crt", "", ["is empty", "put the PEM text there"]),
    "ca-of-other-text": ("ca.crt", "hello", ["BEGIN CERTIFICATE", "PEM form"]),
}


@pytest.mark.parametrize("file, content, says", SERVICE_ACCOUNT.values(), ids=SERVICE_ACCOUNT)
def test_service_account_file(candidates, file, content, says):
    files = candidates.files()
    path = write(os.path.join(files.directory, file), content)
    candidates.fails(candidates.start(files), ECONFIG, path, *says)


@pytest.mark.parametrize("option", ["token-file", "ca-file", "kubeconfig"])
def test_file_of_an_option(candidates, option):
    files = candidates.files()
    candidates.fails(candidates.start(files, {option: "/nowhere/file"}), ECONFIG, "/nowhere/file", "correct the path")


def test_service_port_missing(candidates):
    process = candidates.start(candidates.files(), environment={"KUBERNETES_SERVICE_PORT": None})
    candidates.fails(process, ECONFIG, "KUBERNETES_SERVICE_PORT", "option server")


def test_pem_that_is_no_certificate(candidates):
    """It looks like one; only TLS can tell. So it may be being written: retried."""
    files = candidates.files()
    path = write(files.ca_file, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    candidates.notices(candidates.start(files), "LEADERLIFE_ETLS", "certificate", "ca-file")
    assert path == files.ca_file


# Kubeconfigs

def _edit(change):
    """A case that changes the good kubeconfig, given as a dict."""
    def make(text):
        config = json.loads(text)
        change(config, config["clusters"][0]["cluster"], config["users"][0]["user"], config["contexts"][0]["context"])
        return json.dumps(config)
    return make


def _set(where, **values):
    """Sets values of "cluster", "user" or "context"; None takes away."""
    def change(_config, cluster, user, context):
        target = {"cluster": cluster, "user": user, "context": context}[where]
        for name, value in values.items():
            target.pop(name.replace("_", "-"), None)
            if value is not None:
                target[name.replace("_", "-")] = value
    return _edit(change)


def _user(**values):
    return _edit(lambda config, cluster, user, context: (user.clear(), user.update(values)))


# id: what becomes of the good one (a string: the whole text), the status, what
# the text says beside the kubeconfig's path.
KUBECONFIGS = {
    "empty": ("", ECONFIG, ["is empty", "kubectl config view"]),
    "unreadable": ([], ECONFIG, ["Is a directory", "correct the path"]),
    "binary": (b"\x7fELF\0\0", ECONFIG, ["NUL"]),
    "not-yaml": ("clusters: [", ECONFIG, ["line ", "not valid YAML"]),
    "tabs": ("clusters:\n\t- name: x\n", ECONFIG, ["line 2", "not valid YAML"]),
    "a-list": ("- a\n- b\n", ECONFIG, ["no mapping", "kubectl config view"]),
    "a-word": ("hello", ECONFIG, ["no mapping", "kubectl config view"]),
    "another-kind": ("kind: Pod\n", ECONFIG, ["of kind Pod", "give another file"]),
    "alias-bomb": (BOMB, ECONFIG, ["too many", "a smaller kubeconfig"]),
    "alias-of-nothing": ("a: *b\n", ECONFIG, ["no anchor", "write the value itself"]),
    "number-for-text": (_user(token=1234), ECONFIG, ["token needs a text", "put it in quotes"]),
    "nothing-in-it": ("{}", ECONFIG, ["current-context", "kubectl config use-context"]),
    "no-such-context": (_edit(lambda config, *_: config.update({"current-context": "prod"})), ECONFIG,
                        ['no context "prod"', "one of those it has: test"]),
    "no-such-cluster": (_set("context", cluster="prod"), ECONFIG, ['no cluster "prod"', "one of those it has: test"]),
    "no-such-user": (_set("context", user="me"), ECONFIG, ['no user "me"', "one of those it has: test"]),
    "no-user": (_set("context", user=None), ECONFIG, ["names no user", "kubectl config set-context"]),
    "no-server": (_set("cluster", server=None), ECONFIG, ["has no server", "kubectl config set-cluster"]),
    "http": (_set("cluster", server="http://127.0.0.1:8080"), ECONFIG, ["https://HOST:PORT"]),
    "no-url": (_set("cluster", server="127.0.0.1"), ECONFIG, ["https://HOST:PORT"]),
    "ca-is-no-base64": (_set("cluster", certificate_authority_data="%%%"), ECONFIG,
                        ["certificate-authority-data", "is not base64"]),
    "ca-is-no-pem": (_set("cluster", certificate_authority=None, certificate_authority_data="aGVsbG8="), ECONFIG,
                     ["certificate-authority-data", "PEM form"]),
    "skip-tls-verify": (_set("cluster", insecure_skip_tls_verify=True), ECONFIG,
                        ["insecure-skip-tls-verify is refused", "option ca-file"]),
    "proxy-url": (_set("cluster", proxy_url="ftp://127.0.0.1:3128"), ECONFIG,
                  ["proxy-url does not begin with", "correct it"]),
    "no-credentials": (_user(), ECONFIG, ["has no credentials", "token-file"]),
    "password": (_user(username="me", password="geheim-1234"), ECONFIG, ["password", "give a token"]),
    "exec-without-mode": (_user(exec={"command": "aws", "apiVersion": EXEC_V1}), ECONFIG,
                          ["interactiveMode", "change it"]),
    "exec-interactive": (_user(exec={"command": "aws", "apiVersion": EXEC_V1, "interactiveMode": "Always"}), ECONFIG,
                         ["no terminal", "option token-file"]),
    "exec-of-old": (_user(exec={"command": "aws", "apiVersion": EXEC_V1 + "alpha1"}), ECONFIG,
                    ["apiVersion", "update the plugin"]),
    "exec-without-command": (_user(exec={"apiVersion": EXEC_V1}), ECONFIG, ["no command", "add it"]),
    "exec-absent": (_user(exec={"command": "no-such-plugin", "apiVersion": EXEC_V1, "interactiveMode": "Never",
                                "installHint": "get it from\nthe moon"}), ECONFIG,
                    ["credential plugin no-such-plugin", "No such file", "get it from the moon"]),
    "impersonation": (_user(**{"token": "t", "as": "root"}), ENOTSUP, ["(as)", "give a token"]),
    "certificate-without-key": (_user(**{"client-certificate": "/nowhere/c"}), ECONFIG, ["no client-key", "give both"]),
    "token-of-two-words": (_user(token="geheim-1234 x"), ECONFIG, ["token", "write the bare token"]),
}


@pytest.mark.parametrize("change, status, says", KUBECONFIGS.values(), ids=KUBECONFIGS)
def test_kubeconfig(candidates, change, status, says):
    candidates.keep_secret("geheim-1234")
    files = candidates.files()
    write(files.kubeconfig, change(read(files.kubeconfig)) if callable(change) else change)
    candidates.fails(candidates.start(files, access="kubeconfig"), status, files.kubeconfig, *says)


@pytest.mark.parametrize("key", ["client-certificate", "client-key", "tokenFile", "certificate-authority"])
def test_kubeconfig_names_a_missing_file(candidates, key):
    files = candidates.files()
    config = json.loads(read(files.kubeconfig))
    if key == "certificate-authority":
        config["clusters"][0]["cluster"][key] = "/nowhere/file"
    else:
        pair = candidates.cluster.authority.client("nobody")
        user = {"client-certificate": pair.cert, "client-key": pair.key}
        config["users"][0]["user"] = {**user, key: "/nowhere/file"}
    write(files.kubeconfig, json.dumps(config))
    candidates.fails(candidates.start(files, access="kubeconfig"), ECONFIG, "/nowhere/file", "correct the path")


def test_kubeconfig_missing(candidates):
    files = candidates.files()
    os.remove(files.kubeconfig)
    candidates.fails(candidates.start(files, access="kubeconfig"), ECONFIG, files.kubeconfig, "correct KUBECONFIG")


def test_context_that_is_not_there(candidates):
    process = candidates.start(candidates.files(), {"context": "prod"}, access="kubeconfig")
    candidates.fails(process, ECONFIG, 'no context "prod"', "test")


def test_context_without_kubeconfig(candidates):
    candidates.fails(candidates.start(candidates.files(), {"context": "prod"}), ECONFIG, "option kubeconfig")


def test_kubeconfig_without_a_pod(candidates):
    files = candidates.files()
    process = candidates.start(files, access="kubeconfig", environment={"POD_NAME": None, "POD_UID": None},
                               expect=ECONFIG)
    candidates.fails(process, ECONFIG, "POD_NAME", "POD_UID", "outside of a pod", "backend")


# And the good ways in, next to the bad ones.

def _inline(path):
    return base64.b64encode(read(path).encode()).decode()


def test_token_inline(candidates):
    files = candidates.files()
    path = candidates.kubeconfig(files, token=read(files.token_file), token_file=None)
    candidates.leads(candidates.start(files, access="kubeconfig", environment={"KUBECONFIG": path}))


def test_token_file(candidates):
    candidates.leads(candidates.start(candidates.files(), access="kubeconfig"))


def _grant(candidates, user):
    """The rights of the namespace's candidates for another user, too."""
    candidates.admin.patch(candidates.space.path("rolebindings", "candidate"), {"subjects": [
        {"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}]})


@pytest.mark.parametrize("inline", [False, True], ids=["by-file", "inline"])
def test_client_certificate(candidates, inline):
    files = candidates.files()
    user = "candidate-" + candidates.space.name
    pair = candidates.cluster.authority.client(user)
    _grant(candidates, user)
    for line in read(pair.key).splitlines()[1:-1]:
        candidates.keep_secret(line)
    path = candidates.kubeconfig(files, token_file=None, pair=pair)
    if inline:
        config = json.loads(read(path))
        config["users"][0]["user"] = {"client-certificate-data": _inline(pair.cert),
                                      "client-key-data": _inline(pair.key)}
        cluster = config["clusters"][0]["cluster"]
        cluster["certificate-authority-data"] = _inline(cluster.pop("certificate-authority"))
        candidates.keep_secret(_inline(pair.key))
        write(path, json.dumps(config))
    candidates.leads(candidates.start(files, access="kubeconfig", environment={"KUBECONFIG": path}))


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
@pytest.mark.parametrize("kind", ["token", "certificate"])
def test_credential_plugin(candidates, version, kind):
    """The command is relative to the kubeconfig; the identity may come from the token that it gives."""
    files = candidates.files()
    bound = {"POD_NAME": None, "POD_UID": None, "POD_NAMESPACE": None}
    environment = {"KUBECONFIG": candidates.kubeconfig(files, token="none"), **(bound if kind == "token" else {})}
    options = {"backend": "kubernetes"} if kind == "token" else {}
    if kind == "token":
        given = {"token": read(files.token_file)}
    else:
        user = "candidate-" + candidates.space.name
        pair = candidates.cluster.authority.client(user)
        _grant(candidates, user)
        given = {"clientCertificateData": read(pair.cert), "clientKeyData": read(pair.key)}
        for line in given["clientKeyData"].splitlines()[1:-1]:
            candidates.keep_secret(line)
    answer = {"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/" + version, "status": given}
    folder = os.path.dirname(environment["KUBECONFIG"])
    write(os.path.join(folder, "answer"), json.dumps(answer))
    os.chmod(write(os.path.join(folder, "plugin"), '#!/bin/sh\ncat "${0%/*}/$1"\n'), 0o700)
    config = json.loads(read(environment["KUBECONFIG"]))
    config["users"][0]["user"] = {"exec": {"apiVersion": answer["apiVersion"], "command": "./plugin",
                                           "args": ["answer"], "interactiveMode": "IfAvailable"}}
    write(environment["KUBECONFIG"], json.dumps(config))
    candidates.leads(candidates.start(files, options, environment, access="kubeconfig"))


def test_in_cluster(candidates):
    """The identity from the bound token and the namespace file alone."""
    candidates.leads(candidates.start(candidates.files(),
                                      environment={"POD_NAME": None, "POD_UID": None, "POD_NAMESPACE": None}))


def test_in_cluster_with_files_of_options(candidates):
    files = candidates.files()
    options = {"token-file": files.token_file, "ca-file": files.ca_file, "x-service-account-dir": "/nowhere"}
    candidates.leads(candidates.start(files, options))


def test_options_alone(candidates):
    """Without KUBERNETES_SERVICE_HOST and KUBECONFIG."""
    files = candidates.files()
    options = {"backend": "kubernetes", "server": files.server.url, "token-file": files.token_file,
               "ca-file": files.ca_file}
    candidates.leads(candidates.start(files, options,
                                      {"KUBERNETES_SERVICE_HOST": None, "KUBERNETES_SERVICE_PORT": None}))
