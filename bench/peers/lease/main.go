// SPDX-License-Identifier: Apache-2.0

// An operator that elects with client-go's Lease, with its usual durations (15 s, 10 s, 2 s). It says `standby` when it
// has seen another leader and `leader` when it leads. SIGTERM ends it: with ReleaseOnCancel where the second argument
// is `release`.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// say writes a word and CLOCK_MONOTONIC in milliseconds, the clock of all that are measured.
func say(word string) {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
	fmt.Printf("%s %.3f\n", word, float64(now.Nano())/1e6)
}

func run() error {
	settings, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	api, err := kubernetes.NewForConfig(settings)
	if err != nil {
		return err
	}
	name := os.Getenv("POD_NAME")
	lock := &resourcelock.LeaseLock{
		LeaseMeta:  metav1.ObjectMeta{Name: os.Args[1], Namespace: os.Getenv("POD_NAMESPACE")},
		Client:     api.CoordinationV1(),
		LockConfig: resourcelock.ResourceLockConfig{Identity: name},
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
		Lock:            lock,
		LeaseDuration:   15 * time.Second,
		RenewDeadline:   10 * time.Second,
		RetryPeriod:     2 * time.Second,
		ReleaseOnCancel: len(os.Args) > 2 && os.Args[2] == "release",
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { say("leader") },
			OnStoppedLeading: func() { say("ended") },
			OnNewLeader: func(leader string) {
				if leader != name {
					say("standby")
				}
			},
		},
	})
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
