// SPDX-License-Identifier: Apache-2.0

// Judges histories of a lock with fencing tokens, and of the resource that is
// written with these: each must be linearizable. Reads one operation per line
// from stdin (JSON, see operation); of all histories, in any order. Writes one
// line per history. Where one is not linearizable, or is not judged in time,
// it leaves a picture of it in the folder that its argument names.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sort"
	"time"

	"github.com/anishathalye/porcupine"
)

const limit = 5 * time.Minute // a guard: most take some milliseconds

type operation struct {
	History string `json:"history"`
	Client  int    `json:"client"`
	Kind    string `json:"kind"`
	Token   uint64 `json:"token"`
	Value   string `json:"value"`
	Outcome string `json:"outcome"`
	Newest  uint64 `json:"newest"`
	Call    int64  `json:"call"`   // in ns, on one clock
	Return  *int64 `json:"return"` // null: it never came
}

type judgement struct {
	History    string `json:"history"`
	Verdict    string `json:"verdict"` // Ok, Illegal, or Unknown: not judged in time
	Operations int    `json:"operations"`
	Picture    string `json:"picture,omitempty"`
}

func main() {
	if len(os.Args) != 2 {
		fail(fmt.Errorf("usage: porcupine FOLDER <OPERATIONS"))
	}
	histories, err := readHistories(json.NewDecoder(bufio.NewReader(os.Stdin)))
	if err != nil {
		fail(err)
	}
	names := make([]string, 0, len(histories))
	for name := range histories {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if err := json.NewEncoder(os.Stdout).Encode(judge(name, histories[name], os.Args[1])); err != nil {
			fail(err)
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "porcupine:", err)
	os.Exit(2)
}

func readHistories(decoder *json.Decoder) (map[string][]porcupine.Operation, error) {
	decoder.DisallowUnknownFields()
	histories := map[string][]porcupine.Operation{}
	for decoder.More() {
		var read operation
		if err := decoder.Decode(&read); err != nil {
			return nil, err
		}
		last := int64(math.MaxInt64)
		if read.Return != nil {
			last = *read.Return
		}
		if last < read.Call {
			return nil, fmt.Errorf("an operation returned before its call: %+v", read)
		}
		made := porcupine.Operation{
			ClientId: read.Client,
			Input:    input{kind: read.Kind, token: read.Token, value: read.Value},
			Call:     read.Call,
			Output:   output{outcome: read.Outcome, newest: read.Newest, value: read.Value},
			Return:   last,
		}
		histories[read.History] = append(histories[read.History], made)
	}
	return histories, nil
}

func judge(name string, operations []porcupine.Operation, folder string) judgement {
	result, info := porcupine.CheckOperationsVerbose(model, operations, limit)
	found := judgement{History: name, Verdict: string(result), Operations: len(operations)}
	if result != porcupine.Ok {
		found.Picture = filepath.Join(folder, name+".html")
		if err := porcupine.VisualizePath(model, info, found.Picture); err != nil {
			fail(err)
		}
	}
	return found
}
