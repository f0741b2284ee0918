# SPDX-License-Identifier: Apache-2.0
"""A real Kubernetes control plane for the tests: etcd, kube-apiserver and
kube-controller-manager as processes on loopback ports, a hollow node that runs
the kubelet's own code, and a proxy that loses or delays chosen requests.
Nothing is imitated. Start at cluster.Cluster, or at the fixtures."""
