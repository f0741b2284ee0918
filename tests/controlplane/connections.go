// SPDX-License-Identifier: Apache-2.0

// The client connections of the fault proxy, as far as a fault needs to be
// below net/http: silence, which swallows every byte without closing (what a
// half-open connection does), and the frames that net/http has no call for,
// GOAWAY and RST_STREAM with a code.
package main

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"golang.org/x/net/http2"
)

// connectionKey is where a request's context keeps its *clientConnection.
type connectionKey struct{}

func connectionOf(request *http.Request) *clientConnection {
	connection, _ := request.Context().Value(connectionKey{}).(*clientConnection)
	return connection
}

// clientConnection is plain TCP, below TLS.
type clientConnection struct {
	net.Conn
	silent atomic.Bool
	frames atomic.Pointer[frameWriter] // nil: not HTTP/2
}

// Read throws away what comes while silent; it returns only when the client closes.
func (c *clientConnection) Read(content []byte) (int, error) {
	for {
		size, err := c.Conn.Read(content)
		if err != nil || !c.silent.Load() {
			return size, err
		}
	}
}

func (c *clientConnection) Write(content []byte) (int, error) {
	if c.silent.Load() {
		return len(content), nil
	}
	return c.Conn.Write(content)
}

// resetWith chooses the code of the next RST_STREAM; 0 leaves it as it is, and
// HTTP/1.1 has none.
func (c *clientConnection) resetWith(code int) {
	if frames := c.frames.Load(); frames != nil {
		frames.mutex.Lock()
		defer frames.mutex.Unlock()
		frames.reset = http2.ErrCode(code)
	}
}

// goAway sends GOAWAY for all streams that are still to come; those that are
// open go on, and the server behind knows nothing of it.
func (c *clientConnection) goAway(code int) {
	if frames := c.frames.Load(); frames != nil {
		frames.mutex.Lock()
		defer frames.mutex.Unlock()
		_ = http2.NewFramer(frames.Conn, nil).WriteGoAway(1<<31-1, http2.ErrCode(code), nil)
	}
}

// clientListener makes every connection a clientConnection.
type clientListener struct{ net.Listener }

func (l clientListener) Accept() (net.Conn, error) {
	connection, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &clientConnection{Conn: connection}, nil
}

// keepConnection is an http.Server's ConnContext.
func keepConnection(parent context.Context, connection net.Conn) context.Context {
	if secure, ok := connection.(*tls.Conn); ok {
		connection = secure.NetConn()
	}
	return context.WithValue(parent, connectionKey{}, connection)
}

const frameHeader = 9 // octets: length (3), type, flags, stream (4)

// frameWriter passes on what an HTTP/2 server writes, whole frames only, so
// that a frame of ours can come between any two.
type frameWriter struct {
	*tls.Conn
	mutex sync.Mutex
	part  []byte        // of a frame that is not complete yet
	reset http2.ErrCode // for the next RST_STREAM that the server sends
}

func (f *frameWriter) Write(content []byte) (int, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.part = append(f.part, content...)
	whole := 0
	for {
		size := frameSize(f.part[whole:])
		if size == 0 {
			break
		}
		f.rewrite(f.part[whole : whole+size])
		whole += size
	}
	if _, err := f.Conn.Write(f.part[:whole]); err != nil {
		return 0, err
	}
	f.part = append([]byte(nil), f.part[whole:]...)
	return len(content), nil
}

// frameSize is 0 as long as the frame is not complete.
func frameSize(content []byte) int {
	if len(content) < frameHeader {
		return 0
	}
	size := frameHeader + int(content[0])<<16 + int(content[1])<<8 + int(content[2])
	if size > len(content) {
		return 0
	}
	return size
}

// rewrite gives a reset the code that was asked for: a handler that panics
// makes net/http send INTERNAL_ERROR, and there is no way to ask for another.
func (f *frameWriter) rewrite(frame []byte) {
	if http2.FrameType(frame[3]) == http2.FrameRSTStream && f.reset != 0 {
		binary.BigEndian.PutUint32(frame[frameHeader:], uint32(f.reset))
		f.reset = 0
	}
}

// serveFrames takes a TLS connection that has agreed on HTTP/2 over, in the
// way of http2.ConfigureServer, but with a frameWriter in between.
func serveFrames(server *http.Server, secure *tls.Conn, handler http.Handler) {
	options := &http2.ServeConnOpts{Handler: handler, BaseConfig: server}
	if base, ok := handler.(interface{ BaseContext() context.Context }); ok {
		options.Context = base.BaseContext()
	}
	frames := &frameWriter{Conn: secure}
	if connection, ok := secure.NetConn().(*clientConnection); ok {
		connection.frames.Store(frames)
	}
	new(http2.Server).ServeConn(frames, options)
}
