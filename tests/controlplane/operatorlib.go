// SPDX-License-Identifier: Apache-2.0

//go:build !kubernetes_other

// Component `operator-lib`: an operator whose leader election is that of
// operator-lib itself, called as its manual says and unchanged. It speaks the
// part of the candidates' language (tests/scenarios/README.md) that such an
// operator has: it says when Become has returned, and what operator-lib logs
// meanwhile, as JSON lines. It then stays as an operator does, who never looks
// at the lock again, until it is killed or its input ends.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"sync"

	"github.com/go-logr/logr/funcr"
	"github.com/operator-framework/operator-lib/leader"
	"golang.org/x/sys/unix"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/config"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// teller writes lines; the log may come from any goroutine.
type teller struct {
	mutex   sync.Mutex
	encoder *json.Encoder
}

// now is CLOCK_MONOTONIC in milliseconds, the clock of all candidates.
func now() float64 {
	var time unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &time)
	return float64(time.Nano()) / 1e6
}

func (t *teller) tell(fields map[string]any) {
	at := now()
	line := map[string]any{"id": "main", "ms": at, "since": at, "status": "",
		"state": "", "level": "info", "text": "", "token": nil, "holder": nil}
	for name, value := range fields {
		line[name] = value
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	_ = t.encoder.Encode(line)
}

func (t *teller) log(_, text string) {
	t.tell(map[string]any{"event": "log", "level": "debug", "text": text})
}

// become is what an operator's main does.
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

func init() {
	components["operator-lib"] = runOperatorLib
}

// runOperatorLib takes the lock's name as its only argument, KUBECONFIG and
// POD_NAME from the environment, and the namespace from the file of a pod.
func runOperatorLib() int {
	said := &teller{encoder: json.NewEncoder(os.Stdout)}
	log.SetLogger(funcr.New(said.log, funcr.Options{}))
	err := errors.New("usage: operator-lib LOCK")
	go func() {
		// A real one would end here with an error; the tests want to read why.
		if len(os.Args) == 2 {
			err = become(os.Args[1])
		}
		if err != nil {
			said.tell(map[string]any{"event": "state", "level": "error", "state": "failed", "text": err.Error()})
			return
		}
		said.tell(map[string]any{"event": "state", "level": "info", "state": "leader"})
	}()
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}
