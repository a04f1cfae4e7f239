package astrotest

import (
	"fmt"
	"time"
)

// StorageError has an upload responded with an error in the storage's form: its code in a
// header and in a body of XML.
func StorageError(status int, code, message string) Fault {
	return Fault{edit: func(a *answer) { *a = storageError{status: status, code: code, message: message}.answer() }}.
		onUploads("StorageError(%d, %q)", status, code)
}

// ExpiredUploadURL has an upload answered as if its URL had expired a second ago: 403
// AuthenticationFailed.
func ExpiredUploadURL() Fault {
	return Fault{edit: func(a *answer) {
		now := time.Now()
		*a = outOfTime(now.Add(-time.Hour), now.Add(-time.Second)).answer()
	}}.onUploads("ExpiredUploadURL()")
}

// UploadURLNotYetValid has an upload answered as if its URL became valid only after d, by the storage's
// clock: 403 AuthenticationFailed. See [WithUploadURLsValidFrom] for URLs that do.
func UploadURLNotYetValid(d time.Duration) Fault {
	return Fault{edit: func(a *answer) {
		start := time.Now().Add(d)
		*a = outOfTime(start, start.Add(time.Hour)).answer()
	}}.onUploads("UploadURLNotYetValid(%v)", d)
}

// CutUpload has the connection of an upload closed once so many bytes of the request's body were
// read, or all if there are fewer.
func CutUpload(after int64) Fault {
	return Fault{partly: true, reads: after, arrives: none}.onUploads("CutUpload(%d)", after)
}

// StallUpload has nothing of an upload read any more once so many bytes of the request's body were,
// and nothing answered. The connection stays open until the server is closed, or until the client
// gives up; over HTTP/1.1 that goes unnoticed as long as there is more of the body to read.
func StallUpload(after int64) Fault {
	return Fault{partly: true, reads: after, arrives: none, hangs: true}.onUploads("StallUpload(%d)", after)
}

// onUploads returns the fault for any upload.
func (f Fault) onUploads(name string, args ...any) Fault {
	f.operations = []string{"PutBlob", "PutBlock", "PutBlockList"}
	return f.named("%s", fmt.Sprintf(name, args...))
}
