// SPDX-License-Identifier: Apache-2.0

// The rules that the fault proxy has, the requests that they hold, and the log
// of what it has seen: what each request has come to. rule.go has what one rule
// is. Nothing here does I/O; proxy.go and streams.go carry the actions out and
// control.go changes the rules.
package main

import (
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"time"
)

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
	State      string  `json:"state"`          // open, held, done, dropped, refused, cut, gone, failed
	Code       int     `json:"code,omitempty"` // the status code, once there is one
}

// answerOf is the answer to an open request, on which a rule can act at once.
type answerOf interface{ strike(rule *Rule) }

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
	open     map[*Request]answerOf
}

// Add takes a rule after those already there; the first that matches wins. One
// for now acts before Add returns, on what is open, and never again.
func (r *Rules) Add(rule Rule) (string, error) {
	if err := check(&rule); err != nil {
		return "", err
	}
	state, err := compile(rule)
	if err != nil {
		return "", err
	}
	for _, answer := range r.keep(state) {
		answer.strike(&state.Rule)
	}
	return state.ID, nil
}

// keep tells which answers a rule for now is to act on.
func (r *Rules) keep(state *ruleState) []answerOf {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.next++
	state.ID = strconv.Itoa(r.next)
	r.rules = append(r.rules, state)
	var taken []answerOf
	for _, entry := range r.requests {
		if answer, open := r.open[entry]; open && state.Now && state.takes(entry) {
			taken = append(taken, answer)
			entry.Rule = state.ID
		}
	}
	return taken
}

// Open makes the answer to a request known, Close forgets it.
func (r *Rules) Open(entry *Request, answer answerOf) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.open == nil {
		r.open = map[*Request]answerOf{}
	}
	r.open[entry] = answer
}

// Close is the end of what Open began.
func (r *Rules) Close(entry *Request) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	delete(r.open, entry)
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
		if rule.Now || !rule.takes(entry) {
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

// Hold gives a gate at which an answer waits; where its rule has been removed
// meanwhile it is open.
func (r *Rules) Hold(id string) <-chan struct{} {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	gate := make(chan struct{})
	for _, rule := range r.rules {
		if rule.ID == id {
			rule.held = append(rule.held, gate)
			return gate
		}
	}
	close(gate)
	return gate
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
