// SPDX-License-Identifier: Apache-2.0

// What a rule does to an answer on its way to the client: hold it, break it
// off, let it fall silent, chop it, put an event into it. A rule acts on the
// answers of the requests that it takes, when so many bytes have passed, or
// (now) at once on those that are open.
package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

// What a rule can make of an answer.
const (
	stateDone = "done"
	stateCut  = "cut"
)

var errBroken = errors.New("the answer has been broken off by a rule")

// stream is the ResponseWriter of a request that is passed on.
type stream struct {
	http.ResponseWriter
	rules      *Rules
	connection *clientConnection
	rule       *Rule // the one that took the request, or nil
	context    context.Context
	cancel     context.CancelFunc

	mutex   sync.Mutex // control calls write, too
	begun   bool       // the header has been written
	passed  int        // bytes of the body
	within  bool       // a line
	event   []byte     // waits for the end of the line
	ends    bool       // after that event
	struck  bool       // rule has acted
	outcome string     // what a rule has made of it: done, cut
	over    bool       // the handler returns, nothing may be written any more
	silence <-chan struct{}
}

// acts tells whether the rule that took the request is such a one.
func (s *stream) acts(action string) bool {
	return s.rule != nil && s.rule.Action == action
}

// WriteHeader comes when the server's answer is there.
func (s *stream) WriteHeader(code int) {
	if s.acts(actionHoldAnswer) {
		gate := s.rules.Hold(s.rule.ID)
		s.wait(gate, s.rule.Millis)
		s.rules.Leave(s.rule.ID, gate)
	}
	s.mutex.Lock()
	if s.acts(actionGoaway) {
		s.Header().Set("Connection", "close")
	}
	s.ResponseWriter.WriteHeader(code)
	s.begun = true
	s.flush()
	s.betweenLines()
	s.mutex.Unlock()
	s.strikeWhenDue()
}

// wait is over at the gate's opening, after so many milliseconds (0: never),
// or when the client has gone.
func (s *stream) wait(gate <-chan struct{}, millis int) {
	var timeout <-chan time.Time
	if millis > 0 {
		timeout = time.After(time.Duration(millis) * time.Millisecond)
	}
	select {
	case <-gate:
	case <-timeout:
	case <-s.context.Done():
	}
}

// strikeWhenDue lets the request's own rule act after its number of bytes.
func (s *stream) strikeWhenDue() {
	s.mutex.Lock()
	due := s.rule != nil && s.rule.strikes() && !s.struck && s.passed >= s.rule.Bytes
	s.struck = s.struck || due
	s.mutex.Unlock()
	if due {
		s.strike(s.rule)
	}
}

func (s *stream) Write(content []byte) (int, error) {
	for done := 0; done < len(content); {
		size, err := s.writePiece(content[done:])
		done += size
		if err != nil {
			return done, err
		}
		s.strikeWhenDue()
		if s.acts(actionSlow) && s.rule.Millis > 0 {
			s.wait(nil, s.rule.Millis)
		}
	}
	return len(content), nil
}

// writePiece passes on as much as may go before something else is to be done.
func (s *stream) writePiece(content []byte) (int, error) {
	s.mutex.Lock()
	for s.silence != nil {
		gate := s.silence
		s.silence = nil
		s.mutex.Unlock()
		s.wait(gate, 0)
		s.mutex.Lock()
	}
	defer s.mutex.Unlock()
	if s.context.Err() != nil || s.outcome != "" {
		return 0, errBroken
	}
	size, err := s.ResponseWriter.Write(content[:s.pieceSize(content)])
	if size > 0 {
		s.passed += size
		s.within = content[size-1] != '\n'
	}
	s.flush()
	s.betweenLines()
	return size, err
}

func (s *stream) pieceSize(content []byte) int {
	size := len(content)
	if s.acts(actionSlow) {
		size = min(size, s.rule.Bytes)
	}
	if s.rule != nil && s.rule.strikes() && !s.struck {
		size = min(size, s.rule.Bytes-s.passed)
	}
	if end := bytes.IndexByte(content, '\n'); s.event != nil && end >= 0 {
		size = min(size, end+1)
	}
	return size
}

// Flush is called by ReverseProxy's timer as well.
func (s *stream) Flush() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.begun && !s.over {
		s.flush()
	}
}

// flush runs with the mutex held. A writer that cannot is `nowhere`.
func (s *stream) flush() {
	_ = http.NewResponseController(s.ResponseWriter).Flush()
}

// betweenLines sends an event that waits. It runs with the mutex held.
func (s *stream) betweenLines() {
	if s.event == nil || s.within || !s.begun || s.over {
		return
	}
	_, _ = s.ResponseWriter.Write(s.event)
	s.flush()
	s.event = nil
	if s.ends {
		s.outcome = stateDone
		s.cancel()
	}
}

// strike lets a rule act on this answer now. Control calls use it, too.
func (s *stream) strike(rule *Rule) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.over || s.outcome != "" {
		return
	}
	switch rule.Action {
	case actionCut:
		s.breakOff(rule)
	case actionSilence:
		if rule.Break == breakConnection {
			s.connection.silent.Store(true)
		} else {
			s.silence = s.rules.Hold(rule.ID)
		}
	case actionEvent:
		s.event, s.ends = append([]byte(rule.Body), '\n'), rule.End
		s.betweenLines()
	case actionGoaway:
		s.connection.goAway(rule.Code)
	}
}

// breakOff ends the answer; the handler's end then resets the stream. It runs
// with the mutex held.
func (s *stream) breakOff(rule *Rule) {
	s.outcome = stateCut
	s.connection.resetWith(rule.Code)
	if rule.Break == breakConnection {
		_ = s.connection.Close()
	}
	s.cancel()
}

// finish forbids control calls to write and tells what a rule has made of it.
func (s *stream) finish() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.over = true
	return s.outcome
}
