// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/anishathalye/porcupine"
)

// input is what was asked for.
//
//	acquire  the lock is taken with that token, which is greater than all before
//	release  who has that token has it no longer
//	write    the value is written with that token, unless a newer one has written
//	read     of the value and of the newest token that has written
type input struct {
	kind  string
	token uint64
	value string
}

// output is what came of it. Of a write whose writer was killed meanwhile nothing is known.
type output struct {
	outcome string // of a write: accepted, refused or unknown
	newest  uint64 // the newest token that the resource has seen, of a read or a refused write
	value   string // of a read
}

// state is that of the lock, and of the resource behind the fence.
type state struct {
	holder uint64 // its token; 0 is nobody
	last   uint64 // the token of the last one who took the lock
	newest uint64 // the newest token that has written
	value  string
}

// step says whether that may happen in this state, and which state follows.
func step(from state, in input, out output) (bool, state) {
	switch in.kind {
	case "acquire":
		legal := from.holder == 0 && in.token > from.last
		from.holder, from.last = in.token, in.token
		return legal, from
	case "release":
		legal := from.holder == in.token
		from.holder = 0
		return legal, from
	case "write":
		return write(from, in, out)
	case "read":
		return out.value == from.value && out.newest == from.newest, from
	}
	return false, from
}

// write: a late one may pass as long as nobody newer has written; with a token that nobody had, none may.
func write(from state, in input, out output) (bool, state) {
	passes := in.token >= from.newest && in.token <= from.last
	if out.outcome == "refused" {
		return in.token < from.newest && out.newest == from.newest, from
	}
	if out.outcome == "unknown" && !passes {
		return true, from
	}
	from.newest, from.value = in.token, in.value
	return passes, from
}

var model = porcupine.Model{
	Init: func() any { return state{} },
	Step: func(from, in, out any) (bool, any) {
		return step(from.(state), in.(input), out.(output))
	},
	DescribeOperation: func(in, out any) string {
		asked, got := in.(input), out.(output)
		switch asked.kind {
		case "write":
			return fmt.Sprintf("write %s by %d: %s", asked.value, asked.token, got.outcome)
		case "read":
			return fmt.Sprintf("read %s of %d", got.value, got.newest)
		}
		return fmt.Sprintf("%s %d", asked.kind, asked.token)
	},
	DescribeState: func(at any) string { return fmt.Sprintf("%+v", at) },
}
