// SPDX-License-Identifier: Apache-2.0

//go:build !kubernetes_1_29

package main

import (
	"context"

	"github.com/spf13/cobra"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// newKubelet is apart because its constructor has changed.
func newKubelet() *cobra.Command {
	return kubelet.NewKubeletCommand(context.Background())
}
