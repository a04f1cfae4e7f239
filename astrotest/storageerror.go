package astrotest

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"time"
)

// storageError is an answer in the form of the storage's errors.
type storageError struct {
	status        int
	code, message string
	detail        string // only with AuthenticationFailed
}

func (e storageError) answer() answer {
	var body bytes.Buffer
	element := func(name, text string) {
		body.WriteString("<" + name + ">")
		_ = xml.EscapeText(&body, []byte(text))
		body.WriteString("</" + name + ">")
	}
	body.WriteString(`<?xml version="1.0" encoding="utf-8"?><Error>`)
	element("Code", e.code)
	element("Message", e.message)
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

// drain reads what a request's body has left, so that its client meets the answer and not a
// closed connection; unless the client waits for the answer before it sends the body, or the
// body is beyond all bounds.
func drain(r *http.Request) {
	if r.Header.Get("Expect") == "" && r.ContentLength <= maxBlob {
		_, _ = io.Copy(io.Discard, r.Body)
	}
}

func authenticationFailed(detail string) storageError {
	return storageError{http.StatusForbidden, "AuthenticationFailed", "Server failed to authenticate the request. Make sure that the signature is part of the URL as it was issued.", detail}
}

func expired(expiry time.Time) storageError {
	return authenticationFailed("Signature not valid in the specified time frame: Expiry [" + expiry.UTC().Format(http.TimeFormat) + "] - Current [" + time.Now().UTC().Format(http.TimeFormat) + "]")
}
