package astrotest

import (
	"fmt"
	"time"
)

// StorageError makes the storage respond to an upload with an error in its own format: the code is
// in a header and in an XML body.
func StorageError(status int, code, message string) Fault {
	return Fault{edit: func(res *response) { *res = storageError{status: status, code: code, message: message}.response() }}.
		onUploads("StorageError(%d, %q)", status, code)
}

// ExpiredUploadURL makes the storage respond to an upload as if its URL had expired a second ago:
// 403 AuthenticationFailed.
func ExpiredUploadURL() Fault {
	return Fault{edit: func(res *response) {
		now := time.Now()
		*res = outOfTime(now.Add(-time.Hour), now.Add(-time.Second)).response()
	}}.onUploads("ExpiredUploadURL()")
}

// UploadURLNotYetValid makes the storage respond to an upload as if its URL became valid only after
// d: 403 AuthenticationFailed. See [WithUploadURLsValidFrom] for URLs that have a start time.
func UploadURLNotYetValid(d time.Duration) Fault {
	return Fault{edit: func(res *response) {
		start := time.Now().Add(d)
		*res = outOfTime(start, start.Add(time.Hour)).response()
	}}.onUploads("UploadURLNotYetValid(%v)", d)
}

// CutUpload closes the connection of an upload after reading a number of bytes of the request's
// body, or all of it if it is shorter.
func CutUpload(after int64) Fault {
	return Fault{limitsBody: true, bodyLimit: after, arrives: none}.onUploads("CutUpload(%d)", after)
}

// StallUpload stops reading an upload after a number of bytes of the request's body, and sends no
// response. The connection stays open until the server is closed or the client gives up. Over
// HTTP/1.1 the server does not notice the latter while part of the body is unread. A client can send
// a megabyte or more into buffers: after a smaller upload it only sees that the response is late.
func StallUpload(after int64) Fault {
	return Fault{limitsBody: true, bodyLimit: after, arrives: none, hangs: true}.onUploads("StallUpload(%d)", after)
}

// onUploads returns a copy of the fault that applies to uploads only.
func (f Fault) onUploads(name string, args ...any) Fault {
	f.operations = []string{"PutBlob", "PutBlock", "PutBlockList"}
	return f.named("%s", fmt.Sprintf(name, args...))
}
