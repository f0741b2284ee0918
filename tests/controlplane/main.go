// SPDX-License-Identifier: Apache-2.0

// One binary with every component of a real Kubernetes control plane, the fault
// proxy of the tests, an operator of operator-lib, and client-go's reading of
// kubeconfigs. The first argument names the component; the rest are that
// component's own flags. These are the upstream packages that a cluster runs,
// nothing is imitated: only one link step instead of seven, so that a machine
// builds and stores one file.
package main

import (
	"flag"
	"fmt"
	"os"
	"sort"
	"strings"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	hollow "k8s.io/kubernetes/cmd/kubemark/app"
)

// components maps a name to what runs it. A component reads its flags from
// os.Args, as its upstream main does, so main shifts the name away first. The
// file operatorlib.go adds one, with the Kubernetes whose client it needs.
var components = map[string]func() int{
	"etcd":                    runEtcd,
	"kube-apiserver":          command(apiserver.NewAPIServerCommand),
	"kube-controller-manager": command(controllers.NewControllerManagerCommand),
	"kube-scheduler":          command(func() *cobra.Command { return scheduler.NewSchedulerCommand() }),
	"kubeconfig":              runKubeconfig,
	"kubelet":                 command(newKubelet),
	"hollow-node":             command(hollow.NewHollowNodeCommand),
	"kubectl":                 command(kubectl.NewDefaultKubectlCommand),
	"proxy":                   runProxy,
	"no-proxy":                runNoProxy,
}

// command defers the construction to the run: upstream constructors have side
// effects on process-wide flags, so only the chosen one may be called.
func command(create func() *cobra.Command) func() int {
	return func() int { return cli.Run(create()) }
}

func runEtcd() int {
	etcdmain.Main(os.Args)
	return 0
}

func names() string {
	var list []string
	for name := range components {
		list = append(list, name)
	}
	sort.Strings(list)
	return strings.Join(list, ", ")
}

// forgetFlag takes a flag back that some package has registered for the whole
// process: controller-runtime has --kubeconfig, and so has kubemark.
func forgetFlag(name string) {
	kept := flag.NewFlagSet(os.Args[0], flag.ExitOnError)
	flag.VisitAll(func(known *flag.Flag) {
		if known.Name != name {
			kept.Var(known.Value, known.Name, known.Usage)
		}
	})
	flag.CommandLine = kept
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintf(os.Stderr, "usage: controlplane COMPONENT [flags]; components: %s\n", names())
		os.Exit(2)
	}
	run, known := components[os.Args[1]]
	if !known {
		fmt.Fprintf(os.Stderr, "controlplane: no component %q; components: %s\n", os.Args[1], names())
		os.Exit(2)
	}
	os.Args = os.Args[1:]
	forgetFlag("kubeconfig")
	os.Exit(run())
}
