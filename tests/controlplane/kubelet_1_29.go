// SPDX-License-Identifier: Apache-2.0

//go:build kubernetes_1_29

package main

import (
	"github.com/spf13/cobra"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

func newKubelet() *cobra.Command {
	return kubelet.NewKubeletCommand()
}
