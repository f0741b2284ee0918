// SPDX-License-Identifier: Apache-2.0

// An operator whose election is operator-lib's leader.Become, called as its manual says. It says `standby` when
// operator-lib logs that it waits, and `leader` when Become has returned.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/go-logr/logr/funcr"
	"github.com/operator-framework/operator-lib/leader"
	"golang.org/x/sys/unix"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/config"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// say writes a word and CLOCK_MONOTONIC in milliseconds, the clock of all that are measured.
func say(word string) {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
	fmt.Printf("%s %.3f\n", word, float64(now.Nano())/1e6)
}

func become(lock string) error {
	settings, err := config.GetConfig()
	if err != nil {
		return err
	}
	api, err := client.New(settings, client.Options{})
	if err != nil {
		return err
	}
	return leader.Become(context.Background(), lock, leader.WithClient(api))
}

func main() {
	var once sync.Once
	log.SetLogger(funcr.New(func(_, text string) {
		fmt.Fprintln(os.Stderr, text)
		if strings.Contains(text, "Not the leader. Waiting.") {
			once.Do(func() { say("standby") })
		}
	}, funcr.Options{}))
	if err := become(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	say("leader")
	select {}
}
