// SPDX-License-Identifier: Apache-2.0

// Component `proxy`: a TLS reverse proxy before the real API server that loses,
// holds back, refuses or answers chosen requests; streams.go has what happens
// to an answer on its way, connections.go what lies below HTTP. Everything
// else, credentials and watches included, passes through unchanged and
// unbuffered. It exists for the cases that no API server can be asked for: a
// write that commits although its answer is lost, or that commits long after
// its sender has given up; a watch that stays open and says nothing.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"time"
)

// proxyOptions are the component's flags.
type proxyOptions struct {
	listen, control, upstream, upstreamCA, cert, key string
	http1                                            bool
}

func proxyFlags(arguments []string) (*proxyOptions, error) {
	options := &proxyOptions{}
	flags := flag.NewFlagSet("proxy", flag.ContinueOnError)
	flags.StringVar(&options.listen, "listen", "127.0.0.1:0", "address of the TLS port")
	flags.StringVar(&options.control, "control", "127.0.0.1:0", "address of the plain control port")
	flags.StringVar(&options.upstream, "upstream", "", "URL of the API server")
	flags.StringVar(&options.upstreamCA, "upstream-ca-file", "", "CA of the API server's certificate")
	flags.StringVar(&options.cert, "tls-cert-file", "", "certificate to serve with")
	flags.StringVar(&options.key, "tls-private-key-file", "", "its key")
	flags.BoolVar(&options.http1, "http1", false, "serve HTTP/1.1 only")
	return options, flags.Parse(arguments)
}

// abort breaks a request without an answer; it does not return. net/http then
// resets the stream, or closes the connection where there are no streams.
func abort(request *http.Request, how string) {
	if connection := connectionOf(request); connection != nil && how == breakConnection {
		// The plain TCP connection, below TLS: no close_notify is sent, as
		// when a peer dies.
		_ = connection.Close()
	}
	panic(http.ErrAbortHandler)
}

// abortAs breaks a request as its rule says.
func abortAs(request *http.Request, rule *Rule) {
	connectionOf(request).resetWith(rule.Code)
	abort(request, rule.Break)
}

// proxy carries the rules out.
type proxy struct {
	rules   *Rules
	forward *httputil.ReverseProxy
}

// entryKey is where a forwarded request's context keeps its log entry.
type entryKey struct{}

func newProxy(options *proxyOptions, rules *Rules) (*proxy, error) {
	target, err := url.Parse(options.upstream)
	if err != nil || target.Scheme != "https" || target.Host == "" {
		return nil, fmt.Errorf("--upstream must be an https URL")
	}
	roots := x509.NewCertPool()
	authority, err := os.ReadFile(options.upstreamCA)
	if err != nil {
		return nil, err
	}
	if !roots.AppendCertsFromPEM(authority) {
		return nil, fmt.Errorf("no certificate in %s", options.upstreamCA)
	}
	return &proxy{rules: rules, forward: &httputil.ReverseProxy{
		Rewrite:       func(request *httputil.ProxyRequest) { request.SetURL(target) },
		FlushInterval: -1, // a watch event must not wait for a buffer to fill
		// HTTP/1.1 upstream: one connection for each request in flight, so
		// that nothing one client does can slow or break another's watch.
		Transport: &http.Transport{
			TLSClientConfig:     &tls.Config{RootCAs: roots},
			DisableCompression:  true,
			MaxIdleConnsPerHost: 100,
		},
		ModifyResponse: func(response *http.Response) error {
			if entry, ok := response.Request.Context().Value(entryKey{}).(*Request); ok {
				rules.Note(entry, "open", response.StatusCode)
			}
			return nil
		},
		// An API server that is down looks like one, not like a gateway's 502.
		// A client that has cancelled one request keeps its other streams.
		ErrorHandler: func(_ http.ResponseWriter, request *http.Request, _ error) {
			if request.Context().Err() != nil {
				abort(request, breakStream)
			}
			abort(request, breakConnection)
		},
	}}, nil
}

// detached gives a context that outlives the client. It has a Done channel of
// its own because ReverseProxy watches the client by itself where there is none.
func detached(request *http.Request) (context.Context, context.CancelFunc) {
	return context.WithCancel(context.WithoutCancel(request.Context()))
}

// pass forwards a request and notes how it ended. rule: one that acts on the
// answer, or nil.
func (p *proxy) pass(writer http.ResponseWriter, request *http.Request, rule *Rule, entry *Request) {
	lasting, cancel := context.WithCancel(context.WithValue(request.Context(), entryKey{}, entry))
	defer cancel()
	answer := &stream{
		ResponseWriter: writer, rules: p.rules, connection: connectionOf(request), rule: rule,
		context: lasting, cancel: cancel,
	}
	p.rules.Open(entry, answer)
	state := "failed"
	defer func() {
		p.rules.Close(entry)
		switch answer.finish() {
		case stateCut: // perhaps only after the last byte, when ReverseProxy does not notice
			p.rules.Note(entry, stateCut, 0)
			panic(http.ErrAbortHandler)
		case stateDone: // ReverseProxy panics, but to the client it is a clean end
			_ = recover()
			state = stateDone
		}
		p.rules.Note(entry, state, 0)
	}()
	p.forward.ServeHTTP(answer, request.WithContext(lasting))
	state = stateDone // not reached where either side has broken off: ReverseProxy panics then
}

// nowhere is a ResponseWriter whose answer nobody gets.
type nowhere struct {
	header http.Header
	begun  func()
}

