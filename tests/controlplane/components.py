# SPDX-License-Identifier: Apache-2.0
"""The command lines of the control plane's components and the kubeconfig that
they and candidates read. All listen on 127.0.0.1 only."""

import json

ADMIN = "admin"
MANAGER = "system:kube-controller-manager"
HOST = "127.0.0.1"


PLUGIN_VERSION = "client.authentication.k8s.io/v1"


def write_kubeconfig(path, server, ca_file, token=None, token_file=None, pair=None, plugin=None,
                     namespace=None):
    """A kubeconfig with one context, as JSON, which YAML readers take as well. plugin: the credentials are those
    of the program `plugin` beside it; {field: value} of its section exec that are others than usual."""
    user = {"token": token, "tokenFile": token_file,
            "client-certificate": pair and pair.cert, "client-key": pair and pair.key,
            "exec": None if plugin is None else {
                "apiVersion": PLUGIN_VERSION, "command": "./plugin", "interactiveMode": "Never", **plugin}}
    context = {"cluster": "test", "user": "test", "namespace": namespace}
    config = {
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{"name": "test", "cluster": {
            "server": server, "certificate-authority": ca_file}}],
        "users": [{"name": "test", "user": {key: value for key, value in user.items() if value}}],
        "contexts": [{"name": "test", "context": {
            key: value for key, value in context.items() if value}}],
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(config, file, indent=1)


def write_tokens(path, tokens):
    """tokens: {user: (token, group)}."""
    with open(path, "w", encoding="ascii") as file:
        for user, (token, group) in tokens.items():
            file.write(f'{token},{user},{user},"{group}"\n')


def etcd(binary, data, client_port, peer_port, host=HOST, name="default", members=None):
    """members: {name: URL of its peer port}, of a cluster of several."""
    client, peer = f"http://{host}:{client_port}", f"http://{host}:{peer_port}"
    members = members or {name: peer}
    return [binary, "etcd", "--data-dir", data, "--unsafe-no-fsync", "--log-level", "warn", "--name", name,
            "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", ",".join(f"{member}={url}" for member, url in members.items())]


def apiserver(binary, etcd_port, port, files, host=HOST):
    """files: paths by name, see Cluster."""
    return [binary, "kube-apiserver",
            "--etcd-servers", f"http://{host}:{etcd_port}",
            "--bind-address", host, "--advertise-address", host, "--secure-port", port,
            "--cert-dir", files["certificates"],
            "--tls-cert-file", files["serving"].cert,
            "--tls-private-key-file", files["serving"].key,
            "--client-ca-file", files["ca"],
            "--token-auth-file", files["tokens"],
            "--service-account-key-file", files["sa_public"],
            "--service-account-signing-key-file", files["sa_private"],
            "--service-account-issuer", "https://kubernetes.default.svc",
            "--authorization-mode", "Node,RBAC",
            "--service-cluster-ip-range", "10.0.0.0/24",
            "--endpoint-reconciler-type", "none",
            "--audit-policy-file", files["audit_policy"],
            "--audit-log-path", files["audit_log"],
            # Never rotated: a mark is a place in this one file.
            "--audit-log-maxsize", "100000"]


def controller_manager(binary, files):
    return [binary, "kube-controller-manager",
            "--kubeconfig", files["manager_kubeconfig"],
            "--service-account-private-key-file", files["sa_private"],
            "--root-ca-file", files["ca"],
            "--use-service-account-credentials", "--controllers", "*",
            # Its own throttle of 20 requests/s would make it start 3 s slower.
            "--kube-api-qps", "200", "--kube-api-burst", "400",
            "--leader-elect=false", "--secure-port", "0"]


def hollow_node(binary, name, kubeconfig, directory, port, read_only_port):
    return [binary, "hollow-node", "--morph=kubelet", f"--name={name}",
            "--use-host-image-service=false", f"--kubeconfig={kubeconfig}",
            f"--cert-dir={directory}", f"--kubelet-port={port}",
            f"--kubelet-read-only-port={read_only_port}"]


def proxy(binary, upstream, upstream_ca, serving, http1):
    return [binary, "proxy", "--upstream", upstream, "--upstream-ca-file", upstream_ca,
            "--tls-cert-file", serving.cert, "--tls-private-key-file", serving.key,
            f"--http1={'true' if http1 else 'false'}"]
