// SPDX-License-Identifier: Apache-2.0

// One rule of the fault proxy: which requests it takes, and what it then does.
// A new fault is a new action here and a new case in proxy.go (instead of the
// server's answer) or streams.go (to that answer).
package main

import (
	"errors"
	"fmt"
	"regexp"
)

// The actions a rule can take.
const (
	actionDropAnswer   = "drop-answer"   // forward, wait for the answer, break without passing it on
	actionHold         = "hold"          // keep back for a time or until released, then forward
	actionHoldAnswer   = "hold-answer"   // forward at once, keep the answer back likewise
	actionRefuseBefore = "refuse-before" // break without forwarding
	actionStatus       = "status"        // answer by itself without forwarding
	actionSlow         = "slow"          // pass the answer on in pieces of `bytes`, with `ms` after each
	actionGoaway       = "goaway"        // tell the client to leave its connection, as --goaway-chance does

	// These act when `bytes` of the answer have passed, 0 after its header.
	actionCut     = "cut"     // break the answer off
	actionSilence = "silence" // deliver nothing more until released; a connection: for ever, and take nothing more
	actionEvent   = "event"   // send `body` as a line of its own, before the next line; `end`: and end the answer
)

// How an answer or a request is broken, or what falls silent.
const (
	breakStream     = "stream"     // HTTP/2: this stream only; HTTP/1.1: its connection
	breakConnection = "connection" // the client's TCP connection with all its streams
)

// Rule is what a control call adds. All patterns that are given must match.
type Rule struct {
	ID     string `json:"id"`
	Method string `json:"method,omitempty"` // regular expression on the whole method
	Path   string `json:"path,omitempty"`   // regular expression, unanchored
	Query  string `json:"query,omitempty"`  // regular expression on the raw query, unanchored
	User   string `json:"user,omitempty"`   // regular expression on the token's subject
	Pod    string `json:"pod,omitempty"`    // regular expression on the bound token's pod name
	Skip   int    `json:"skip,omitempty"`   // let so many matching requests pass first
	Count  int    `json:"count,omitempty"`  // then take so many; 0 is no limit
	Now    bool   `json:"now,omitempty"`    // take those that are being answered at this moment, and no others

	Action  string            `json:"action"`
	Break   string            `json:"break,omitempty"`
	Millis  int               `json:"ms,omitempty"`     // hold, hold-answer: 0 is until released
	Detach  bool              `json:"detach,omitempty"` // hold: forward even if the client has gone
	Code    int               `json:"code,omitempty"`   // of the status; of RST_STREAM; now: of GOAWAY
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body,omitempty"`
	Bytes   int               `json:"bytes,omitempty"`
	End     bool              `json:"end,omitempty"`
}

// strikes tells of an action that comes upon an answer at one moment.
func (r *Rule) strikes() bool {
	return r.Action == actionCut || r.Action == actionSilence || r.Action == actionEvent
}

func pattern(text string) (*regexp.Regexp, error) {
	if text == "" {
		return nil, nil
	}
	return regexp.Compile(text)
}

func wholePattern(text string) (*regexp.Regexp, error) {
	if text == "" {
		return nil, nil
	}
	return regexp.Compile("^(?:" + text + ")$")
}

func compile(rule Rule) (*ruleState, error) {
	state := &ruleState{Rule: rule}
	var failures [5]error
	state.method, failures[0] = wholePattern(rule.Method)
	state.path, failures[1] = pattern(rule.Path)
	state.query, failures[2] = pattern(rule.Query)
	state.user, failures[3] = pattern(rule.User)
	state.pod, failures[4] = pattern(rule.Pod)
	return state, errors.Join(failures[:]...)
}

// check refuses what would otherwise be a rule that silently does nothing.
func check(rule *Rule) error {
	switch rule.Action {
	case actionDropAnswer, actionHold, actionHoldAnswer, actionRefuseBefore, actionGoaway, actionCut, actionSilence,
		actionEvent:
	case actionSlow:
		if rule.Bytes == 0 {
			return fmt.Errorf("action %s needs bytes, the size of a piece", rule.Action)
		}
	case actionStatus:
		if rule.Code < 200 || rule.Code > 599 {
			return fmt.Errorf("action %s needs a code from 200 to 599", rule.Action)
		}
	default:
		return fmt.Errorf("no action %q", rule.Action)
	}
	switch rule.Break {
	case "":
		rule.Break = breakStream
	case breakStream, breakConnection:
	default:
		return fmt.Errorf("no break %q", rule.Break)
	}
	if rule.Now && !rule.strikes() && rule.Action != actionGoaway {
		return fmt.Errorf("action %s cannot begin on an open answer", rule.Action)
	}
	if rule.Skip < 0 || rule.Count < 0 || rule.Millis < 0 || rule.Bytes < 0 || rule.Code < 0 {
		return errors.New("skip, count, ms, bytes and code cannot be negative")
	}
	return nil
}

func matches(expression *regexp.Regexp, text string) bool {
	return expression == nil || expression.MatchString(text)
}

// takes counts a match and tells whether the rule acts on it.
func (s *ruleState) takes(request *Request) bool {
	if !matches(s.method, request.Method) || !matches(s.path, request.Path) ||
		!matches(s.query, request.Query) || !matches(s.user, request.User) ||
		!matches(s.pod, request.Pod) {
		return false
	}
	s.seen++
	if s.seen <= s.Skip || s.Count > 0 && s.hits >= s.Count {
		return false
	}
	s.hits++
	return true
}
