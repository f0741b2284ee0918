// SPDX-License-Identifier: Apache-2.0

// The rules of the fault proxy and the log of what it has seen: which requests
// a rule takes, how often, and what a request has come to. Nothing here does
// I/O; proxy.go carries the actions out and control.go changes the rules. A new
// fault is a new action name here and a new case in proxy.go.
package main

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"time"
)

// The actions a rule can take.
const (
	actionDropAnswer   = "drop-answer"   // forward, wait for the answer, break without passing it on
	actionHold         = "hold"          // keep back for a time or until released, then forward
	actionRefuseBefore = "refuse-before" // break without forwarding
	actionStatus       = "status"        // answer by itself without forwarding
)

// How a refused or dropped request is broken.
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

	Action  string            `json:"action"`
	Break   string            `json:"break,omitempty"`
	Millis  int               `json:"ms,omitempty"`     // hold: 0 is until released
	Detach  bool              `json:"detach,omitempty"` // hold: forward even if the client has gone
	Code    int               `json:"code,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body,omitempty"`
}

// Request is one line of the log.
type Request struct {
	Seq        int     `json:"seq"`
	Time       float64 `json:"time"` // seconds since the epoch
	Connection string  `json:"connection"`
	Proto      string  `json:"proto"`
	Method     string  `json:"method"`
	Path       string  `json:"path"`
	Query      string  `json:"query"`
	User       string  `json:"user"`
	Pod        string  `json:"pod"`
	Rule       string  `json:"rule,omitempty"`
	State      string  `json:"state"`          // open, held, done, dropped, refused, gone, failed
	Code       int     `json:"code,omitempty"` // the status code, once there is one
}

// ruleState is a rule with its compiled patterns, counts and held requests.
type ruleState struct {
	Rule
	method, path, query, user, pod *regexp.Regexp
	seen, hits                     int
	held                           []chan struct{}
}

// Rules holds everything that control calls and requests share.
type Rules struct {
	mutex    sync.Mutex
	next     int
	rules    []*ruleState
	requests []*Request
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
	case actionDropAnswer, actionHold, actionRefuseBefore:
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
	if rule.Skip < 0 || rule.Count < 0 || rule.Millis < 0 {
		return errors.New("skip, count and ms cannot be negative")
	}
	return nil
}

// Add takes a rule after those already there; the first that matches wins.
func (r *Rules) Add(rule Rule) (string, error) {
	if err := check(&rule); err != nil {
		return "", err
	}
	state, err := compile(rule)
	if err != nil {
		return "", err
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.next++
	state.ID = strconv.Itoa(r.next)
	r.rules = append(r.rules, state)
	return state.ID, nil
}

// Remove drops one rule ("" all) and lets its held requests go.
func (r *Rules) Remove(id string) int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	var kept []*ruleState
	for _, rule := range r.rules {
		if id == "" || rule.ID == id {
			rule.release(0)
		} else {
			kept = append(kept, rule)
		}
	}
	removed := len(r.rules) - len(kept)
	r.rules = kept
	return removed
}

// Release lets held requests of one rule go, oldest first; count 0 is all.
func (r *Rules) Release(id string, count int) (int, bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, rule := range r.rules {
		if rule.ID == id {
			return rule.release(count), true
		}
	}
	return 0, false
}

// release runs with the mutex held.
func (s *ruleState) release(count int) int {
	if count <= 0 || count > len(s.held) {
		count = len(s.held)
	}
	for _, gate := range s.held[:count] {
		close(gate)
	}
	s.held = s.held[count:]
	return count
}

// ListedRule is a rule as control calls show it.
type ListedRule struct {
	Rule
	Hits int `json:"hits"`
	Held int `json:"held"`
}

// List shows all rules with their counts.
func (r *Rules) List() []ListedRule {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	list := []ListedRule{}
	for _, rule := range r.rules {
		list = append(list, ListedRule{rule.Rule, rule.hits, len(rule.held)})
	}
	return list
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

// Enter logs a request and finds its rule. A held request gets its gate in the
// same step, so that a release cannot slip between the two.
func (r *Rules) Enter(request *http.Request, connection string) (*Request, *Rule, <-chan struct{}) {
	subject := subjectOf(request)
	entry := &Request{
		Time: float64(time.Now().UnixMicro()) / 1e6, Connection: connection, Proto: request.Proto,
		Method: request.Method, Path: request.URL.Path, Query: request.URL.RawQuery,
		User: subject.User, Pod: subject.Pod, State: "open",
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	entry.Seq = len(r.requests) + 1
	r.requests = append(r.requests, entry)
	for _, rule := range r.rules {
		if !rule.takes(entry) {
			continue
		}
		entry.Rule = rule.ID
		if rule.Action != actionHold {
			return entry, &rule.Rule, nil
		}
		entry.State = "held"
		gate := make(chan struct{})
		rule.held = append(rule.held, gate)
		return entry, &rule.Rule, gate
	}
	return entry, nil, nil
}

// Leave takes a gate off its rule when the request no longer waits at it.
func (r *Rules) Leave(id string, gate <-chan struct{}) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, rule := range r.rules {
		for i, other := range rule.held {
			if rule.ID == id && other == gate {
				rule.held = append(rule.held[:i:i], rule.held[i+1:]...)
				return
			}
		}
	}
}

// Note records what a request has come to; code 0 leaves the code as it is.
func (r *Rules) Note(entry *Request, state string, code int) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	entry.State = state
	if code != 0 {
		entry.Code = code
	}
}

// Requests copies the log from a sequence number on.
func (r *Rules) Requests(since int) []Request {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	list := []Request{}
	for _, entry := range r.requests {
		if entry.Seq > since {
			list = append(list, *entry)
		}
	}
	return list
}