func (n *nowhere) Header() http.Header               { return n.header }
func (n *nowhere) WriteHeader(int)                   { n.begun() }
func (n *nowhere) Write(content []byte) (int, error) { return len(content), nil }

// dropAnswer waits for the whole answer; of a watch, which has no end, for its
// beginning. A client that goes away meanwhile changes nothing.
func (p *proxy) dropAnswer(request *http.Request, rule *Rule, entry *Request) {
	lasting, cancel := detached(request)
	defer cancel()
	sink := &nowhere{header: http.Header{}, begun: func() {}}
	if request.URL.Query().Has("watch") {
		sink.begun = cancel
	}
	func() {
		defer func() { _ = recover() }()
		p.pass(sink, request.WithContext(lasting), nil, entry)
	}()
	p.rules.Note(entry, "dropped", 0)
	abortAs(request, rule)
}

// hold waits at the gate. It tells whether the request is to be forwarded.
func (p *proxy) hold(request *http.Request, rule *Rule, gate <-chan struct{}) bool {
	defer p.rules.Leave(rule.ID, gate)
	var timeout <-chan time.Time
	if rule.Millis > 0 {
		timer := time.NewTimer(time.Duration(rule.Millis) * time.Millisecond)
		defer timer.Stop()
		timeout = timer.C
	}
	gone := request.Context().Done()
	if rule.Detach {
		gone = nil
	}
	select {
	case <-gate:
	case <-timeout:
	case <-gone:
		return false
	}
	return true
}

// passHeld forwards a request after its hold, or notes that nobody waits for it.
func (p *proxy) passHeld(
	writer http.ResponseWriter, request *http.Request, rule *Rule, entry *Request, gate <-chan struct{},
) {
	if !p.hold(request, rule, gate) {
		p.rules.Note(entry, "gone", 0)
		abort(request, breakStream)
	}
	p.rules.Note(entry, "open", 0)
	if rule.Detach {
		lasting, cancel := detached(request)
		defer cancel()
		request = request.WithContext(lasting)
	}
	p.pass(writer, request, nil, entry)
}

func (p *proxy) answerStatus(writer http.ResponseWriter, rule *Rule, entry *Request) {
	writer.Header().Set("Content-Type", "application/json")
	for name, value := range rule.Headers {
		writer.Header().Set(name, value)
	}
	writer.WriteHeader(rule.Code)
	_, _ = io.WriteString(writer, rule.Body)
	p.rules.Note(entry, "done", rule.Code)
}

// keepBody reads the body before a rule acts: it must not be lost with the
// client, and net/http notices a client's leaving only once it is read.
func keepBody(request *http.Request) error {
	body, err := io.ReadAll(request.Body)
	request.Body = io.NopCloser(bytes.NewReader(body))
	return err
}

func (p *proxy) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	entry, rule, gate := p.rules.Enter(request, request.RemoteAddr)
	if rule == nil {
		p.pass(writer, request, nil, entry)
		return
	}
	if err := keepBody(request); err != nil {
		if gate != nil {
			p.rules.Leave(rule.ID, gate)
		}
		p.rules.Note(entry, "gone", 0)
		abort(request, breakStream)
	}
	switch rule.Action {
	case actionDropAnswer:
		p.dropAnswer(request, rule, entry)
	case actionHold:
		p.passHeld(writer, request, rule, entry, gate)
	case actionRefuseBefore:
		p.rules.Note(entry, "refused", 0)
		abortAs(request, rule)
	case actionStatus:
		p.answerStatus(writer, rule, entry)
	case actionSilence:
		p.passSilently(writer, request, rule, entry)
	default:
		p.pass(writer, request, rule, entry)
	}
}

// passSilently lets the answer fall silent. On a connection that swallows
// everything the request itself has been swallowed: it is not forwarded.
func (p *proxy) passSilently(writer http.ResponseWriter, request *http.Request, rule *Rule, entry *Request) {
	if rule.Break != breakConnection {
		p.pass(writer, request, rule, entry)
		return
	}
	connectionOf(request).silent.Store(true)
	<-request.Context().Done()
	p.rules.Note(entry, "gone", 0)
	abort(request, breakConnection)
}

// tlsServer serves HTTP/1.1 and, unless refused, HTTP/2.
func tlsServer(options *proxyOptions, handler http.Handler) *http.Server {
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(!options.http1)
	return &http.Server{
		Handler:      handler,
		Protocols:    protocols,
		ConnContext:  keepConnection,
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){"h2": serveFrames},
	}
}

func serveProxy(options *proxyOptions) error {
	rules := &Rules{}
	handler, err := newProxy(options, rules)
	if err != nil {
		return err
	}
	public, err := net.Listen("tcp", options.listen)
	if err != nil {
		return err
	}
	control, err := net.Listen("tcp", options.control)
	if err != nil {
		return err
	}
	ended := make(chan error, 2)
	go func() { ended <- http.Serve(control, controlHandler(rules)) }()
	go func() {
		ended <- tlsServer(options, handler).ServeTLS(clientListener{public}, options.cert, options.key)
	}()
	// One line for whoever started it: the ports, which may have been 0.
	_ = json.NewEncoder(os.Stdout).Encode(map[string]string{
		"listen": public.Addr().String(), "control": control.Addr().String(),
	})
	return <-ended
}

func runProxy() int {
	options, err := proxyFlags(os.Args[1:])
	if err == nil {
		err = serveProxy(options)
	}
	fmt.Fprintln(os.Stderr, "proxy:", err)
	return 1
}
