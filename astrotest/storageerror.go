package astrotest

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"time"
)

// storageError is a response in the form of the storage's errors.
type storageError struct {
	status        int
	code, message string
	detail        string // only with AuthenticationFailed
}

// said is the message as the storage sends it: with the request's ID and the time on lines of their
// own.
func (e storageError) said() string {
	return e.message + "\nRequestId:" + requestID + "\nTime:" + versionAt(time.Now().UTC())
}

func (e storageError) answer() answer {
	var body bytes.Buffer
	element := func(name, text string) {
		body.WriteString("<" + name + ">")
		for i, line := range strings.Split(text, "\n") {
			body.WriteString(strings.Repeat("\n", min(i, 1))) // the storage does not escape it
			_ = xml.EscapeText(&body, []byte(line))
		}
		body.WriteString("</" + name + ">")
	}
	body.WriteString("\ufeff" + `<?xml version="1.0" encoding="utf-8"?><Error>`)
	element("Code", e.code)
	element("Message", e.said())
	if e.detail != "" {
		element("AuthenticationErrorDetail", e.detail)
	}
	body.WriteString("</Error>")
	header := http.Header{"Content-Type": {"application/xml"}, "x-ms-error-code": {e.code}}
	setStorageHeaders(header)
	return answer{status: e.status, header: header, body: body.Bytes()}
}

// refuse answers with the error, before the body is read if the client waits for that.
func (e storageError) refuse(w http.ResponseWriter, r *http.Request) {
	drain(r)
	answer := e.answer()
	for name, values := range answer.header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.status)
	_, _ = w.Write(answer.body)
}

// drain reads what a request's body has left, so that its client meets the response and not a
// closed connection; unless the client waits for the response before it sends the body, or the
// body is beyond all bounds.
func drain(r *http.Request) {
	if r.Header.Get("Expect") == "" && r.ContentLength <= maxBlob {
		_, _ = io.Copy(io.Discard, r.Body)
	}
}

func authenticationFailed(detail string) storageError {
	return storageError{http.StatusForbidden, "AuthenticationFailed", "Server failed to authenticate the request. Make sure that the signature is part of the URL as it was issued.", detail}
}

// outOfTime is what the storage says of a URL that is not valid now. What a URL without a start has
// for one is the moment.
func outOfTime(start, expiry time.Time) storageError {
	shown := func(t time.Time) string { return "[" + t.UTC().Format(http.TimeFormat) + "]" }
	now := time.Now()
	if start.IsZero() {
		return authenticationFailed("Signed expiry time " + shown(expiry) + " has to be after signed start time " + shown(now))
	}
	return authenticationFailed("Signature not valid in the specified time frame: Start " + shown(start) + " - Expiry " + shown(expiry) + " - Current " + shown(now))
}
