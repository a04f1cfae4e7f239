package astrotest

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"time"
)

// storageError is an error response of the storage.
type storageError struct {
	status        int
	code, message string
	detail        string // only with AuthenticationFailed
}

// fullMessage is the message as the storage sends it, with the request ID and the time on separate
// lines.
func (e storageError) fullMessage() string {
	return e.message + "\nRequestId:" + requestID + "\nTime:" + versionAt(time.Now().UTC())
}

func (e storageError) response() response {
	var body bytes.Buffer
	element := func(name, text string) {
		body.WriteString("<" + name + ">")
		for i, line := range strings.Split(text, "\n") {
			body.WriteString(strings.Repeat("\n", min(i, 1))) // the storage does not escape newlines
			_ = xml.EscapeText(&body, []byte(line))
		}
		body.WriteString("</" + name + ">")
	}
	body.WriteString("\ufeff" + `<?xml version="1.0" encoding="utf-8"?><Error>`)
	element("Code", e.code)
	element("Message", e.fullMessage())
	if e.detail != "" {
		element("AuthenticationErrorDetail", e.detail)
	}
	body.WriteString("</Error>")
	header := http.Header{"Content-Type": {"application/xml"}, "x-ms-error-code": {e.code}}
	setStorageHeaders(header)
	return response{status: e.status, header: header, body: body.Bytes()}
}

// refuse responds with the error. It does not read the body if the client sent Expect: 100-continue.
func (e storageError) refuse(w http.ResponseWriter, r *http.Request) {
	drain(r)
	res := e.response()
	for name, values := range res.header {
		w.Header()[name] = values
	}
	w.WriteHeader(res.status)
	_, _ = w.Write(res.body)
}

// drain reads the rest of a request's body, so that the client gets the response instead of a closed
// connection. It reads nothing if the client waits for 100 Continue, or if the body is too large.
func drain(r *http.Request) {
	if r.Header.Get("Expect") == "" && r.ContentLength <= maxBlob {
		_, _ = io.Copy(io.Discard, r.Body)
	}
}

func authenticationFailed(detail string) storageError {
	return storageError{http.StatusForbidden, "AuthenticationFailed", "Server failed to authenticate the request. Make sure that the signature is part of the URL as it was issued.", detail}
}

// outOfTime is the storage's error for a URL that is not valid now. For a URL without a start time,
// the storage names the current time as its start.
func outOfTime(start, expiry time.Time) storageError {
	shown := func(t time.Time) string { return "[" + t.UTC().Format(http.TimeFormat) + "]" }
	now := time.Now()
	if start.IsZero() {
		return authenticationFailed("Signed expiry time " + shown(expiry) + " has to be after signed start time " + shown(now))
	}
	return authenticationFailed("Signature not valid in the specified time frame: Start " + shown(start) + " - Expiry " + shown(expiry) + " - Current " + shown(now))
}
