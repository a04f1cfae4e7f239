package astrotest

import "time"

// StorageError has an upload answered with an error in the storage's form: its code in a
// header and in a body of XML.
func StorageError(status int, code, message string) Fault {
	return Fault{edit: func(a *answer) { *a = storageError{status: status, code: code, message: message}.answer() }}
}

// ExpiredUploadURL has an upload answered as if its URL had expired a second ago: 403
// AuthenticationFailed.
func ExpiredUploadURL() Fault {
	return Fault{edit: func(a *answer) { *a = expired(time.Now().Add(-time.Second)).answer() }}
}

// CutUpload has the connection closed once so many bytes of the request's body were read, or
// all if there are fewer.
func CutUpload(after int64) Fault { return Fault{partly: true, reads: after, arrives: none} }

// StallUpload has nothing read any more once so many bytes of the request's body were, and
// nothing answered. The connection stays open until the server is closed, or until the client
// gives up on a body of which nothing is left to read.
func StallUpload(after int64) Fault {
	return Fault{partly: true, reads: after, arrives: none, hangs: true}
}
