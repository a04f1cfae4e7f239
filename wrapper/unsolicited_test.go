package wrapper_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// net/http logs bytes after a response with the standard logger; SECURITY.md says so, and how to prevent it.
// The test is not parallel, since it replaces that logger's output.
func TestNetHTTPLogsBytesAfterAResponse(t *testing.T) {
	const signature = "c2lnbmF0dXJl"
	deploy := `{"id":"p","deploymentId":"d","status":"DEPLOYED","type":"DAG_ONLY"}`
	long := strings.TrimSuffix(deploy, "}") + `,"dagsUploadUrl":"https://storage.example/d?sig=` + signature + `"}`
	http1 := func(header string, length int, body string) string {
		return fmt.Sprintf("HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s", header, length, body)
	}
	chunked := fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(deploy), deploy)
	for name, row := range map[string]struct {
		response string
		change   func(*http.Transport)
		isLogged bool
	}{
		"a short Content-Length":    {http1("", 20, long), nil, true},
		"bytes after a good deploy": {http1("", len(deploy), deploy+long), nil, true},
		"a second response":         {http1("", len(deploy), deploy) + http1("", len(long), long), nil, true},
		"bytes after the chunks":    {chunked + long, nil, true},
		"a body of a 204":           {"HTTP/1.1 204 No Content\r\n\r\n" + long, nil, true},
		"a response that closes":    {http1("Connection: close\r\n", 20, long), nil, false},
		"a good response":           {http1("Connection: close\r\n", len(long), long), nil, false},

		"no keep-alive, a short Content-Length":    {http1("", 20, long), withoutKeepAlive, false},
		"no keep-alive, bytes after a good deploy": {http1("", len(deploy), deploy+long), withoutKeepAlive, false},
		"no keep-alive, a second response":         {http1("", len(deploy), deploy) + http1("", len(long), long), withoutKeepAlive, false},
		"no keep-alive, bytes after the chunks":    {chunked + long, withoutKeepAlive, false},
		"no keep-alive, a body of a 204":           {"HTTP/1.1 204 No Content\r\n\r\n" + long, withoutKeepAlive, false},

		"HTTP/2, a short Content-Length":    {http2Response(20, long), onlyHTTP2, false},
		"HTTP/2, bytes after a good deploy": {http2Response(len(deploy), deploy+long), onlyHTTP2, false},
		"HTTP/2, a second response":         {http2Response(len(deploy), deploy) + http2Response(len(long), long), onlyHTTP2, false},
	} {
		t.Run(name, func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			defer listener.Close()
			transport := http.DefaultTransport.(*http.Transport).Clone()
			if row.change != nil {
				row.change(transport)
			}
			client, err := wrapper.NewClient(wrapper.WithToken(astrotest.Token), wrapper.WithBaseURL("http://"+listener.Addr().String()),
				wrapper.WithHTTPClient(&http.Client{Transport: transport}), wrapper.WithRetry(wrapper.Retry{MaxAttempts: 1}))
			require.NoError(t, err)

			served := make(chan error, 1)
			go func() { served <- serveOnce(listener, row.response) }()
			var logOutput bytes.Buffer // the logger's lock guards it
			before := log.Writer()
			log.SetOutput(&logOutput)
			_, got := client.GetDeploy(t.Context(), wrapper.Target{OrganizationID: "o", DeploymentID: "d", DeployID: "p"})
			err = <-served
			log.SetOutput(before)

			require.NoError(t, err)
			assert.True(t, got == nil || errors.As(got, new(*wrapper.APIError)), "no response: %v", got)
			assert.Equal(t, row.isLogged, strings.Contains(logOutput.String(), "Unsolicited response"), logOutput.String())
			assert.Equal(t, row.isLogged, strings.Contains(logOutput.String(), signature), logOutput.String())
		})
	}
}

func withoutKeepAlive(transport *http.Transport) { transport.DisableKeepAlives = true }

func onlyHTTP2(transport *http.Transport) {
	transport.Protocols = new(http.Protocols)
	transport.Protocols.SetUnencryptedHTTP2(true)
}

// serveOnce writes a response to the first request. It returns once the client has read all of it, that is,
// closed its connection or, over HTTP/2, acknowledged the ping after it.
func serveOnce(listener net.Listener, response string) error {
	conn, err := listener.Accept()
	if err != nil {
		return err
	}
	defer conn.Close()
	received := bufio.NewReader(conn)
	if start, err := received.Peek(3); err != nil || string(start) != "PRI" {
		if _, err := http.ReadRequest(received); err != nil {
			return err
		}
		if _, err := io.WriteString(conn, response); err != nil {
			return err
		}
		_, err := io.Copy(io.Discard, received)
		return err
	}
	if _, err := received.Discard(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, frame(typeSettings, 0, 0, "")); err != nil {
		return err
	}
	for {
		kind, flags, err := readFrame(received)
		switch {
		case err != nil:
			return err
		case kind == typeHeaders:
			_, err = io.WriteString(conn, response+frame(typePing, 0, 0, "12345678"))
		case kind == typePing && flags == flagAck:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// The HTTP/2 frames that the test needs (RFC 9113, section 6). net/http cannot write invalid ones.
const (
	typeData, typeHeaders, typeSettings, typePing = 0, 1, 4, 6

	flagAck, flagEndStream, flagEndHeaders = 1, 1, 4
)

func frame(kind, flags byte, stream uint32, payload string) string {
	head := append(binary.BigEndian.AppendUint32(nil, uint32(len(payload)))[1:], kind, flags)
	return string(binary.BigEndian.AppendUint32(head, stream)) + payload
}

func readFrame(from *bufio.Reader) (kind, flags byte, err error) {
	var head [9]byte
	if _, err := io.ReadFull(from, head[:]); err != nil {
		return 0, 0, err
	}
	_, err = from.Discard(int(binary.BigEndian.Uint32(append([]byte{0}, head[:3]...))))
	return head[3], head[4], err
}

// http2Response returns a response on the first stream with the given Content-Length. Its header uses the
// static table of HPACK: status 200, and content-length as a literal.
func http2Response(length int, body string) string {
	digits := fmt.Sprint(length)
	header := "\x88\x0f\x0d" + string(rune(len(digits))) + digits
	return frame(typeHeaders, flagEndHeaders, 1, header) + frame(typeData, flagEndStream, 1, body)
}
